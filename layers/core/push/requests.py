"""Requests: "notify this audience of this", and the queue they come in by."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from push.errors import UnreadableMessageError
from push.identifiers import (
    AppId,
    ParameterName,
    ParameterValue,
    PlayerId,
    RequestId,
    TemplateId,
    Topic,
)
from push.options import Options
from wns.notification import NotificationContent

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_PLAYERS = 1000


def _is_no_number(value: object) -> object:
    # Pydantic would take a number for epoch seconds, or for milliseconds if it is large.
    if isinstance(value, int | float):
        raise ValueError("give a date and a time such as 2026-12-01T18:00:00Z")  # noqa: TRY004
    return value


class Audience(BaseModel):
    """Whom a request is for: some players, the subscribers of a topic, or everyone."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"minProperties": 1, "maxProperties": 1}
    )

    players: Annotated[tuple[PlayerId, ...] | None, Field(min_length=1, max_length=MAX_PLAYERS)] = (
        None
    )
    topic: Topic | None = None
    everyone: Literal[True] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(each is not None for each in (self.players, self.topic, self.everyone)) != 1:
            raise ValueError("an audience is players, a topic or everyone: give one of them")
        return self


class NotificationRequest(BaseModel):
    """What the body of `POST /apps/{app_id}/notifications` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request_id: Annotated[
        RequestId | None, Field(description="The same id is the same request, whenever it comes")
    ] = None
    audience: Audience
    template: Annotated[
        TemplateId | None, Field(description="A stored template, to be filled with `parameters`")
    ] = None
    parameters: dict[ParameterName, ParameterValue] = {}
    notification: Annotated[
        NotificationContent | None,
        Field(description="A notification given whole, instead of a template"),
    ] = None
    options: Options = Options()
    send_at: Annotated[
        AwareDatetime | None,
        BeforeValidator(_is_no_number),
        Field(description="When to send it, with time zone; at once if left out or past"),
    ] = None
    allow_repeat: Annotated[
        bool,
        Field(description="Send to everyone although the same went to everyone within 30 minutes"),
    ] = False

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.template is None) == (self.notification is None):
            raise ValueError("give either a template or a notification")
        return self


class Request(NotificationRequest):
    """A request as RequestQueue carries it: with its app and, always, its id."""

    app_id: AppId
    request_id: RequestId

    @classmethod
    def of(cls, app_id: str, said: NotificationRequest, request_id: str) -> Self:
        """Return what was said for an app, with a request id of its own if it had none."""
        fields = said.model_dump(exclude_unset=True)
        return cls.model_validate({"request_id": request_id} | fields | {"app_id": app_id})

    @property
    def notification_id(self) -> str:
        """Id of the notification that this request is, however often it comes."""
        return hashlib.sha256(f"{self.app_id}#{self.request_id}".encode()).hexdigest()[:32]

    @property
    def content_id(self) -> str:
        """What it says, leaving the parameters aside: its template, or a hash of what it is
        given."""
        if self.template is not None or self.notification is None:
            return f"template#{self.template}"
        given = self.notification.model_dump_json(exclude_unset=True)
        return f"given#{hashlib.sha256(given.encode()).hexdigest()[:32]}"


_EVENT_KEYS = {"id", "detail-type", "detail", "source"}
_REQUEST: TypeAdapter[Request] = TypeAdapter(Request)


def read_request(body: str, message_id: str) -> Request:
    """Read a message of RequestQueue: a request, or an EventBridge event whose detail is one.

    An event lends its id and its detail-type where the detail has no `request_id` and no content;
    a bare message lends the id that SQS gave it.

    Raises:
        UnreadableMessageError: it is neither.
    """
    try:
        fields = json.loads(body, parse_constant=_no_number)
    except ValueError:
        raise UnreadableMessageError("the message is not JSON") from None
    if isinstance(fields, dict) and fields.keys() >= _EVENT_KEYS:
        fields = _of_event(fields)
    elif isinstance(fields, dict):
        fields.setdefault("request_id", message_id)
    try:
        return _REQUEST.validate_python(fields)
    except ValidationError as error:
        raise UnreadableMessageError(_sentence(error)) from None


class RequestQueue:
    """The queue that requests wait on."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, request: Request, delay_s: float = 0) -> None:
        """Queue a request, to be seen after a delay (seconds, at most 900)."""
        self._client.send_message(
            QueueUrl=self._queue_url,
            MessageBody=request.model_dump_json(exclude_unset=True),
            DelaySeconds=max(math.ceil(delay_s), 0),
        )


def _no_number(text: str) -> None:
    raise ValueError(text)


def _of_event(event: dict[str, Any]) -> Any:
    detail = event["detail"]
    if not isinstance(detail, dict):
        return detail
    detail.setdefault("request_id", event["id"])
    if "template" not in detail and "notification" not in detail:
        detail["template"] = event["detail-type"]
    return detail


def _sentence(error: ValidationError) -> str:
    flaws = error.errors(include_url=False, include_input=False, include_context=False)
    return "the request is not valid: " + "; ".join(
        f"{'.'.join(str(part) for part in flaw['loc']) or 'body'}: {flaw['msg']}"
        for flaw in flaws[:10]
    )

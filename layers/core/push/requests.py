"""Requests: "notify this audience of this", and the queue they come in by."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from push.errors import UnreadableMessageError
from push.identifiers import AppId, ParameterName, ParameterValue, PlayerId, RequestId, TemplateId
from wns.notification import NotificationContent, NotificationOptions

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_PLAYERS = 1000


class Audience(BaseModel):
    """Whom a request is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    players: Annotated[tuple[PlayerId, ...], Field(min_length=1, max_length=MAX_PLAYERS)]


class NotificationRequest(BaseModel):
    """What the body of `POST /apps/{app_id}/notifications` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request_id: Annotated[
        RequestId | None,
        Field(description="The same id is the same request, whenever it comes again"),
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
    options: NotificationOptions = NotificationOptions()

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.template is None) == (self.notification is None):
            raise ValueError("give either a template or a notification")
        return self


class Request(NotificationRequest):
    """A request as RequestQueue carries it: with its app and, always, its id."""

    app_id: AppId
    request_id: RequestId

    @property
    def notification_id(self) -> str:
        """Id of the notification that this request is, however often it comes."""
        return hashlib.sha256(f"{self.app_id}#{self.request_id}".encode()).hexdigest()[:32]


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
        fields = json.loads(body)
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

    def put(self, request: Request) -> None:
        """Queue a request."""
        self._client.send_message(
            QueueUrl=self._queue_url, MessageBody=request.model_dump_json(exclude_unset=True)
        )


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

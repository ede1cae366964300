"""Requests: "notify this audience"."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from push.identifiers import (
    AppId,
    ParameterName,
    ParameterValue,
    PlayerId,
    RequestId,
    TemplateId,
    Topic,
)
from push.templates.models import Options
from wns.content import NotificationContent

MAX_PLAYERS = 1000


def _is_no_number(value: object) -> object:
    # Pydantic would take a number for epoch seconds, or for milliseconds if it is large.
    if isinstance(value, int | float):
        raise ValueError("must be a date and time such as 2026-12-01T18:00:00Z")  # noqa: TRY004
    return value


class Audience(BaseModel):
    """Whom to notify: players, the subscribers of a topic, or everyone."""

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
            raise ValueError("an audience is exactly one of players, topic and everyone")
        return self


class NotificationRequest(BaseModel):
    """The body of `POST /apps/{app_id}/notifications`."""

    # Built when it is used, or by `build_models`: it holds all kinds of payloads.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    request_id: Annotated[
        RequestId | None,
        Field(description="Idempotency key: requests with the same id are one request"),
    ] = None
    audience: Audience
    template: Annotated[
        TemplateId | None,
        Field(description="A stored template; `parameters` fill its placeholders"),
    ] = None
    parameters: dict[ParameterName, ParameterValue] = {}
    notification: Annotated[
        NotificationContent | None,
        Field(description="An inline notification, instead of a template"),
    ] = None
    options: Options = Options()
    send_at: Annotated[
        AwareDatetime | None,
        BeforeValidator(_is_no_number),
        Field(
            description="When to send it, with time zone, at most a year ahead; now if omitted or"
            " past. A time more than a day past is refused"
        ),
    ] = None
    allow_repeat: Annotated[
        bool,
        Field(description="Send even if an identical broadcast was sent in the last 30 minutes"),
    ] = False

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.template is None) == (self.notification is None):
            raise ValueError("give either template or notification, not both")
        return self


class Request(NotificationRequest):
    """A request on RequestQueue: with its app and an id."""

    app_id: AppId
    request_id: RequestId

    @classmethod
    def of(cls, app_id: str, body: NotificationRequest, request_id: str) -> Request:
        """Return a request for an app; `request_id` is used if the body has none.

        Args:
            app_id: a valid `AppId`.
            request_id: a valid `RequestId`.
        """
        fields = {name: getattr(body, name) for name in type(body).model_fields}
        given = body.request_id if body.request_id is not None else request_id
        return cls.model_construct(
            body.model_fields_set | {"request_id", "app_id"},
            **fields | {"request_id": given, "app_id": app_id},
        )

    @property
    def notification_id(self) -> str:
        """Id of the notification: the same for every copy of the request."""
        return hashlib.sha256(f"{self.app_id}#{self.request_id}".encode()).hexdigest()[:32]

    @property
    def content_hash(self) -> str:
        """Hash of what the request asks for, by which copies of it are told from other requests.

        Copies may differ in the fields that they leave out for their defaults, in players named
        twice, in the time zone of `send_at`, and in `allow_repeat`.
        """
        content = self.model_dump(
            mode="json", exclude={"app_id", "request_id", "send_at", "allow_repeat"}
        )
        if self.audience.players is not None:
            content["audience"]["players"] = list(dict.fromkeys(self.audience.players))
        content["send_at"] = self.send_at and self.send_at.timestamp()
        text = json.dumps(content, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def content_id(self) -> str:
        """Id of the content without its parameters: the template's, or a hash of the inline
        notification."""
        if self.template is not None or self.notification is None:
            return f"template#{self.template}"
        given = self.notification.model_dump_json(exclude_unset=True)
        return f"given#{hashlib.sha256(given.encode()).hexdigest()[:32]}"


def build_models() -> None:
    """Build the models of requests at the start of a function that reads them in every invocation,
    which has less CPU than a start.

    All kinds of payloads take 13 ms. Built first, they are shared by the models that hold them;
    each would build its own otherwise.
    """
    for model in (NotificationContent, Request):
        model.model_rebuild()

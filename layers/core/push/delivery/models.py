"""Deliveries: rendered notifications and their recipients."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from push.identifiers import AppId, DeviceId, NotificationId, PlayerId
from wns.notification import Notification

if TYPE_CHECKING:
    from collections.abc import Sequence


Lane = Literal["direct", "bulk"]

# A newer version may have queued a field that this one does not know: that is no reason to drop it.
_QUEUED = ConfigDict(extra="ignore", frozen=True)


OnDoubt = Literal["resend", "leave"]
"""What is done for a recipient whose send has no known result: the response was lost, or the worker
was killed before it recorded one. `resend` may notify twice, `leave` perhaps not at all."""


class RenderedNotification(BaseModel):
    """A notification as it will be sent, without the access token and with its full TTL."""

    model_config = _QUEUED

    kind: Literal["toast", "tile", "badge", "raw"]
    headers: dict[str, str]
    body: str
    encoding: Literal["utf-8", "base64"] = "utf-8"
    ttl_seconds: int | None = None
    on_doubt: OnDoubt = "resend"

    @classmethod
    def of(
        cls,
        notification: Notification,
        ttl_seconds: int | None,
        on_doubt: OnDoubt | None = None,
    ) -> RenderedNotification:
        """Return the JSON form of a notification. Raw bodies may be binary, so they are base64.

        Args:
            on_doubt: None for the default of the kind: `leave` for raw, because the game acts on
                each copy; `resend` for the others, where a copy replaces its original.
        """
        headers = {
            name: value
            for name, value in notification.headers.items()
            if name.lower() != "x-wns-ttl"
        }
        if notification.kind == "raw":
            body, encoding = base64.b64encode(notification.body).decode("ascii"), "base64"
        else:
            body, encoding = notification.body.decode("utf-8"), "utf-8"
        return cls.model_validate(
            {
                "kind": notification.kind,
                "headers": headers,
                "body": body,
                "encoding": encoding,
                "ttl_seconds": ttl_seconds,
                "on_doubt": on_doubt or ("leave" if notification.kind == "raw" else "resend"),
            }
        )

    def notification(self, life_left_s: int) -> Notification:
        """Return the notification to send; its TTL is at most the rest of its life (seconds)."""
        headers = dict(self.headers)
        if self.ttl_seconds is not None:
            headers["X-WNS-TTL"] = str(min(self.ttl_seconds, life_left_s))
        body = (
            base64.b64decode(self.body) if self.encoding == "base64" else self.body.encode("utf-8")
        )
        return Notification(kind=self.kind, body=body, headers=headers)


class Recipient(BaseModel):
    """One channel of a delivery, and the index of the payload to send to it."""

    model_config = _QUEUED

    player_id: PlayerId
    device_id: DeviceId
    channel_uri: str
    payload: Annotated[int, Field(ge=0)]
    rejected: Annotated[
        str | None, Field(description="Fingerprint of the access token that WNS rejected for it")
    ] = None
    not_before: Annotated[int, Field(description="Epoch second before which it is not sent to")] = 0
    tries: Annotated[int, Field(ge=0, description="Sends so far that are to be retried")] = 0

    def key(self, kind: str) -> str:
        """Name of the outcome within its delivery: `<player_id>#<device_id>#<kind>`."""
        return f"{self.player_id}#{self.device_id}#{kind}"


class Delivery(BaseModel):
    """The unit of work on a delivery queue. Dispatched again, it has the same ids."""

    model_config = _QUEUED

    notification_id: NotificationId
    chunk: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+){0,2}$")]
    lane: Lane = "direct"
    app_id: AppId
    attempt: Annotated[int, Field(ge=0)] = 0
    accepted_at: Annotated[
        float | None, Field(description="Epoch seconds from which on the players wait; for metrics")
    ] = None
    dispatched_at: int
    waiting_since: Annotated[
        int | None,
        Field(description="Epoch second from which on the service holds it up; for metrics"),
    ] = None
    expires_at: int
    not_before: Annotated[int, Field(description="Epoch second before which nothing is sent")] = 0
    postponed: Annotated[
        int, Field(ge=0, description="How often it was queued again because its app could not send")
    ] = 0
    channels_in_range: Annotated[
        int | None,
        Field(
            ge=0,
            description="How many channels of the shard, sent to or not, there were from the first"
            " of these to the last; for the check of deliveries that have waited",
        ),
    ] = None
    payloads: tuple[RenderedNotification, ...]
    channels: tuple[Recipient, ...]

    def kind_for(self, channel: Recipient) -> str:
        """Kind of the notification that goes to a channel."""
        return self.payloads[channel.payload].kind

    def remainder(
        self, channels: Sequence[Recipient], *, attempt: int, not_before: int = 0
    ) -> Delivery:
        """Return the rest of this delivery: fewer channels, as a later attempt."""
        return self.model_copy(
            update={
                "channels": tuple(channels),
                "channels_in_range": None,
                "attempt": attempt,
                "not_before": not_before,
                "postponed": 0,
            }
        )

    def postpone(self, until: int) -> Delivery:
        """Return this delivery as it is queued again, unclaimed, until its app may send."""
        return self.model_copy(update={"not_before": until, "postponed": self.postponed + 1})


class SentNotifications:
    """The notifications of a delivery as they are sent: one object for all recipients whose payload
    and rest of life are the same."""

    def __init__(self, payloads: Sequence[RenderedNotification]) -> None:
        self._payloads = payloads
        self._life_left_s = 0
        self._made: dict[int, Notification] = {}

    def of(self, payload: int, life_left_s: int) -> Notification:
        """Return the notification of a payload, by its index, that lives `life_left_s` more."""
        if self._life_left_s != life_left_s:
            self._life_left_s = life_left_s
            self._made.clear()
        if payload not in self._made:
            self._made[payload] = self._payloads[payload].notification(life_left_s)
        return self._made[payload]

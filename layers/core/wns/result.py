"""Result of one send: `SendResult` and its `Outcome`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    _ReadDetails = Callable[[str], Mapping[str, object]]

UNRESOLVED_HOST = "the host name does not resolve"
"""How the `transport_error` of a send begins whose host is not known to DNS."""

READ_LATE = (
    *("device_status", "msg_id", "debug_trace", "error_description", "correlation_vector"),
    *("retry_after_seconds", "transport_error"),
)
"""Attributes that a plain delivery's result reads when one of them is first asked for."""


class Outcome(StrEnum):
    """Final result of one send."""

    DELIVERED = "delivered"
    """WNS accepted it for the device. WNS never reports whether the player saw it."""
    DROPPED = "dropped"
    """WNS accepted the request but discarded the notification, or did not confirm that it kept it.
    The channel stays valid."""
    CHANNEL_THROTTLED = "channel_throttled"
    """Not sent: too many notifications for this channel. Retry later; other channels go on."""
    APP_THROTTLED = "app_throttled"
    """Not sent: too many notifications for this app. Pause the app for the retry delay."""
    QUOTA_EXCEEDED = "quota_exceeded"
    """Not sent: the app has used up its monthly quota."""
    TOKEN_REJECTED = "token_rejected"  # noqa: S105
    """Not sent: the access token has expired or is unknown."""
    FORBIDDEN = "forbidden"
    """Not sent: the access token belongs to another app than the channel, or Microsoft has not
    mapped the app."""
    CHANNEL_GONE = "channel_gone"
    """Not sent: the channel has expired or never existed, and stays invalid."""
    SENDER_BLOCKED = "sender_blocked"
    """Not sent: WNS has blocked this sender for abuse."""
    REJECTED = "rejected"
    """Not sent: the request is malformed. A retry would get the same response."""
    UNAVAILABLE = "unavailable"
    """No usable response: a WNS server error, a time-out or a broken connection. Retry."""
    EXPIRED = "expired"
    """Not sent in time. No response means this: callers that queue notifications set it."""
    REFUSED = "refused"
    """Never sent: not a WNS host."""
    UNKNOWN = "unknown"
    """Sent, but the response was lost, and the notification is not sent again: the player may have
    got it. No response means this: callers that may not repeat a send record it in place of
    `unavailable` if the result says `is_response_lost`."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """Result of one send.

    Strings that come from WNS are cut to 500 characters; unprintable characters are replaced.
    """

    outcome: Outcome
    reference: object = field(default=None, repr=False)
    """The caller's own reference, from the `Send`."""
    status_code: int | None = None
    """HTTP status code; None if there was no response."""
    notification_status: str | None = None
    """`received`, `dropped`, `channelthrottled`, `appthrottled`, in lower case; `revoked` (with
    410) or a value not known yet as WNS gave it."""
    device_status: str | None = None
    """`connected`, `disconnected` or `tempdisconnected`; only if the send requested it."""
    msg_id: str | None = None
    debug_trace: str | None = None
    error_description: str | None = None
    correlation_vector: str | None = None
    retry_after_seconds: float | None = None
    """Delay that WNS asks for before the next request, 0 to 86,400 seconds."""
    transport_error: str | None = None
    """Why there was no response. Contains no URI, token or secret."""
    may_have_arrived: bool = False
    """Whether WNS may have seen the request: true with every response, and without one if the
    request had left."""

    _read_details: _ReadDetails | None = field(default=None, repr=False, compare=False)

    @classmethod
    def delivered(cls, reference: object, read_details: _ReadDetails) -> Self:
        """Return the result of a response that says "received", 200 and nothing unusual.

        What else it says is read when it is first asked for: `read_details` takes the name of an
        attribute and returns its value, and those that are read with it, by name.
        """
        result = object.__new__(cls)
        _set_outcome(result, Outcome.DELIVERED)
        _set_reference(result, reference)
        _set_status_code(result, 200)
        _set_notification_status(result, "received")
        _set_may_have_arrived(result, True)  # noqa: FBT003
        _set_reader(result, read_details)
        return result

    if not TYPE_CHECKING:  # mypy would take any attribute for one that this has

        def __getattr__(self, name: str) -> object:
            """Read details: only called for an attribute that is not set."""
            if name not in READ_LATE:
                raise AttributeError(name)
            details = self._read_details(name)
            for each in details:
                _set_late[each](self, details[each])
            return details[name]

    @property
    def is_response_lost(self) -> bool:
        """Whether WNS may have accepted the notification although no response arrived.

        False if the request never left: a retry cannot notify the player twice. False with any
        response of WNS, 5xx included: such a response counts as "not accepted".
        """
        return self.may_have_arrived and self.status_code is None


# A frozen class is filled by `object.__setattr__`; the setters of its slots take half of that time.
(
    _set_outcome,
    _set_reference,
    _set_status_code,
    _set_notification_status,
    _set_may_have_arrived,
    _set_reader,
) = (
    SendResult.__dict__[name].__set__
    for name in (
        *("outcome", "reference", "status_code", "notification_status", "may_have_arrived"),
        "_read_details",
    )
)
_set_late = {name: SendResult.__dict__[name].__set__ for name in READ_LATE}

"""Result of one send: `SendResult`, its `Outcome`, and the function that reads WNS's response.

Microsoft, "Push notification service request and response headers (Windows Runtime)": the status
code says what WNS did with the request, `X-WNS-Status` (`X-WNS-NotificationStatus` in older
responses, today both) what it did with the notification. 200 alone is not success.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Headers = Iterable[tuple[str, str]]

MAX_RETRY_AFTER_SECONDS = 86_400.0
MAX_VALUE_LENGTH = 500
UNRESOLVED_HOST = "the host name does not resolve"
"""How the `transport_error` of a send begins whose host is not known to DNS."""

_STATUS = "x-wns-status"
_NOTIFICATION_STATUS = "x-wns-notificationstatus"
_DEVICE_STATUS = "x-wns-deviceconnectionstatus"
_MSG_ID = "x-wns-msg-id"
_DEBUG_TRACE = "x-wns-debug-trace"
_DESCRIPTION = "x-wns-error-description"
_CORRELATION_VECTOR = "ms-cv"
_RETRY_AFTER = "retry-after"
_CONTINUE_AFTER = "x-wns-continue-after"
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)


_DETAILS = (
    "notification_status", "device_status", "msg_id", "debug_trace", "error_description",
    "correlation_vector", "retry_after_seconds",
)  # fmt: skip
_set = object.__setattr__


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


_BY_STATUS = {
    "received": Outcome.DELIVERED,
    "dropped": Outcome.DROPPED,
    "channelthrottled": Outcome.CHANNEL_THROTTLED,
    "appthrottled": Outcome.APP_THROTTLED,
}
_BY_CODE: dict[int, Outcome] = {
    HTTPStatus.UNAUTHORIZED: Outcome.TOKEN_REJECTED,
    HTTPStatus.FORBIDDEN: Outcome.FORBIDDEN,
    HTTPStatus.NOT_FOUND: Outcome.CHANNEL_GONE,
    HTTPStatus.REQUEST_TIMEOUT: Outcome.UNAVAILABLE,
}
_THROTTLED = frozenset({HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.TOO_MANY_REQUESTS})


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
    """`received`, `dropped`, `channelthrottled`, `appthrottled`, `revoked` (with 410), or a value
    not known yet."""
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

    _read_details: Callable[[], SendResult] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def delivered(cls, reference: object, read_details: Callable[[], SendResult]) -> Self:
        """Return the result of a response that says "received", 200 and nothing unusual.

        What else it says is read by `read_details` when it is first asked for: of most
        notifications nobody asks.
        """
        result = object.__new__(cls)
        _set(result, "outcome", Outcome.DELIVERED)
        _set(result, "reference", reference)
        _set(result, "status_code", 200)
        _set(result, "transport_error", None)
        _set(result, "may_have_arrived", True)
        _set(result, "_read_details", read_details)
        return result

    if not TYPE_CHECKING:  # mypy would take any attribute for one that this has

        def __getattr__(self, name: str) -> object:
            """Read the details: only called for an attribute that is not set."""
            if name not in _DETAILS:
                raise AttributeError(name)
            details = self._read_details()
            for each in _DETAILS:
                _set(self, each, getattr(details, each))
            return getattr(details, name)

    @property
    def is_response_lost(self) -> bool:
        """Whether WNS may have accepted the notification although no response arrived.

        False if the request never left: a retry cannot notify the player twice. False with any
        response of WNS, 5xx included: such a response counts as "not accepted".
        """
        return self.may_have_arrived and self.status_code is None


def parse_result(
    status_code: int,
    headers: Headers,
    *,
    now: float,
    reason: str = "",
    reference: object = None,
    secret: str = "",
) -> SendResult:
    """Return the result of a send that WNS responded to. Never raises: every response has one.

    `Retry-After` is in seconds or an HTTP date (RFC 9110 section 10.2.3); if it is repeated, the
    longest delay counts. Older responses have `X-WNS-CONTINUE-AFTER` in seconds instead.

    Args:
        status_code: HTTP status code of the final response.
        headers: names in any case, in any order, repeated or not.
        now: epoch seconds; what a date in `Retry-After` is compared with.
        reason: phrase of the status line; the only sign of some outcomes ("Domain Blocked").
        reference: the caller's own reference, returned with the result.
        secret: text to redact from the error description, in case WNS repeats it.
    """
    kept = _wns_headers(headers)
    if secret and _DESCRIPTION in kept:
        kept[_DESCRIPTION] = [text.replace(secret, "***") for text in kept[_DESCRIPTION]]
    return SendResult(
        outcome=_outcome(status_code, kept, reason),
        reference=reference,
        status_code=status_code,
        notification_status=_first(kept, _STATUS) or _first(kept, _NOTIFICATION_STATUS),
        device_status=_first(kept, _DEVICE_STATUS),
        msg_id=_first(kept, _MSG_ID),
        debug_trace=_first(kept, _DEBUG_TRACE),
        error_description=_first(kept, _DESCRIPTION),
        correlation_vector=_first(kept, _CORRELATION_VECTOR),
        retry_after_seconds=_retry_after(kept, now),
        may_have_arrived=True,
    )


def _wns_headers(headers: Headers) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {}
    for name, value in headers:
        lowered = name.strip().lower()
        if lowered.startswith("x-wns-") or lowered in {_RETRY_AFTER, _CORRELATION_VECTOR}:
            kept.setdefault(lowered, []).append(value.strip())
    return kept


def _first(kept: Mapping[str, list[str]], name: str) -> str | None:
    values = kept.get(name)
    if not values or not values[0]:
        return None
    value = values[0][:MAX_VALUE_LENGTH]
    if value.isprintable():
        return value
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value)


# 401, 403, 404, 408      a fixed outcome
# 2xx                     what the status headers say, else dropped
# 410                     sender_blocked if the domain is blocked, else channel_gone
# 429 with a quota        quota_exceeded
# 406, 429                channel_throttled if the status headers say so, else app_throttled
# other 4xx               rejected
# everything else         unavailable
def _outcome(status_code: int, kept: Mapping[str, list[str]], reason: str) -> Outcome:
    if status_code in _BY_CODE:
        return _BY_CODE[status_code]
    explanation = " ".join([reason, *kept.get(_DESCRIPTION, ())]).lower()
    if 200 <= status_code <= 299:  # noqa: PLR2004
        return _status_outcome(kept) or Outcome.DROPPED
    if status_code == HTTPStatus.GONE:
        is_blocked = "domain blocked" in explanation
        return Outcome.SENDER_BLOCKED if is_blocked else Outcome.CHANNEL_GONE
    if status_code == HTTPStatus.TOO_MANY_REQUESTS and "quota" in explanation:
        return Outcome.QUOTA_EXCEEDED
    if status_code in _THROTTLED:
        is_channel = _status_outcome(kept) is Outcome.CHANNEL_THROTTLED
        return Outcome.CHANNEL_THROTTLED if is_channel else Outcome.APP_THROTTLED
    is_client_error = 400 <= status_code <= 499  # noqa: PLR2004
    return Outcome.REJECTED if is_client_error else Outcome.UNAVAILABLE


def _status_outcome(kept: Mapping[str, list[str]]) -> Outcome | None:
    # The two headers, and repeats of one, may contradict each other. Such a notification counts as
    # neither delivered, since the player may not have got it, nor throttled, since a retry might
    # notify the player twice.
    values = ",".join([*kept.get(_STATUS, ()), *kept.get(_NOTIFICATION_STATUS, ())]).lower()
    outcomes = {
        _BY_STATUS[value] for value in map(str.strip, values.split(",")) if value in _BY_STATUS
    }
    return outcomes.pop() if len(outcomes) == 1 else None


def _retry_after(kept: Mapping[str, list[str]], now: float) -> float | None:
    delays = [
        delay
        for value in kept.get(_RETRY_AFTER, ())
        if (delay := _parse_retry_after(value, now)) is not None
    ]
    if not delays:
        delays = [
            float(value) for value in kept.get(_CONTINUE_AFTER, ()) if _SECONDS.fullmatch(value)
        ]
    return min(max(delays), MAX_RETRY_AFTER_SECONDS) if delays else None


def _parse_retry_after(value: str, now: float) -> float | None:
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        date = parsedate_to_datetime(value[:64])
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        return max(0.0, date.timestamp() - now)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None

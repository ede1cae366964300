"""What became of one send: `SendResult`, and `outcome_of`, the one function that reads WNS's
verdict.

Microsoft, "Push notification service request and response headers (Windows Runtime)": the status
code says what WNS did with the request, `X-WNS-Status` (in older answers
`X-WNS-NotificationStatus`, today both) what it did with the notification. 200 alone is not success.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Headers = Iterable[tuple[str, str]]

MAX_RETRY_AFTER_SECONDS = 86_400.0
MAX_VALUE_LENGTH = 500

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


class Outcome(StrEnum):
    """The verdict on one send."""

    DELIVERED = "delivered"
    """WNS took it for the device. Whether the player saw it, WNS never says."""
    DROPPED = "dropped"
    """WNS took the request and threw the notification away, or did not say that it kept it. The
    channel is sound."""
    CHANNEL_THROTTLED = "channel_throttled"
    """Not sent: too many for this channel; again later, this channel only."""
    APP_THROTTLED = "app_throttled"
    """Not sent: too many for this app; nothing of the app before the retry delay is over."""
    QUOTA_EXCEEDED = "quota_exceeded"
    """Not sent: the app's quota of the month is used up."""
    TOKEN_REJECTED = "token_rejected"  # noqa: S105
    """Not sent: the access token is expired or unknown."""
    FORBIDDEN = "forbidden"
    """Not sent: the access token is of another app than the channel, or Microsoft has not mapped
    the app."""
    CHANNEL_GONE = "channel_gone"
    """Not sent: the channel has expired or was never known; it will not come back."""
    SENDER_BLOCKED = "sender_blocked"
    """Not sent: WNS blocks this sender for abuse."""
    REJECTED = "rejected"
    """Not sent: the request itself is wrong; sending it again changes nothing."""
    UNAVAILABLE = "unavailable"
    """WNS gave no verdict: an error of its own, a time-out, a broken connection. Worth another
    try."""
    EXPIRED = "expired"
    """Not sent in time. No answer means this: only a caller that keeps notifications for later can
    say it."""
    REFUSED = "refused"
    """Never sent: not a WNS host."""
    NOT_STARTED = "not_started"
    """Never sent: the deadline of `WnsClient.send_all` had passed."""


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
    """What became of one send.

    Strings that come from WNS are cut to 500 characters, and what cannot be printed in them is
    replaced.
    """

    outcome: Outcome
    reference: object = field(default=None, repr=False)
    """The caller's own, from the `Send`."""
    status_code: int | None = None
    """None if there was no answer."""
    notification_status: str | None = None
    """`received`, `dropped`, `channelthrottled`, `appthrottled`, or a value not known yet."""
    device_status: str | None = None
    """`connected`, `disconnected` or `tempdisconnected`, only if the send asked for it."""
    msg_id: str | None = None
    debug_trace: str | None = None
    error_description: str | None = None
    correlation_vector: str | None = None
    retry_after_seconds: float | None = None
    """How long WNS wants to be left alone, from 0 to 86,400 seconds."""
    transport_error: str | None = None
    """Why there was no answer, in words that hold no URI, token or secret."""
    may_have_arrived: bool = False
    """Whether WNS may have seen the request: with every answer, and without if it had left."""


def outcome_of(status_code: int | None, headers: Headers = (), reason: str = "") -> Outcome:
    """Return the verdict of an answer. Total: whatever comes has an outcome, nothing raises.

    Args:
        status_code: None if there was no answer.
        headers: names in any case, in any order, repeated or not.
        reason: the phrase of the status line; it alone tells some answers apart ("Domain Blocked").
    """
    return _outcome(status_code, _wns_headers(headers), reason)


def retry_after_seconds(headers: Headers, now: float) -> float | None:
    """Return how many seconds to wait, from 0 to 86,400, or None if the answer does not say.

    `Retry-After` is seconds or an HTTP date (RFC 9110 section 10.2.3); the longest counts if it is
    repeated. Older answers have `X-WNS-CONTINUE-AFTER` in seconds instead.

    Args:
        headers: names in any case.
        now: epoch seconds, what a date is compared with.
    """
    return _delay(_wns_headers(headers), now)


def parse_result(
    status_code: int,
    headers: Headers,
    *,
    now: float,
    reason: str = "",
    reference: object = None,
    secret: str = "",
) -> SendResult:
    """Return the result of a send that WNS answered.

    Args:
        status_code: of the final answer.
        headers: names in any case.
        now: epoch seconds.
        reason: the phrase of the status line.
        reference: the caller's own.
        secret: what the result must not repeat, should WNS do so.
    """
    kept = _wns_headers(headers)
    if secret and _DESCRIPTION in kept:
        kept[_DESCRIPTION] = [words.replace(secret, "***") for words in kept[_DESCRIPTION]]
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
        retry_after_seconds=_delay(kept, now),
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


def _outcome(status_code: int | None, kept: Mapping[str, list[str]], reason: str) -> Outcome:
    code = status_code or 0
    if code in _BY_CODE:
        return _BY_CODE[code]
    words = " ".join([reason, *kept.get(_DESCRIPTION, ())]).lower()
    if 200 <= code <= 299:  # noqa: PLR2004
        return _status_outcome(kept) or Outcome.DROPPED
    if code == HTTPStatus.GONE:
        return Outcome.SENDER_BLOCKED if "domain blocked" in words else Outcome.CHANNEL_GONE
    if code == HTTPStatus.TOO_MANY_REQUESTS and "quota" in words:
        return Outcome.QUOTA_EXCEEDED
    if code in _THROTTLED:
        said = _status_outcome(kept)
        return said if said is Outcome.CHANNEL_THROTTLED else Outcome.APP_THROTTLED
    return Outcome.REJECTED if 400 <= code <= 499 else Outcome.UNAVAILABLE  # noqa: PLR2004


def _status_outcome(kept: Mapping[str, list[str]]) -> Outcome | None:
    # Two headers, and repeats of one, may contradict one another. Then nothing is certain: neither
    # that the player was told (so it is not claimed) nor the contrary (so nobody is told twice).
    values = ",".join([*kept.get(_STATUS, ()), *kept.get(_NOTIFICATION_STATUS, ())]).lower()
    said = {
        _BY_STATUS[word] for value in values.split(",") if (word := value.strip()) in _BY_STATUS
    }
    return said.pop() if len(said) == 1 else None


def _delay(kept: Mapping[str, list[str]], now: float) -> float | None:
    delays = [
        delay
        for value in kept.get(_RETRY_AFTER, ())
        if (delay := _retry_after(value, now)) is not None
    ]
    if not delays:
        delays = [
            float(value) for value in kept.get(_CONTINUE_AFTER, ()) if _SECONDS.fullmatch(value)
        ]
    return min(max(delays), MAX_RETRY_AFTER_SECONDS) if delays else None


def _retry_after(value: str, now: float) -> float | None:
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        date = parsedate_to_datetime(value[:64])
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        return max(0.0, date.timestamp() - now)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None

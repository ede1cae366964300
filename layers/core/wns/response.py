"""WNS's response as the result of a send.

Microsoft, "Push notification service request and response headers (Windows Runtime)": the status
code says what WNS did with the request, `X-WNS-Status` (`X-WNS-NotificationStatus` in older
responses, today both) what it did with the notification. 200 alone is not success.
"""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from wns.result import READ_LATE, Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wns._transport.response import PlainDelivery

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

_DEVICE_STATUS_FIELD, _MSG_ID_FIELD = _DEVICE_STATUS.encode(), _MSG_ID.encode()
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
        notification_status=_notification_status(kept),
        device_status=_first(kept, _DEVICE_STATUS),
        msg_id=_first(kept, _MSG_ID),
        debug_trace=_first(kept, _DEBUG_TRACE),
        error_description=_first(kept, _DESCRIPTION),
        correlation_vector=_first(kept, _CORRELATION_VECTOR),
        retry_after_seconds=_retry_after(kept, now),
        may_have_arrived=True,
    )


def plain_result(
    plain: PlainDelivery, *, now: float, reference: object = None, secret: str = ""
) -> SendResult:
    """Return the result of a plain delivery: the one of `parse_result`, but read when needed."""
    return SendResult.delivered(reference, partial(_read_details, plain, now, secret))


def _read_details(plain: PlainDelivery, now: float, secret: str, name: str) -> Mapping[str, object]:
    if name in {"device_status", "msg_id"}:
        device_status, msg_id = plain.first(_DEVICE_STATUS_FIELD), plain.first(_MSG_ID_FIELD)
        if device_status is not None and msg_id is not None:
            return {"device_status": _shown(device_status), "msg_id": _shown(msg_id)}
    result = parse_result(200, plain.headers(), now=now, secret=secret)
    return {each: getattr(result, each) for each in READ_LATE}


def _wns_headers(headers: Headers) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {}
    for name, value in headers:
        lowered = name.strip().lower()
        if lowered.startswith("x-wns-") or lowered in {_RETRY_AFTER, _CORRELATION_VECTOR}:
            kept.setdefault(lowered, []).append(value.strip())
    return kept


def _notification_status(kept: Mapping[str, list[str]]) -> str | None:
    status = _first(kept, _STATUS) or _first(kept, _NOTIFICATION_STATUS)
    lowered = (status or "").lower()
    return lowered if lowered in _BY_STATUS else status


def _first(kept: Mapping[str, list[str]], name: str) -> str | None:
    values = kept.get(name)
    return _shown(values[0]) if values else None


def _shown(value: str) -> str | None:
    """Return a value as results show it: printable and not too long; None if it is empty."""
    if not value:
        return None
    value = value[:MAX_VALUE_LENGTH]
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

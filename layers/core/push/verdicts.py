"""What an answer of WNS comes to for its delivery: how long to wait, and what is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from wns.result import SendResult

_BACKOFF_S = 5.0
_BACKOFF_MAX_S = 900.0
_BACKOFF_DOUBLINGS = 10

TRY_AGAIN = frozenset({Outcome.CHANNEL_THROTTLED, Outcome.UNAVAILABLE, Outcome.NOT_STARTED})
STOPS_THE_APP = frozenset({Outcome.QUOTA_EXCEEDED, Outcome.SENDER_BLOCKED})


def wait_after(result: SendResult, attempt: int, jitter: Callable[[], float]) -> float:
    """Return seconds to wait: what WNS asked for, else exponential back-off with full jitter."""
    if result.outcome is Outcome.NOT_STARTED:
        return 0.0
    longest = min(_BACKOFF_MAX_S, _BACKOFF_S * 2.0 ** min(attempt, _BACKOFF_DOUBLINGS))
    return max(result.retry_after_seconds or 0.0, jitter() * longest)


def record_of(result: SendResult) -> dict[str, Any]:
    """Return what is kept of an answer: the outcome and what Microsoft's support would ask for."""
    said = {
        "status_code": result.status_code,
        "notification_status": result.notification_status,
        "device_status": result.device_status,
        "msg_id": result.msg_id,
        "debug_trace": result.debug_trace,
        "correlation_vector": result.correlation_vector,
        "error_description": result.error_description,
        "transport_error": result.transport_error,
    }
    return {"outcome": str(result.outcome)} | {k: v for k, v in said.items() if v is not None}

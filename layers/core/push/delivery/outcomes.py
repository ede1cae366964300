"""Outcomes: what a response of WNS means for its delivery, and how it is stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from boto3.dynamodb.conditions import Key
from pydantic import StringConstraints

from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb.service_resource import Table

    from wns.result import SendResult


ChunkName = Annotated[str, StringConstraints(pattern=r"^chunk#[0-9]+(\.[0-9]+){0,2}$")]
"""Name of a delivery's record within its notification."""
_CHUNKS_PER_PAGE = 10

Outcomes = dict[str, dict[str, Any]]
"""Outcome records by name (`<player_id>#<device_id>#<kind>`); each holds `outcome`, `attempt` and
what WNS said."""


class OutcomeReader:
    """The outcomes in NotificationsTable, for those who only look."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(self, notification_id: str, start: str | None) -> tuple[Outcomes, str | None]:
        """Return outcomes of some deliveries, and where the next page starts, if there is one."""
        query: dict[str, Any] = {
            "KeyConditionExpression": Key("pk").eq(notification_id)
            & Key("sk").begins_with("chunk#"),
            "Limit": _CHUNKS_PER_PAGE,
        }
        if start is not None:
            query["ExclusiveStartKey"] = {"pk": notification_id, "sk": start}
        page: dict[str, Any] = dict(self._table.query(**query))
        outcomes = {name: said for item in page["Items"] for name, said in _outcomes(item).items()}
        return outcomes, page.get("LastEvaluatedKey", {}).get("sk")


def _text(said: Mapping[str, Any]) -> str:
    # One string for each channel: ten attributes would cost the sender more than the sending does.
    return json.dumps(said, separators=(",", ":"))


def _outcomes(item: Mapping[str, Any]) -> Outcomes:
    return {name: json.loads(text) for name, text in item["outcomes"].items()}


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

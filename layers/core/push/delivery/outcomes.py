"""Outcome records: what is kept of a response of WNS, how it is stored, when a send is retried."""

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

TO_RETRY = frozenset({Outcome.APP_THROTTLED, Outcome.CHANNEL_THROTTLED, Outcome.UNAVAILABLE})
STOPS_THE_APP = frozenset({Outcome.QUOTA_EXCEEDED, Outcome.SENDER_BLOCKED})

_BACKOFF_S = 5.0
_BACKOFF_MAX_S = 900.0
_BACKOFF_DOUBLINGS = 10

Outcomes = dict[str, dict[str, Any]]
"""Outcome records by name (`<player_id>#<device_id>#<kind>`); each holds `outcome`, `attempt`, `at`
(epoch seconds) and the details that WNS returned."""


def retry_delay_s(result: SendResult, attempt: int, jitter: Callable[[], float]) -> float:
    """Return how many seconds to wait before the next try: exponential back-off with full jitter,
    and no less than WNS asked for."""
    longest = min(_BACKOFF_MAX_S, _BACKOFF_S * 2.0 ** min(attempt, _BACKOFF_DOUBLINGS))
    return max(result.retry_after_seconds or 0.0, jitter() * longest)


def outcome_record(result: SendResult) -> dict[str, Any]:
    """Return what is kept of a response: the outcome, and what Microsoft's support asks for."""
    details = {
        "status_code": result.status_code,
        "notification_status": result.notification_status,
        "device_status": result.device_status,
        "msg_id": result.msg_id,
        "debug_trace": result.debug_trace,
        "correlation_vector": result.correlation_vector,
        "error_description": result.error_description,
        "transport_error": result.transport_error,
    }
    known = {name: value for name, value in details.items() if value is not None}
    return {"outcome": str(result.outcome)} | known


def encode_outcome(record: Mapping[str, Any]) -> str:
    """Return the stored form of an outcome record."""
    # One string per recipient: boto3 spends more CPU on ten attributes than the send costs.
    return json.dumps(record, separators=(",", ":"))


def decode_outcomes(item: Mapping[str, Any]) -> Outcomes:
    """Return the outcome records of a delivery's item."""
    return {name: json.loads(text) for name, text in item["outcomes"].items()}


class OutcomeReader:
    """The outcomes in NotificationsTable, for readers."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(self, notification_id: str, start: str | None) -> tuple[Outcomes, str | None]:
        """Return the outcomes of some deliveries, and where the next page starts, None for the last
        page."""
        query: dict[str, Any] = {
            "KeyConditionExpression": Key("pk").eq(notification_id)
            & Key("sk").begins_with("chunk#"),
            "Limit": _CHUNKS_PER_PAGE,
        }
        if start is not None:
            query["ExclusiveStartKey"] = {"pk": notification_id, "sk": start}
        page: dict[str, Any] = dict(self._table.query(**query))
        outcomes: Outcomes = {}
        for item in page["Items"]:
            outcomes |= decode_outcomes(item)
        return outcomes, page.get("LastEvaluatedKey", {}).get("sk")

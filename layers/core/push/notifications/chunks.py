"""Chunks: the deliveries of a notification, each with a partition of its own.

NotificationsTable, partition `<notification_id>#<chunk>`:

    claim                    who sends the delivery until when, and its counts
    outcomes#<n>#<k>#<…>     outcomes of attempt n, appended flush by flush and never rewritten

A partition per chunk, because DynamoDB gives each at most 1,000 write units a second: one partition
per notification would bound how fast a broadcast is sent.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import StringConstraints

from push.aws.batch_get import batch_get
from push.notifications.outcomes import decode_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from push.aws.table import Table
    from push.notifications.outcomes import Outcomes

CLAIM = "claim"
OUTCOMES = "outcomes#"

ChunkName = Annotated[str, StringConstraints(pattern=r"^chunk#[0-9]+(\.[0-9]+){0,2}$")]
"""Where a page of outcomes ends: the last chunk of it."""

_CHUNKS_PER_PAGE = 10


def partition_of(notification_id: str, chunk: str) -> str:
    """Return the partition key of a delivery's items."""
    return f"{notification_id}#{chunk}"


def items_of_chunk(table: Table, partition: str) -> list[dict[str, Any]]:
    """Return a chunk's claim and everything that is recorded of it, read consistently."""
    items = table.query_all(
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": partition},
        ConsistentRead=True,
    )
    return list(items)


def outcomes_of_chunk(table: Table, partition: str) -> Outcomes:
    """Return the outcomes of a chunk's recipients, read consistently."""
    outcomes: Outcomes = {}
    for item in items_of_chunk(table, partition):
        outcomes |= decode_outcomes(item)
    return outcomes


def claim_keys(notification_id: str, deliveries: int) -> list[dict[str, str]]:
    """Return the keys of the claims of a direct notification, whose chunks are numbered from 0."""
    numbers = map(str, range(deliveries))
    return [{"pk": partition_of(notification_id, each), "sk": CLAIM} for each in numbers]


def tally_claims(claims: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Return the counts of a direct notification: outcomes by name, and `finished` deliveries.

    Each claim holds its own counts; so sending needs no write for counters.
    """
    total: Counter[str] = Counter()
    for item in claims:
        total.update(json.loads(str(item.get("counts", "{}"))))
        total["finished"] += bool(item["finished"])
    return total


def count_claims(table: Table, notification_id: str, deliveries: int) -> Counter[str]:
    """Return the counts of a direct notification, read consistently."""
    keys = claim_keys(notification_id, deliveries)
    return tally_claims(batch_get(table, keys, sleep=time.sleep, jitter=random.random))


class OutcomeReader:
    """The outcomes in NotificationsTable, chunk by chunk."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(
        self, notification_id: str, deliveries: int, start: str | None
    ) -> tuple[Outcomes, str | None]:
        """Return the outcomes of some chunks, and where the next page starts, None for the last
        page.

        Args:
            deliveries: how many chunks a direct notification has; 0 for a broadcast, whose pages
                name them.
            start: the `ChunkName` that an earlier call returned; None for the first page.
        """
        after = None if start is None else start.removeprefix("chunk#")
        names = (
            _numbered(deliveries, after) if deliveries else self._of_pages(notification_id, after)
        )
        outcomes: Outcomes = {}
        last = None
        for number, name in enumerate(names):
            if number == _CHUNKS_PER_PAGE:
                return outcomes, f"chunk#{last}"
            outcomes |= outcomes_of_chunk(self._table, partition_of(notification_id, name))
            last = name
        return outcomes, None

    def _of_pages(self, notification_id: str, after: str | None) -> Iterator[str]:
        """Yield the names of a broadcast's chunks, in the order of its pages' keys."""
        page_of_last = None if after is None else after.rpartition(".")[0]
        if after is not None:
            page = self._table.get_item(Key={"pk": notification_id, "sk": f"page#{page_of_last}"})
            yield from _after(_of_page(page.get("Item", {})), after)
        query: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :pages)",
            "ExpressionAttributeValues": {":pk": notification_id, ":pages": "page#"},
            "Limit": _CHUNKS_PER_PAGE,
        }
        if after is not None:
            query["ExclusiveStartKey"] = {"pk": notification_id, "sk": f"page#{page_of_last}"}
        for item in self._table.query_all(**query):
            yield from _of_page(item)


def _numbered(deliveries: int, after: str | None) -> Iterator[str]:
    return map(str, range(0 if after is None else int(after) + 1, deliveries))


def _of_page(item: Mapping[str, Any]) -> Sequence[str]:
    """Return the names of a page's chunks."""
    if not item:
        return []
    starts = json.loads(str(item["plan"]))["chunk_starts"]
    page = str(item["sk"]).removeprefix("page#")
    return [f"{page}.{number}" for number in range(len(starts))]


def _after(names: Sequence[str], last: str) -> Sequence[str]:
    return names[names.index(last) + 1 :] if last in names else names

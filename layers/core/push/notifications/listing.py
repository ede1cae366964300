"""Lists of an app's notifications, newest first.

The index `Listed` of NotificationsTable has the keys of the summaries that are listed, spread over
a few partitions per app. It projects keys only: later changes of a record cost no write of the
index.
"""

from __future__ import annotations

import heapq
import random
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import StringConstraints

from push.aws.batch_get import batch_get
from push.aws.dynamodb import map_dynamodb_errors
from push.notifications.chunks import claim_keys, tally_claims
from push.notifications.counters import counter_keys, tally_counters
from push.notifications.entry import LIST_SHARDS, list_key, list_partition
from push.notifications.summary import Summary, is_counted, is_direct, summary_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from push.aws.table import Table
    from push.notifications.entry import State

ListKey = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}\.[0-9a-f]{32}$")]
"""Where a page of a list ends: the key of its last notification."""

RECORDS_PER_PAGE = 50
"""Records that a page reads. One with `state` or `template` returns those among them that match,
perhaps none, and is not the last."""

_COUNTER_KEYS = 400  # about four calls; the first record is counted however many it has
_LATEST_S = 9_999_999_999
_AFTER_EVERY_ID = "~"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list holds: notifications of this state and template that were accepted at `start` or
    later and before `end` (epoch seconds). None stands for any."""

    state: State | None = None
    template: str | None = None
    start: int | None = None
    end: int | None = None


class NotificationList:
    """The listed notifications in NotificationsTable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @map_dynamodb_errors()
    def page(
        self, app_id: str, wanted: Wanted, after: str | None
    ) -> tuple[Sequence[Summary], str | None]:
        """Return some notifications, and where the next page starts, None for the last page.

        A page makes one query per shard, one read of records and a few of counters, whatever the
        app has.

        Args:
            after: the `ListKey` that an earlier call returned; None for the first page.
        """
        keys = self._newest(app_id, wanted, after)
        listed, has_more = keys[:RECORDS_PER_PAGE], len(keys) > RECORDS_PER_PAGE
        records = self._records([key.partition(".")[2] for key in listed])
        found: list[Mapping[str, Any]] = []
        last = None
        counters = 0
        for key in listed:
            record = records.get(key.partition(".")[2])
            if record is not None and wanted.template in {None, record.get("template")}:
                counters += len(_counter_keys(record))
                if found and counters > _COUNTER_KEYS:
                    has_more = True
                    break
                found.append(record)
            last = key
        summaries = [
            summary
            for summary in self._summaries(found)
            if wanted.state is None or summary.state == wanted.state
        ]
        return summaries, last if has_more else None

    def _newest(self, app_id: str, wanted: Wanted, after: str | None) -> list[str]:
        """Return the next keys of all shards together, one more than a page has."""
        start = list_key(wanted.start or 0, "")
        end = _LATEST_S if wanted.end is None else max(wanted.end - 1, 0)
        latest = f"{end:010}.{_AFTER_EVERY_ID}"
        if after is not None:
            latest = min(latest, after)
        if start > latest:
            return []
        shards = (
            self._of_shard(list_partition(app_id, shard), start, latest, after)
            for shard in range(LIST_SHARDS)
        )
        merged = heapq.merge(*shards, reverse=True)
        return [key for key, _ in zip(merged, range(RECORDS_PER_PAGE + 1), strict=False)]

    def _of_shard(self, partition: str, start: str, latest: str, after: str | None) -> list[str]:
        items = self._table.query(
            IndexName="Listed",
            KeyConditionExpression="listed_under = :partition"
            " AND listed_at BETWEEN :start AND :latest",
            ExpressionAttributeValues={
                ":partition": partition,
                ":start": start,
                ":latest": latest,
            },
            ScanIndexForward=False,
            Limit=RECORDS_PER_PAGE + 2,  # `after` itself may be the first
        )["Items"]
        return [key for key in (str(item["listed_at"]) for item in items) if key != after]

    def _records(self, notification_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        keys = [{"pk": each, "sk": "summary"} for each in notification_ids]
        return {str(item["pk"]): item for item in self._read(keys)}

    def _summaries(self, records: Sequence[Mapping[str, Any]]) -> Iterator[Summary]:
        items: dict[str, list[Mapping[str, Any]]] = {}
        for item in self._read([key for record in records for key in _counter_keys(record)]):
            items.setdefault(str(item["pk"]).partition("#")[0], []).append(item)
        for record in records:
            counted = items.get(str(record["pk"]), ())
            tally = tally_claims if is_direct(record) else tally_counters
            yield summary_of(record, tally(counted) if counted else Counter())

    def _read(self, keys: Sequence[dict[str, str]]) -> Iterator[Mapping[str, Any]]:
        return batch_get(self._table, keys, sleep=time.sleep, jitter=random.random)


def _counter_keys(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the keys of the items that hold a notification's counts."""
    notification_id = str(record["pk"])
    if not is_counted(record):
        return []
    if is_direct(record):
        return claim_keys(notification_id, int(record["deliveries"]))
    return counter_keys(notification_id)

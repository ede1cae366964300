"""Lists of an app's notifications, newest first, as `push.notifications.list_items` has them."""

from __future__ import annotations

import heapq
import random
import time
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import StringConstraints

from push.aws.batch_get import batch_get
from push.aws.dynamodb import map_dynamodb_errors
from push.notifications.chunks import claim_keys, tally_claims
from push.notifications.counters import counter_keys, tally_counters
from push.notifications.entry import summary_key
from push.notifications.list_items import (
    AFTER_EVERY_PLACE,
    LIST_SHARDS,
    PLACE,
    list_partition,
    listed_ids,
    query_places,
    time_prefix,
)
from push.notifications.summary import Summary, is_counted, is_direct, summary_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from push.aws.table import Table
    from push.notifications.entry import State

ListKey = Annotated[str, StringConstraints(pattern=rf"^{PLACE}\.[0-9]{{1,3}}$")]
"""Where a page of a list ends: its last notification's place, and its number among those there."""

RECORDS_PER_PAGE = 50
"""Records that a page reads. It returns those among them that are listed where it found them and
that have the `state` and `template`, perhaps none, and is not the last."""

_COUNTER_KEYS = 400  # about four calls; the first record is counted however many it has
_LATEST_S = 9_999_999_999


class _Listed(NamedTuple):
    """A notification's id, as a list has it at a place."""

    place: str
    number: int
    notification_id: str

    @property
    def key(self) -> str:
        """The `ListKey` of a page that ends here."""
        return f"{self.place}.{self.number}"

    def is_after(self, key: str | None) -> bool:
        """Return whether it belongs on the page after the one that ends at a key."""
        if key is None:
            return True
        place, _, number = key.rpartition(".")
        return self.place < place or (self.place == place and self.number > int(number))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list holds: notifications of this state and template that were listed at `start` or
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
        newest = self._newest(app_id, wanted, after)
        listed, has_more = newest[:RECORDS_PER_PAGE], len(newest) > RECORDS_PER_PAGE
        records = self._records([each.notification_id for each in listed])
        found: list[Mapping[str, Any]] = []
        last = None
        counters = 0
        for each in listed:
            record = records.get(each.notification_id, {})
            # Others were listed by a worker that died, or that found them listed elsewhere.
            is_here = record.get("listed_at") == each.place
            if is_here and wanted.template in {None, record.get("template")}:
                counters += len(_counter_keys(record))
                if found and counters > _COUNTER_KEYS:
                    has_more = True
                    break
                found.append(record)
            last = each.key
        summaries = [
            summary
            for summary in self._summaries(found)
            if wanted.state is None or summary.state == wanted.state
        ]
        return summaries, last if has_more else None

    def _newest(self, app_id: str, wanted: Wanted, after: str | None) -> list[_Listed]:
        """Return what is next of all shards together, one more than a page has."""
        oldest = time_prefix(wanted.start or 0)
        end = _LATEST_S if wanted.end is None else max(wanted.end - 1, 0)
        newest = time_prefix(end) + AFTER_EVERY_PLACE
        if after is not None:  # others of its place may be next
            newest = min(newest, after.rpartition(".")[0])
        if oldest > newest:
            return []
        shards = (
            self._of_shard(list_partition(app_id, shard), oldest, newest)
            for shard in range(LIST_SHARDS)
        )
        listed = (
            each
            for item in heapq.merge(*shards, key=lambda item: str(item["sk"]), reverse=True)
            for each in _listed(item)
            if each.is_after(after)
        )
        return list(islice(listed, RECORDS_PER_PAGE + 1))

    def _of_shard(self, partition: str, oldest: str, newest: str) -> Sequence[Mapping[str, Any]]:
        # Each item has one id or more, and all of the first one may be on the page before.
        return query_places(self._table, partition, oldest, newest, RECORDS_PER_PAGE + 2)

    def _records(self, notification_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        keys = [summary_key(each) for each in dict.fromkeys(notification_ids)]
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


def _listed(item: Mapping[str, Any]) -> Iterator[_Listed]:
    """Yield what an item of a list has."""
    for number, notification_id in enumerate(listed_ids(item)):
        yield _Listed(str(item["sk"]), number, notification_id)


def _counter_keys(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the keys of the items that hold a notification's counts."""
    notification_id = str(record["pk"])
    if not is_counted(record):
        return []
    if is_direct(record):
        return claim_keys(notification_id, int(record["deliveries"]))
    return counter_keys(notification_id)

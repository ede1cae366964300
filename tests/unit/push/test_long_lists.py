"""A list of 100,000 notifications, page by page: each once, newest first, few calls a page."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest

from push.notifications.list_items import LIST_SHARDS, list_partition
from push.notifications.listing import RECORDS_PER_PAGE, NotificationList, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

pytestmark = pytest.mark.long


RECORDS = 100_000
TOGETHER = (1, 10, 3, 7)  # so many of them are listed at a place
PLACES_A_SECOND = 3
STARTED_AT = 1_790_000_000


class Lists:
    """The items of a list and the records that they name, without a table that takes minutes to
    fill."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.places: dict[str, str] = {}
        self.shards: dict[str, list[tuple[str, str]]] = {
            list_partition("my-game", shard): [] for shard in range(LIST_SHARDS)
        }
        ids = iter(f"{number * 2_654_435_761:032x}" for number in range(RECORDS))
        number = 0
        while together := list(islice(ids, TOGETHER[number % len(TOGETHER)])):
            place = f"{STARTED_AT + number // PLACES_A_SECOND}.{number * 2_654_435_761:016x}"
            # Unevenly: one shard has half of them.
            shard = 0 if number % 2 else number // 2 % LIST_SHARDS
            self.shards[list_partition("my-game", shard)].append((place, ",".join(together)))
            self.places |= dict.fromkeys(together, place)
            number += 1
        for items in self.shards.values():
            items.sort()

    def of_shard(self, partition: str, oldest: str, newest: str) -> list[dict[str, Any]]:
        self.calls["query"] += 1
        items = self.shards[partition]
        found = items[bisect_left(items, (oldest,)) : bisect_right(items, (newest, "~"))]
        return [{"sk": sk, "listed": ids} for sk, ids in found[: -(RECORDS_PER_PAGE + 3) : -1]]

    def read(self, keys: Sequence[dict[str, str]]) -> Iterator[dict[str, Any]]:
        self.calls["read"] += bool(keys)
        for key in keys:
            yield {
                "pk": key["pk"],
                "sk": "summary",
                "app_id": "my-game",
                "request_id": key["pk"],
                "state": "accepted",
                "accepted_at": 0,
                "listed_at": self.places[key["pk"]],
            }


def test_hundred_thousand_notifications_are_each_on_one_page_newest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lists = Lists()
    monkeypatch.setattr(NotificationList, "_of_shard", lists.of_shard)
    monkeypatch.setattr(NotificationList, "_read", lists.read)
    notifications = NotificationList(Mock())
    items = sorted((item for items in lists.shards.values() for item in items), reverse=True)
    expected = [each for _, ids in items for each in ids.split(",")]
    found: list[str] = []
    after = None
    pages = 0
    while pages == 0 or after is not None:
        before = lists.calls.total()
        summaries, after = notifications.page("my-game", Wanted(), after)
        found += [summary.notification_id for summary in summaries]
        assert len(summaries) <= RECORDS_PER_PAGE
        assert lists.calls.total() - before <= LIST_SHARDS + 2
        pages += 1
    assert found == expected
    assert len(expected) == RECORDS
    assert pages == RECORDS / RECORDS_PER_PAGE
    assert all(one > other for one, other in pairwise(items))

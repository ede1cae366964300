"""A list of 100,000 notifications, page by page: each once, newest first, few calls a page."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest

from push.notifications.entry import LIST_SHARDS, list_key, list_partition
from push.notifications.listing import RECORDS_PER_PAGE, NotificationList, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

pytestmark = pytest.mark.long


RECORDS = 100_000
IN_A_SECOND = 7
STARTED_AT = 1_790_000_000


class Index:
    """The index `Listed` and the records behind it, without a table that takes minutes to fill."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.shards: dict[str, list[str]] = {
            list_partition("my-game", shard): [] for shard in range(LIST_SHARDS)
        }
        for number in range(RECORDS):
            key = list_key(STARTED_AT + number // IN_A_SECOND, f"{number * 2_654_435_761:032x}")
            # Unevenly: one shard has half of them.
            shard = 0 if number % 2 else number // 2 % LIST_SHARDS
            self.shards[list_partition("my-game", shard)].append(key)
        for keys in self.shards.values():
            keys.sort()

    def of_shard(self, partition: str, start: str, latest: str, after: str | None) -> list[str]:
        self.calls["query"] += 1
        keys = self.shards[partition]
        found = keys[bisect_left(keys, start) : bisect_right(keys, latest)]
        return [key for key in found[: -(RECORDS_PER_PAGE + 3) : -1] if key != after]

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
            }


def test_hundred_thousand_notifications_are_each_on_one_page_newest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index = Index()
    monkeypatch.setattr(NotificationList, "_of_shard", index.of_shard)
    monkeypatch.setattr(NotificationList, "_read", index.read)
    notifications = NotificationList(Mock())
    expected = sorted((key for keys in index.shards.values() for key in keys), reverse=True)
    found: list[str] = []
    after = None
    pages = 0
    while pages == 0 or after is not None:
        before = index.calls.total()
        summaries, after = notifications.page("my-game", Wanted(), after)
        found += [summary.notification_id for summary in summaries]
        assert len(summaries) <= RECORDS_PER_PAGE
        assert index.calls.total() - before <= LIST_SHARDS + 2
        pages += 1
    assert found == [key.partition(".")[2] for key in expected]
    assert pages == RECORDS / RECORDS_PER_PAGE
    assert all(one > other for one, other in pairwise(expected))

"""A hundred thousand notifications are paged through: each once, newest first, in bounded calls."""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections import Counter
from typing import Any

import pytest
from boto3.dynamodb.conditions import ConditionExpressionBuilder

from push.notifications.entry import LIST_SHARDS, RequestEntry
from push.notifications.listing import RECORDS_PER_PAGE, NotificationList, Wanted

NOTIFICATIONS = 100_000
NOW = 1_790_000_000
MOST_CALLS = LIST_SHARDS + 1 + 6
"""Queries, a read of records, and reads of 400 counters and of the first record's own."""


class Table:
    """NotificationsTable in memory: the index sorted, the calls counted."""

    name = "NotificationsTable"

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self.meta = self
        self.client = self
        self.items = {(item["pk"], item["sk"]): item for item in items}
        self.calls: Counter[str] = Counter()
        self.index: dict[str, list[str]] = {}
        for item in items:
            if "listed_under" in item:
                self.index.setdefault(item["listed_under"], []).append(item["listed_at"])
        for keys in self.index.values():
            keys.sort()

    def query(self, **query: Any) -> dict[str, Any]:
        self.calls["Query"] += 1
        assert (query["IndexName"], query["ScanIndexForward"]) == ("Listed", False)
        condition = ConditionExpressionBuilder().build_expression(
            query["KeyConditionExpression"], is_key_condition=True
        )
        partition, low, high = condition.attribute_value_placeholders.values()
        keys = self.index.get(partition, [])
        end = bisect_right(keys, high)
        start = max(bisect_left(keys, low), end - query["Limit"])
        return {"Items": [{"listed_at": key} for key in reversed(keys[start:end])]}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        self.calls["BatchGetItem"] += 1
        keys = RequestItems[self.name]["Keys"]
        assert len(keys) <= 100
        found = [self.items.get((key["pk"], key["sk"])) for key in keys]
        return {"Responses": {self.name: [item for item in found if item]}}


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    """Records that were accepted within an hour, in any order; many in the same second."""
    dice = random.Random(5)  # noqa: S311
    found: list[dict[str, Any]] = []
    for number in range(NOTIFICATIONS):
        entry = RequestEntry(
            notification_id=f"{dice.getrandbits(128):032x}",
            app_id="my-game",
            request_id=f"r-{number}",
            content_hash="0" * 32,
            send_at=None,
            audience="players",
            template="Rare" if number % 1000 == 0 else None,
            is_listed=True,
        )
        state: Any = dice.choice(["accepted", "suppressed", "dispatched"])
        item = entry.item(state, NOW - dice.randrange(3600))
        if state == "dispatched":
            item |= {"plan": "[0]", "deliveries": 1, "recipients": 1, "requested": 1, "reached": 1}
            claim = {"sk": "claim", "counts": '{"delivered": 1}', "finished": True}
            found.append({"pk": f"{entry.notification_id}#0"} | claim)
        found.append(item)
    return found


def test_all_are_listed_once_newest_first_in_a_bounded_number_of_calls_each(
    items: list[dict[str, Any]],
) -> None:
    table: Any = Table(items)
    notifications = NotificationList(table)
    seen: list[tuple[int, str]] = []
    after = None
    while True:
        table.calls.clear()
        page, after = notifications.page("my-game", Wanted(), after)
        assert table.calls.total() <= MOST_CALLS
        assert len(page) <= RECORDS_PER_PAGE
        seen += [(each.accepted_at, each.notification_id) for each in page]
        if after is None:
            break
    assert len(set(seen)) == len(seen) == NOTIFICATIONS
    assert seen == sorted(seen, reverse=True)


def test_rare_ones_are_found_among_all(items: list[dict[str, Any]]) -> None:
    table: Any = Table(items)
    notifications = NotificationList(table)
    found: list[str] = []
    after = None
    while True:
        table.calls.clear()
        page, after = notifications.page("my-game", Wanted(template="Rare"), after)
        assert table.calls.total() <= MOST_CALLS
        found += [each.notification_id for each in page]
        if after is None:
            break
    assert len(set(found)) == NOTIFICATIONS // 1000


def test_notification_with_a_thousand_deliveries_does_not_make_the_next_pages_longer() -> None:
    found: list[dict[str, Any]] = []
    for number in range(200):
        entry = RequestEntry(f"{number:032x}", "my-game", "r", "0", None, "players", is_listed=True)
        plan = {"plan": "[]", "deliveries": 100, "recipients": 1, "requested": 1, "reached": 1}
        found.append(entry.item("dispatched", NOW + number) | plan)
        found += [
            {"pk": f"{number:032x}#{chunk}", "sk": "claim", "finished": True}
            for chunk in range(100)
        ]
    table: Any = Table(found)
    seen: list[str] = []
    after = None
    while True:
        table.calls.clear()
        page, after = NotificationList(table).page("my-game", Wanted(), after)
        assert table.calls.total() <= MOST_CALLS
        assert all(each.state == "completed" for each in page)
        seen += [each.notification_id for each in page]
        if after is None:
            break
    assert len(set(seen)) == len(seen) == 200

"""Reads of many items: keys that DynamoDB leaves unprocessed are read again, after a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from push.aws.batch_get import batch_get
from push.errors import TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable


class Table:
    """A table whose every read processes a share of the keys, as `processed` says."""

    name = "ChannelsTable"

    def __init__(self, processed: Callable[[int], int]) -> None:
        self.dynamodb = self
        self.sizes: list[int] = []
        self._processed = processed

    def batch_get_item(self, reads: dict[str, Any]) -> dict[str, Any]:
        keys = reads[self.name]["Keys"]
        done = self._processed(len(self.sizes))
        self.sizes.append(len(keys))
        left = {self.name: {"Keys": keys[done:]}} if keys[done:] else {}
        return {"Responses": {self.name: keys[:done]}, "UnprocessedKeys": left}


def read(table: Any, count: int, pauses: list[float]) -> list[Any]:
    keys = [{"pk": str(number)} for number in range(count)]
    return list(batch_get(table, keys, sleep=pauses.append, jitter=lambda: 1.0))


def test_all_items_are_read_a_hundred_keys_at_a_time() -> None:
    table, pauses = Table(lambda _: 100), list[float]()
    assert len(read(table, 250, pauses)) == 250
    assert (table.sizes, pauses) == ([100, 100, 50], [])


def test_keys_left_unprocessed_are_read_again_after_growing_pauses() -> None:
    table, pauses = Table(lambda call: 40 if call < 2 else 100), list[float]()
    assert len(read(table, 100, pauses)) == 100
    assert (table.sizes, pauses) == ([100, 60, 20], [0.05, 0.1])


def test_table_that_processes_nothing_is_given_up_within_a_second() -> None:
    table, pauses = Table(lambda _: 0), list[float]()
    with pytest.raises(TablesUnavailableError):
        read(table, 100, pauses)
    assert len(table.sizes) == 5
    assert sum(pauses) < 1

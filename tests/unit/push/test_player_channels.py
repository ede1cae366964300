"""Queries that fail among many: those few are made once more, and no more where all fail."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import pytest

from push.dispatch.player_channels import CONCURRENT_QUERIES, Player, PlayerChannels
from push.errors import TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from push.aws.table import Table

PLAYERS: list[Player] = [("my-game", f"player-{number}") for number in range(500)]


class Queries:
    """A table whose queries for some players fail, the first times that they are made."""

    def __init__(self, failing: dict[str, int]) -> None:
        self.failing = failing
        self.made = Counter[str]()

    def query_all(self, **query: Any) -> Iterator[dict[str, Any]]:
        player = query["ExpressionAttributeValues"][":pk"].partition("#")[2]
        self.made[player] += 1
        if self.made[player] <= self.failing.get(player, 0):
            raise TablesUnavailableError("DynamoDB is unavailable", "DynamoDB 500")
        return iter(())


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(CONCURRENT_QUERIES) as pool:
        yield pool


def look_up(queries: Queries, pool: ThreadPoolExecutor) -> dict[Player, Any]:
    return PlayerChannels(cast("Table", queries), pool).of_each(PLAYERS, 0.0)


def test_few_failures_among_many_queries_fail_nobody(pool: ThreadPoolExecutor) -> None:
    queries = Queries({"player-7": 1, "player-300": 1})
    assert look_up(queries, pool) == {player: [] for player in PLAYERS}
    assert queries.made["player-7"] == queries.made["player-300"] == 2
    assert queries.made.total() == len(PLAYERS) + 2


def test_query_that_fails_again_is_the_players_error(pool: ThreadPoolExecutor) -> None:
    found = look_up(Queries({"player-7": 2}), pool)
    assert isinstance(found.pop(("my-game", "player-7")), TablesUnavailableError)
    assert set(map(tuple, found.values())) == {()}


def test_table_that_is_down_is_asked_for_few_players(pool: ThreadPoolExecutor) -> None:
    queries = Queries({player: 9 for _, player in PLAYERS})
    found = look_up(queries, pool)
    assert all(isinstance(each, TablesUnavailableError) for each in found.values())
    assert queries.made.total() <= 2 * CONCURRENT_QUERIES

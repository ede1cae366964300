"""Reads the channels of many players concurrently.

A player's channels are one query, whose partition is the player: a thousand players are a thousand
queries, of some milliseconds each, most of which is waiting.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from push.aws.dynamodb import map_dynamodb_errors
from push.channels.sendable import ATTRIBUTES, sendable_channels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from push.aws.table import Table
    from push.channels.sendable import SendableChannel


CONCURRENT_QUERIES = 16
_MANY_FAILURES = 8
_QUICK_S = 4.0
"""A query that takes longer to fail has timed out, and stands for many: no other is made."""

Player = tuple[str, str]
"""An app and one of its players."""


class PlayerChannels:
    """The channels in ChannelsTable, by player."""

    def __init__(self, table: Table, pool: Executor) -> None:
        """`pool` has CONCURRENT_QUERIES threads."""
        self._table = table
        self._pool = pool

    def of_players(
        self, app_id: str, players: Sequence[str], now: float
    ) -> dict[str, list[SendableChannel]]:
        """Return each player's channels that have not expired at `now` (epoch seconds), read
        consistently.

        Raises:
            TablesUnavailableError: a query failed.
        """
        found = self.of_each([(app_id, player) for player in players], now)
        by_player: dict[str, list[SendableChannel]] = {}
        for (_, player), channels in found.items():
            if isinstance(channels, Exception):
                raise channels
            by_player[player] = channels
        return by_player

    def of_each(
        self, players: Sequence[Player], now: float
    ) -> dict[Player, list[SendableChannel] | Exception]:
        """Return each player's channels, as `of_players` does, or the error for which they are not
        read.

        Of hundreds of queries, one or two may fail although DynamoDB is well: they are made once
        more. After some have failed, those that had not started are not made.
        """
        failures: list[Exception] = []
        found = self._read(players, now, failures)
        missing = [player for player in players if player not in found]
        if missing and len(failures) < _MANY_FAILURES:
            failures.clear()
            found |= self._read(missing, now, failures)
        return {player: found[player] if player in found else failures[0] for player in players}

    def _read(
        self, players: Sequence[Player], now: float, failures: list[Exception]
    ) -> dict[Player, list[SendableChannel] | Exception]:
        """Return the channels of players; note the failures."""

        def read(some: Sequence[Player]) -> dict[Player, list[SendableChannel]]:
            found: dict[Player, list[SendableChannel]] = {}
            for app_id, player_id in some:
                if len(failures) >= _MANY_FAILURES:
                    break
                started = time.monotonic()
                try:
                    found[app_id, player_id] = self._of_player(app_id, player_id, now)
                except Exception as error:  # noqa: BLE001 - handed over
                    is_slow = time.monotonic() - started > _QUICK_S
                    failures.extend([error] * (_MANY_FAILURES if is_slow else 1))
            return found

        parts = [players[first::CONCURRENT_QUERIES] for first in range(CONCURRENT_QUERIES)]
        run = self._pool.map if len(players) > 1 else map
        found: dict[Player, list[SendableChannel] | Exception] = {}
        for part in run(read, filter(None, parts)):
            found |= part
        return found

    @map_dynamodb_errors()
    def _of_player(self, app_id: str, player_id: str, now: float) -> list[SendableChannel]:
        items = self._table.query_all(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": f"{app_id}#{player_id}"},
            ProjectionExpression=", ".join(ATTRIBUTES),
            ConsistentRead=True,
        )
        return [channel for channel in sendable_channels(items) if channel.expires_at > now]

"""Reads the channels of many players concurrently.

A player's channels are one query, whose partition is the player: a thousand players are a thousand
queries, of some milliseconds each, most of which is waiting.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from push.aws.dynamodb import map_dynamodb_errors
from push.channels.table import readable_channels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from push.aws.table import Table
    from push.channels.models import Channel


CONCURRENT_QUERIES = 16


class PlayerChannels:
    """The channels in ChannelsTable, by player."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._pool = ThreadPoolExecutor(CONCURRENT_QUERIES, "player-channels")

    @map_dynamodb_errors()
    def of_players(
        self, app_id: str, players: Sequence[str], now: float
    ) -> dict[str, list[Channel]]:
        """Return each player's channels that have not expired at `now` (epoch seconds), read
        consistently.

        Raises:
            TablesUnavailableError: a query failed; those that had not started are not made.
        """
        found = self._pool.map(lambda player: self._of_player(app_id, player, now), players)
        return dict(zip(players, found, strict=True))

    def _of_player(self, app_id: str, player_id: str, now: float) -> list[Channel]:
        items = self._table.query_all(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": f"{app_id}#{player_id}"},
            ConsistentRead=True,
        )
        return [channel for channel in readable_channels(items) if channel.expires_at > now]

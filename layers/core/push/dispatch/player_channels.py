"""Reads the channels of many players concurrently.

A player's channels are one query, whose partition is the player: a thousand players are a thousand
queries, of some milliseconds each, most of which is waiting.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

from push.aws.dynamodb import map_dynamodb_errors
from push.channels.table import readable_channels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from push.channels.models import Channel


CONCURRENT_QUERIES = 16
_DESERIALIZER = TypeDeserializer()


class PlayerChannels:
    """The channels in ChannelsTable, by player."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """`client` has at least CONCURRENT_QUERIES connections. A client, not a table: clients are
        thread-safe, resources are not (Boto3, "Multithreading with clients")."""
        self._client = client
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
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"{app_id}#{player_id}"}},
            "ConsistentRead": True,
        }
        channels: list[Channel] = []
        while True:
            page = self._client.query(**query)
            items = (
                {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}
                for item in page["Items"]
            )
            channels += readable_channels(items)
            if "LastEvaluatedKey" not in page:
                return [channel for channel in channels if channel.expires_at > now]
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

"""Topics: the devices that subscribe to each.

A subscription only locates a channel; the channel's own `topics` decide. So a renewal that changes
no topic rewrites no subscription, and one left behind by a removed channel has no effect until it
expires.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from push.channels.keys import FIRST_KEY, TOPIC_SHARDS, device_key, following, shard_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from push.aws.table import Table


@dataclass(frozen=True, slots=True)
class Subscribers:
    """Some of a topic's subscribers as (player_id, device_id), and where the next page starts, None
    for the last page."""

    devices: tuple[tuple[str, str], ...]
    next: str | None


class Topics:
    """The subscriptions in TopicsTable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def subscribers(
        self,
        app_id: str,
        topic: str,
        shard: int,
        *,
        start: str | None = None,
        end: str | None = None,
        limit: int = 100,
    ) -> Subscribers:
        """Return up to `limit` subscribers of one of the topic's TOPIC_SHARDS shards, in the order
        of `<player_id>#<device_id>`.

        Args:
            start: the first `<player_id>#<device_id>` to return; None for the shard's first.
            end: where to stop, itself not returned; None for the shard's end.
        """
        page = self._table.query(
            KeyConditionExpression="pk = :pk AND sk >= :start",
            ExpressionAttributeValues={
                ":pk": f"{app_id}#{topic}#{shard}",
                ":start": start or FIRST_KEY,
            },
            Limit=limit,
        )
        found = [str(item["sk"]) for item in page["Items"]]
        inside = [each for each in found if end is None or each < end]
        more = "LastEvaluatedKey" in page and len(inside) == len(found)
        devices = tuple(each.rpartition("#") for each in inside)
        return Subscribers(
            tuple((player_id, device_id) for player_id, _, device_id in devices),
            following(str(page["LastEvaluatedKey"]["sk"])) if more else None,
        )

    def remove(self, app_id: str, player_id: str, device_id: str, topics: Iterable[str]) -> None:
        """Delete a device's subscriptions to topics. Idempotent."""
        for key in _keys(app_id, player_id, device_id, topics):
            self._table.delete_item(Key=key)

    def subscribe_writes(
        self, app_id: str, player_id: str, device_id: str, topics: Iterable[str], expires_at: int
    ) -> list[Any]:
        """Return the writes, for a transaction, that subscribe a device to topics until
        `expires_at` (epoch seconds)."""
        return [
            {"Put": {"TableName": self._table.name, "Item": key | {"expires_at": expires_at}}}
            for key in _keys(app_id, player_id, device_id, topics)
        ]

    def unsubscribe_writes(
        self, app_id: str, player_id: str, device_id: str, topics: Iterable[str]
    ) -> list[Any]:
        """Return the writes, for a transaction, that unsubscribe a device from topics."""
        return [
            {"Delete": {"TableName": self._table.name, "Key": key}}
            for key in _keys(app_id, player_id, device_id, topics)
        ]


def _keys(
    app_id: str, player_id: str, device_id: str, topics: Iterable[str]
) -> list[dict[str, Any]]:
    shard = shard_of(player_id, TOPIC_SHARDS)
    return [
        {"pk": f"{app_id}#{topic}#{shard}", "sk": device_key(player_id, device_id)}
        for topic in topics
    ]

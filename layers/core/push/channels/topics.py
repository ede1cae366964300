"""Topics: the devices that subscribe to each.

A subscription only locates a channel; the channel's own `topics` decide. So a renewal that changes
no topic rewrites no subscription, and one left behind by a removed channel has no effect until it
expires.

A channel that names a topic always has its subscription: it is written before the channel, and
names the version of the channel that it was written for. It is deleted only on condition that this
version is not later than the one that has left the topic. While another registration of the same
device may be in flight, whose subscription this one may have overwritten, it is not deleted at all.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from push.aws.batch_put import batch_put
from push.aws.dynamodb import ConditionFailedError, map_failed_conditions
from push.channels.keys import FIRST_KEY, TOPIC_SHARDS, device_key, following, shard_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from push.aws.table import Table
    from push.channels.models import Channel


_IN_FLIGHT_S = 30
"""Longer than two invocations of channels_api that overlap (10 s each, template.yaml)."""


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

    def subscribe(
        self, channel: Channel, topics: Sequence[str], pause: Callable[[int], None]
    ) -> None:
        """Subscribe a channel that is about to be stored to topics."""
        batch_put(self._table, _items(channel, topics), pause=pause)

    def subscribe_writes(self, channel: Channel) -> list[Any]:
        """Return the writes, for a transaction, that subscribe a channel to its topics."""
        return [
            {"Put": {"TableName": self._table.name, "Item": item}}
            for item in _items(channel, channel.topics)
        ]

    def unsubscribe(self, channel: Channel, topics: Iterable[str], now: int) -> None:
        """Delete subscriptions that a channel has left with this version, or with its removal,
        unless it was new less than half a minute before `now` (epoch seconds)."""
        if channel.registered_at > now - _IN_FLIGHT_S:
            return
        condition = "attribute_not_exists(generation)"
        values: dict[str, Any] = {}
        if channel.version is not None:
            condition += " OR (generation = :generation AND revision <= :revision)"
            values = {"ExpressionAttributeValues": channel.version.as_values()}
        for key in _keys(channel.app_id, channel.player_id, channel.device_id, topics):
            with suppress(ConditionFailedError), map_failed_conditions():
                self._table.delete_item(Key=key, ConditionExpression=condition, **values)

    def unsubscribe_writes(
        self, app_id: str, player_id: str, device_id: str, topics: Iterable[str]
    ) -> list[Any]:
        """Return the writes, for a transaction, that unsubscribe a device from topics."""
        return [
            {"Delete": {"TableName": self._table.name, "Key": key}}
            for key in _keys(app_id, player_id, device_id, topics)
        ]


def _items(channel: Channel, topics: Iterable[str]) -> list[dict[str, Any]]:
    version = channel.version
    more = {"expires_at": channel.subscribed_until}
    more |= version.as_item() if version is not None else {}
    return [
        key | more for key in _keys(channel.app_id, channel.player_id, channel.device_id, topics)
    ]


def _keys(
    app_id: str, player_id: str, device_id: str, topics: Iterable[str]
) -> list[dict[str, Any]]:
    shard = shard_of(player_id, TOPIC_SHARDS)
    return [
        {"pk": f"{app_id}#{topic}#{shard}", "sk": device_key(player_id, device_id)}
        for topic in topics
    ]

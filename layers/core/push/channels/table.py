"""The channels in ChannelsTable."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from push.aws.batch_get import batch_get
from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.aws.items import read_item, readable_items
from push.channels.keys import FIRST_KEY, SHARDS, channel_key, following, shard_of
from push.channels.models import Channel
from push.errors import UnreadableItemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from push.aws.table import Table


@dataclass(frozen=True, slots=True)
class ShardPage:
    """Some channels of a shard, and where the next page starts, None for the last page."""

    channels: tuple[Channel, ...]
    next: str | None


class Channels:
    """The channels in ChannelsTable.

    DynamoDB deletes expired items late, so all methods but `get` and `all_of_player` ignore them.
    Items that this version cannot read are reported and skipped.

    `sleep` takes seconds; `jitter` returns a random number in [0, 1).
    """

    def __init__(
        self,
        table: Table,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._table = table
        self._sleep = sleep
        self._jitter = jitter

    def get(self, app_id: str, player_id: str, device_id: str) -> Channel | None:
        """Return a channel, expired or not, None if there is none."""
        key = channel_key(app_id, player_id, device_id)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return next(readable_channels([] if item is None else [item]), None)

    def of_player(self, app_id: str, player_id: str, now: int) -> Iterator[Channel]:
        """Yield the player's channels that have not expired at `now` (epoch seconds)."""
        every = self.all_of_player(app_id, player_id)
        return (channel for channel in every if channel.expires_at > now)

    def all_of_player(self, app_id: str, player_id: str) -> Iterator[Channel]:
        """Yield the player's channels, expired or not."""
        items = self._table.query_all(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": f"{app_id}#{player_id}"},
            ConsistentRead=True,
        )
        return readable_channels(items)

    def of_shard(
        self,
        app_id: str,
        shard: int,
        now: int,
        *,
        start: str | None = None,
        end: str | None = None,
        limit: int = 100,
    ) -> ShardPage:
        """Return the channels among the next `limit` of a shard that have not expired, in the order
        of `device_key`. A page may have fewer, or none, and not be the last.

        The index lags behind the table, usually by milliseconds.

        Args:
            now: epoch seconds.
            start: the first `device_key` to return; None for the shard's first.
            end: where to stop, itself not returned; None for the shard's end.
        """
        page = self._table.query(**_from(app_id, shard, start), Limit=limit)
        inside = [each for each in page["Items"] if end is None or str(each["device_key"]) < end]
        more = "LastEvaluatedKey" in page and len(inside) == len(page["Items"])
        return ShardPage(
            tuple(channel for channel in readable_channels(inside) if channel.expires_at > now),
            following(str(page["LastEvaluatedKey"]["device_key"])) if more else None,
        )

    @map_dynamodb_errors()
    def current(
        self, app_id: str, devices: Iterable[tuple[str, str]], now: int
    ) -> dict[tuple[str, str], Channel]:
        """Return the channels of these (player_id, device_id) that have not expired at `now` (epoch
        seconds), read consistently.

        Raises:
            TablesUnavailableError: DynamoDB failed, or left keys unprocessed at every try.
        """
        keys = [channel_key(app_id, *device) for device in dict.fromkeys(devices)]
        items = batch_get(self._table, keys, sleep=self._sleep, jitter=self._jitter)
        alive = (channel for channel in readable_channels(items) if channel.expires_at > now)
        return {(channel.player_id, channel.device_id): channel for channel in alive}

    def put_write(self, channel: Channel, before: Channel | None) -> dict[str, Any]:
        """Return the write, for a transaction, that stores a channel but not its presence, on
        condition that its topics are as in `before`, None for a new channel."""
        return _put_write(self._table.name, channel, before)

    def absent_check(self, app_id: str, player_id: str, device_id: str) -> dict[str, Any]:
        """Return the condition check, for a transaction, that a channel does not exist."""
        return {
            "ConditionCheck": {
                "TableName": self._table.name,
                "Key": channel_key(app_id, player_id, device_id),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def remove(self, app_id: str, player_id: str, device_id: str) -> Channel | None:
        """Remove a channel; return it, None if there was none."""
        return self._delete(channel_key(app_id, player_id, device_id))

    def remove_unreadable(self, app_id: str, player_id: str, device_id: str) -> None:
        """Remove a device's item if it cannot be read, so that a registration can replace it."""
        key = channel_key(app_id, player_id, device_id)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None:
            return
        try:
            read_item("channel", item, Channel.of_item)
        except UnreadableItemError:
            # Unless it was replaced since.
            as_read: dict[str, Any] = {
                "ConditionExpression": "attribute_not_exists(renewed_at)",
            }
            if "renewed_at" in item:
                as_read = {
                    "ConditionExpression": "renewed_at = :renewed_at",
                    "ExpressionAttributeValues": {":renewed_at": item["renewed_at"]},
                }
            self._delete(key, **as_read)

    def remove_unless_renewed(self, channel: Channel) -> Channel | None:
        """Remove a channel unless it was renewed since it was read; return it, None if it was
        kept."""
        key = channel_key(channel.app_id, channel.player_id, channel.device_id)
        return self._delete(
            key,
            ConditionExpression="renewed_at = :renewed_at OR attribute_not_exists(renewed_at)",
            ExpressionAttributeValues={":renewed_at": channel.renewed_at},
        )

    def _delete(self, key: dict[str, str], **condition: Any) -> Channel | None:
        try:
            answer = self._table.delete_item(Key=key, ReturnValues="ALL_OLD", **condition)
        except ConditionFailedError:
            return None
        item: Mapping[str, Any] | None = answer.get("Attributes")
        return next(readable_channels([] if item is None else [item]), None)


def expiring_channels(
    table: Table, app_id: str, shard: int, span: tuple[int, int], *, start: str | None = None
) -> ShardPage:
    """Return the channels among the next megabyte of a shard that expire within `span`: first and
    last, epoch seconds."""
    query = _from(app_id, shard, start)
    query["ExpressionAttributeValues"] |= {":first": span[0], ":last": span[1]}
    page = table.query(**query, FilterExpression="expires_at BETWEEN :first AND :last")
    last = page.get("LastEvaluatedKey")
    return ShardPage(
        tuple(readable_channels(page["Items"])),
        None if last is None else following(str(last["device_key"])),
    )


def _from(app_id: str, shard: int, start: str | None) -> dict[str, Any]:
    """Return a query of a shard's channels from the `device_key` `start` on."""
    return {
        "IndexName": "ByShard",
        "KeyConditionExpression": "shard = :shard AND device_key >= :start",
        "ExpressionAttributeValues": {
            ":shard": f"{app_id}#{shard}",
            ":start": start or FIRST_KEY,
        },
    }


def readable_channels(items: Iterable[Mapping[str, Any]]) -> Iterator[Channel]:
    """Yield the channels that items hold; report and skip those that cannot be read."""
    return readable_items("channel", items, Channel.of_item)


def _put_write(table: str, channel: Channel, before: Channel | None) -> dict[str, Any]:
    stored = channel.model_dump(exclude={"app_id", "player_id", "device_id", "in_game_until"})
    stored |= {
        "topics": list(channel.topics),
        "shard": f"{channel.app_id}#{shard_of(channel.player_id, SHARDS)}",
        "device_key": channel.device_key,
    }
    sets = {name: value for name, value in stored.items() if value is not None}
    gone = ", ".join(f"#{name}" for name in stored if name not in sets)
    values: dict[str, Any] = {f":{name}": value for name, value in sets.items()}
    condition = "attribute_not_exists(pk)"
    if before is not None:
        # Each as it was read; a channel that another version stored may lack them.
        condition = (
            "attribute_exists(pk)"
            " AND (#topics = :before OR attribute_not_exists(#topics))"
            " AND (#subscribed_until = :before_until OR attribute_not_exists(#subscribed_until))"
        )
        values |= {":before": list(before.topics), ":before_until": before.subscribed_until}
    return {
        "Update": {
            "TableName": table,
            "Key": channel_key(channel.app_id, channel.player_id, channel.device_id),
            "UpdateExpression": f"SET {', '.join(f'#{name} = :{name}' for name in sets)}"
            + (f" REMOVE {gone}" if gone else ""),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in stored},
            "ExpressionAttributeValues": values,
        }
    }

"""The channels in ChannelsTable."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from push.aws.batch_get import batch_get
from push.aws.dynamodb import (
    ConditionFailedError,
    map_dynamodb_errors,
    map_failed_conditions,
    was_repeated,
)
from push.aws.items import read_item, readable_items
from push.channels.keys import FIRST_KEY, channel_key, device_key, following
from push.channels.models import Channel
from push.channels.sendable import ATTRIBUTES, sendable_channels
from push.channels.writes import not_since, renewed_as_in, to_delete, to_put
from push.errors import UnreadableItemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from push.aws.table import Table
    from push.channels.sendable import SendableChannel


@dataclass(frozen=True, slots=True)
class ShardPage:
    """Some channels of a shard.

    Attributes:
        next: where the next page starts, None for the last page.
        is_whole: whether these are known to be all channels of this part of the shard that have not
            expired.
    """

    channels: tuple[SendableChannel, ...]
    next: str | None
    is_whole: bool = False


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
        item = self.item(app_id, player_id, device_id)
        return next(readable_channels([] if item is None else [item]), None)

    def item(self, app_id: str, player_id: str, device_id: str) -> Mapping[str, Any] | None:
        """Return what is stored for a device, readable or not, None if nothing is."""
        key = channel_key(app_id, player_id, device_id)
        return self._table.get_item(Key=key, ConsistentRead=True).get("Item")

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
        found = page["Items"]
        inside = found if end is None else [each for each in found if _device_key(each) < end]
        more = "LastEvaluatedKey" in page and len(inside) == len(found)
        readable = list(sendable_channels(inside))
        return ShardPage(
            tuple(channel for channel in readable if channel.expires_at > now),
            following(str(page["LastEvaluatedKey"]["device_key"])) if more else None,
            is_whole=len(readable) == len(inside),
        )

    @map_dynamodb_errors()
    def current(
        self, app_id: str, devices: Iterable[tuple[str, str]], now: int
    ) -> dict[tuple[str, str], SendableChannel]:
        """Return the channels of these (player_id, device_id) that have not expired at `now` (epoch
        seconds), read consistently.

        Raises:
            TablesUnavailableError: DynamoDB failed, or left keys unprocessed at every try.
        """
        keys = [channel_key(app_id, *device) for device in dict.fromkeys(devices)]
        items = batch_get(
            self._table, keys, sleep=self._sleep, jitter=self._jitter, attributes=ATTRIBUTES
        )
        alive = (channel for channel in sendable_channels(items) if channel.expires_at > now)
        return {(channel.player_id, channel.device_id): channel for channel in alive}

    @map_failed_conditions()
    def put(self, channel: Channel, before: Channel | None) -> bool:
        """Store a channel but not its presence, on condition that it is as in `before`, None for a
        new channel; return whether the SDK wrote it more than once.

        Raises:
            ConditionFailedError: it is not.
        """
        return was_repeated(self._table.update_item(**to_put(channel, before)))

    def put_write(self, channel: Channel, before: Channel | None) -> dict[str, Any]:
        """Return the write, for a transaction, that stores a channel as `put` does."""
        return {"Update": {"TableName": self._table.name} | to_put(channel, before)}

    def delete_write(self, channel: Channel) -> dict[str, Any]:
        """Return the write, for a transaction, that removes a channel, on condition that it is as
        it was read."""
        return {"Delete": {"TableName": self._table.name} | to_delete(channel)}

    def remove(
        self, app_id: str, player_id: str, device_id: str, *, recent: int | None = None
    ) -> Channel | None:
        """Remove a channel; return it, None if there was none.

        Raises:
            ConditionFailedError: it was registered later than `recent` (epoch seconds).
        """
        condition = {} if recent is None else not_since(recent)
        return self._delete(channel_key(app_id, player_id, device_id), **condition)

    def remove_version(self, channel: Channel) -> Channel | None:
        """Remove a channel if it is as it was read; return it, None if it was kept."""
        try:
            return self._delete(**to_delete(channel))
        except ConditionFailedError:
            return None

    def remove_unreadable(self, app_id: str, player_id: str, device_id: str) -> None:
        """Remove a device's item if it cannot be read, so that a registration can replace it."""
        key = channel_key(app_id, player_id, device_id)
        item = self.item(app_id, player_id, device_id)
        if item is None:
            return
        try:
            read_item("channel", item, Channel.of_item)
        except UnreadableItemError:
            # Unless it was replaced since.
            as_read = renewed_as_in(item)
            with suppress(ConditionFailedError):
                self._delete(key, **as_read)

    @map_failed_conditions()
    def _delete(self, Key: dict[str, str], **condition: Any) -> Channel | None:  # noqa: N803
        answer = self._table.delete_item(Key=Key, ReturnValues="ALL_OLD", **condition)
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
        tuple(sendable_channels(page["Items"])),
        None if last is None else following(str(last["device_key"])),
    )


def _from(app_id: str, shard: int, start: str | None) -> dict[str, Any]:
    """Return a query of a shard's channels from the `device_key` `start` on."""
    return {
        "IndexName": "ByShard",
        "ProjectionExpression": ", ".join(ATTRIBUTES),
        "KeyConditionExpression": "#shard = :shard AND device_key >= :start",
        "ExpressionAttributeNames": {"#shard": "shard"},  # a reserved word
        "ExpressionAttributeValues": {
            ":shard": f"{app_id}#{shard}",
            ":start": start or FIRST_KEY,
        },
    }


def readable_channels(items: Iterable[Mapping[str, Any]]) -> Iterator[Channel]:
    """Yield the channels that items hold; report and skip those that cannot be read."""
    return readable_items("channel", items, Channel.of_item)


def _device_key(item: Mapping[str, Any]) -> str:
    return device_key(str(item["pk"]).partition("#")[2], str(item["sk"]))

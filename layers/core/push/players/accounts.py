"""What is kept of a player, and its erasure. docs/privacy.md has the inventory of all tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from push.aws.dynamodb import map_dynamodb_errors
from push.channels.models import Version
from push.channels.uri_owners import UriOwners
from push.notifications.counters import RECORD_LIFE_S
from push.players.store import partition_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from push.aws.table import Table
    from push.channels.models import Channel
    from push.channels.table import Channels
    from push.channels.topics import Topics


class Device(BaseModel):
    """A device of a player. Times are epoch seconds."""

    model_config = ConfigDict(frozen=True)

    device_id: str
    channel_host: Annotated[str, Field(description="Host of the channel URI, never the URI")]
    locale: str | None
    time_zone: str | None
    app_version: str | None
    topics: tuple[str, ...]
    in_game: Annotated[bool, Field(description="Whether the player is in the game there")]
    registered_at: int
    renewed_at: int
    expires_at: int


class PlayerAccount(BaseModel):
    """A player as an operator sees them."""

    model_config = ConfigDict(frozen=True)

    player_id: str
    in_game: Annotated[bool, Field(description="Whether the player is in the game on any device")]
    topics: Annotated[tuple[str, ...], Field(description="Topics of any device")]
    devices: tuple[Device, ...]


class ErasureReceipt(BaseModel):
    """How many items of a player were erased."""

    model_config = ConfigDict(frozen=True)

    player_id: str
    channels: int
    channel_uri_owners: int
    subscriptions: int
    registration_counters: int
    interactions: Annotated[int, Field(description="Notifications and devices with interactions")]
    records_expire_by: Annotated[
        int,
        Field(
            description="When the last record of a notification that was sent to the player until"
            " now is deleted, in epoch seconds"
        ),
    ]


@dataclass(frozen=True, slots=True)
class PlayerAccounts:
    """The accounts of players, from ChannelsTable, TopicsTable and NotificationsTable."""

    channels_table: Table
    notifications_table: Table
    channels: Channels
    topics: Topics

    @map_dynamodb_errors()
    def show(self, app_id: str, player_id: str, now: int) -> PlayerAccount:
        """Return what is registered for a player at `now` (epoch seconds)."""
        devices = [
            _device(channel, now) for channel in self.channels.of_player(app_id, player_id, now)
        ]
        return PlayerAccount(
            player_id=player_id,
            in_game=any(each.in_game for each in devices),
            topics=tuple(sorted({topic for each in devices for topic in each.topics})),
            devices=tuple(devices),
        )

    @map_dynamodb_errors()
    def erase(self, app_id: str, player_id: str, now: int) -> ErasureReceipt:
        """Erase everything that is stored under a player. Idempotent.

        Channels first: without one, deliveries that are queued are not sent to the player. Items
        that this version cannot read are erased as well.
        """
        owners = subscriptions = 0
        channels = list(self._items(self.channels_table, f"{app_id}#{player_id}"))
        self._delete(self.channels_table, channels)
        for item in channels:
            owners += self._release(app_id, player_id, item)
            topics = [str(topic) for topic in item.get("topics", ())]
            self.topics.remove(app_id, player_id, str(item["sk"]), topics)
            subscriptions += len(topics)
        counters = list(self._items(self.channels_table, f"#{app_id}#{player_id}"))
        self._delete(self.channels_table, counters)
        interactions = list(self._items(self.notifications_table, partition_of(app_id, player_id)))
        self._delete(self.notifications_table, interactions)
        return ErasureReceipt(
            player_id=player_id,
            channels=len(channels),
            channel_uri_owners=owners,
            subscriptions=subscriptions,
            registration_counters=len(counters),
            interactions=len(interactions),
            records_expire_by=now + RECORD_LIFE_S,
        )

    def _items(self, table: Table, partition: str) -> Iterator[dict[str, Any]]:
        return table.query_all(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": partition},
            ConsistentRead=True,
        )

    def _delete(self, table: Table, items: list[dict[str, Any]]) -> None:
        for item in items:
            table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})

    def _release(self, app_id: str, player_id: str, channel: dict[str, Any]) -> bool:
        """Delete the owner of a channel's URI, unless it is another device by now."""
        uri, device = channel.get("channel_uri"), (player_id, str(channel["sk"]))
        if not isinstance(uri, str):
            return False
        owners = UriOwners(self.channels_table)
        return owners.release(app_id, uri, device, Version.of_item(channel))


def _device(channel: Channel, now: int) -> Device:
    shown = set(Device.model_fields)
    return Device(
        channel_host=channel.host, in_game=channel.in_game(now), **channel.model_dump(include=shown)
    )

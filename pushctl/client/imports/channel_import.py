"""Writes imported channels: never over a newer registration, never a URI for two devices."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from push.aws.dynamodb import ConditionFailedError, Transactions
from push.channels.models import DEVICES_PER_PLAYER, Channel
from push.channels.table import Channels
from push.channels.topics import Topics
from push.channels.uri_owners import UriOwners, is_same_channel
from pushctl.client.imports.records import RejectedRecordError

if TYPE_CHECKING:
    from pushctl.client.imports.rows import Row
    from pushctl.client.stack import Stack

Result = Literal["imported", "kept"]
_TRIES = 5
_SPARE_S = 7 * 24 * 3600  # as a registration has it: subscriptions outlive the channel


@dataclass(frozen=True, slots=True)
class ChannelImport:
    """Imports channels of one app."""

    app_id: str
    channels: Channels
    owners: UriOwners
    topics: Topics
    transactions: Transactions
    now: int

    @classmethod
    def of(cls, stack: Stack, app_id: str, now: int) -> ChannelImport:
        """Return an import into a stack. `now` is epoch seconds."""
        table: Any = stack.table("ChannelsTable")
        client = table.meta.client
        return cls(
            app_id,
            Channels(table),
            UriOwners(table),
            Topics(stack.table("TopicsTable")),
            Transactions(client, time.sleep, random.SystemRandom().random),
            now,
        )

    def write(self, row: Row) -> Result:
        """Store a channel unless the table has a newer one; repeatable.

        the device has the channel already, from this time   → imported
        the device was registered since                      → kept
        another device has the URI, from this time or later  → rejected
        another device has the URI, from before              → imported, and taken from that one
        the player has ten other devices                     → rejected

        Raises:
            RejectedRecordError: the URI is another device's, or there are too many devices.
        """
        for _ in range(_TRIES):
            mine = {
                each.device_id: each
                for each in self.channels.all_of_player(self.app_id, row.player_id)
            }
            before = mine.get(row.device_id)
            uri = row.registration.channel_uri
            if before is not None and before.renewed_at >= row.renewed_at:
                is_it = before.renewed_at == row.renewed_at and before.channel_uri == uri
                return "imported" if is_it else "kept"
            alive = [each for each in mine.values() if each.expires_at > self.now]
            if before is None and len(alive) >= DEVICES_PER_PLAYER:
                raise RejectedRecordError(f"the player has {DEVICES_PER_PLAYER} devices already")
            owner = self.owners.get(self.app_id, uri)
            theirs = self._channel_of(owner, row)
            if theirs is not None and theirs.renewed_at >= row.renewed_at:
                raise RejectedRecordError("another device has this channel")
            try:
                self.transactions.write(self._writes(row, before, owner, theirs))
            except ConditionFailedError:
                continue
            return "imported"
        raise RejectedRecordError("the device is being registered by the game right now")

    def _channel_of(self, owner: tuple[str, str] | None, row: Row) -> Channel | None:
        """Return the channel of another device that has the row's URI now."""
        if owner is None or owner == (row.player_id, row.device_id):
            return None
        theirs = self.channels.get(self.app_id, *owner)
        if theirs is None or theirs.expires_at <= self.now:
            return None
        same = is_same_channel(theirs.channel_uri, row.registration.channel_uri)
        return theirs if same else None

    def _writes(
        self,
        row: Row,
        before: Channel | None,
        owner: tuple[str, str] | None,
        theirs: Channel | None,
    ) -> list[Any]:
        device = row.player_id, row.device_id
        channel = Channel(
            **row.registration.model_dump(),
            app_id=self.app_id,
            player_id=row.player_id,
            device_id=row.device_id,
            registered_at=before.registered_at if before else row.renewed_at,
            renewed_at=row.renewed_at,
            expires_at=row.expires_at,
            subscribed_until=row.expires_at + _SPARE_S,
            in_game_until=before.in_game_until if before else None,
        )
        known = before.topics if before else ()
        dropped = [each for each in known if each not in channel.topics]
        uri = channel.channel_uri
        writes = [
            self.channels.put_write(channel, before),
            self.owners.claim_write(self.app_id, uri, device, channel.expires_at, owner),
            *self.topics.subscribe_writes(
                self.app_id, *device, channel.topics, channel.subscribed_until
            ),
            *self.topics.unsubscribe_writes(self.app_id, *device, dropped),
        ]
        if owner is not None and owner != device:
            held = theirs or self.channels.get(self.app_id, *owner)
            their_uri = held.channel_uri if held else None
            writes.append(self.owners.release_write(self.app_id, uri, owner, their_uri))
        return writes

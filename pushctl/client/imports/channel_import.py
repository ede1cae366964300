"""Writes imported channels: never over a newer registration, never a URI for two devices."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from push.aws.dynamodb import ConditionFailedError, Transactions
from push.channels.models import DEVICES_PER_PLAYER, Channel, Version
from push.channels.registration_limit import RegistrationLimit
from push.channels.table import Channels
from push.channels.topics import Topics
from push.channels.uri_claims import UriClaims
from push.channels.uri_owners import UriOwners
from pushctl.client.imports.records import RejectedRecordError

if TYPE_CHECKING:
    from push.channels.uri_owners import Owner
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
    claims: UriClaims
    now: int

    @classmethod
    def of(cls, stack: Stack, app_id: str, now: int) -> ChannelImport:
        """Return an import into a stack. `now` is epoch seconds."""
        table = stack.table("ChannelsTable")
        channels, owners = Channels(table), UriOwners(table)
        topics = Topics(stack.table("TopicsTable"))
        transactions = Transactions(table.dynamodb, time.sleep, random.SystemRandom().random)
        return cls(
            app_id,
            channels,
            owners,
            topics,
            transactions,
            UriClaims(owners, channels, topics, RegistrationLimit(table), transactions),
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
        for attempt in range(_TRIES):
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
            try:
                owner = self.owners.get(self.app_id, uri)
                theirs = self._holder(owner, row)
                is_alive = theirs is not None and theirs.expires_at > self.now
                if theirs is not None and is_alive and theirs.renewed_at >= row.renewed_at:
                    raise RejectedRecordError("another device has this channel")
                self.transactions.write(self._writes(row, before, owner, theirs))
            except ConditionFailedError:
                self.transactions.pause(attempt)
                continue
            if theirs is not None:
                self.topics.unsubscribe(theirs, theirs.topics, self.now)
            return "imported"
        raise RejectedRecordError("the device is being registered by the game right now")

    def _holder(self, owner: Owner | None, row: Row) -> Channel | None:
        """Return the channel of another device that has the row's URI.

        Raises:
            ConditionFailedError: a device is being registered with it.
        """
        if owner is None:
            return None
        uri = row.registration.channel_uri
        theirs = self.claims.holder(self.app_id, owner, uri, self.now)
        return None if owner.device == (row.player_id, row.device_id) else theirs

    def _writes(
        self,
        row: Row,
        before: Channel | None,
        owner: Owner | None,
        theirs: Channel | None,
    ) -> list[Any]:
        device = row.player_id, row.device_id
        stored = before.version if before is not None else None
        version = stored.next() if stored is not None else Version.first()
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
            generation=version.generation,
            revision=version.revision,
        )
        known = before.topics if before else ()
        dropped = [each for each in known if each not in channel.topics]
        return [
            self.channels.put_write(channel, before),
            self.owners.claim_write(channel, owner, row.renewed_at),
            *self.topics.subscribe_writes(channel),
            *self.topics.unsubscribe_writes(self.app_id, *device, dropped),
            *([self.channels.delete_write(theirs)] if theirs is not None else []),
        ]

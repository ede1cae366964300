"""Claims of channel URIs: a device gets a URI before its channel does, and only one device at a
time.

Why no two channels have a URI, without a transaction:

* A channel gets a URI only after its device has claimed it for the version that is then stored, on
  condition that the channel is as it was read.
* A claimed URI is taken only if that version is stored, or never will be: the channel has it, or a
  later one of its generation; or the claim is older than the lease, in which it would have been
  stored.
* Whoever takes a URI removes the channel that has it in the same transaction.
* A channel that keeps its URI is renewed on condition that it is as it was read, so it is still
  there.

A worker may die anywhere: a claim without a channel ends with its lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from push.aws.dynamodb import ConditionFailedError
from push.channels.models import Version
from push.channels.registration_limit import is_recent
from push.channels.table import readable_channels
from push.channels.uri_owners import CLAIM_LEASE_S, is_same_channel

if TYPE_CHECKING:
    from collections.abc import Collection

    from push.aws.dynamodb import Transactions
    from push.channels.models import Channel
    from push.channels.registration_limit import RegistrationLimit
    from push.channels.table import Channels
    from push.channels.topics import Topics
    from push.channels.uri_owners import Owner, UriOwners


@dataclass(frozen=True, slots=True)
class UriClaims:
    """Claims URIs for channels that are about to be stored. Times are epoch seconds."""

    owners: UriOwners
    channels: Channels
    topics: Topics
    limit: RegistrationLimit
    transactions: Transactions

    def claim_unless_kept(
        self,
        channel: Channel,
        before: Channel | None,
        claimed: Collection[Version | None],
        now: int,
    ) -> bool:
        """Claim a channel's URI as `claim` does, unless the channel has it already; return whether
        it was claimed. An owner that would expire before the channel is kept for longer."""
        if (
            before is not None
            and before.expires_at > now
            and is_same_channel(before.channel_uri, channel.channel_uri)
            and (before.subscribed_until == channel.subscribed_until or self.owners.extend(channel))
        ):
            return False
        self.claim(channel, before, claimed, now)
        return True

    def check(self, channel: Channel) -> None:
        """Remove a channel that was stored, if its URI is not claimed for it any more.

        A write that was sent again may have been done twice, and the channel been removed in
        between by whoever took the URI.

        Raises:
            ConditionFailedError: it is not.
        """
        if not self.owners.is_claimed(channel):
            self.channels.remove_version(channel)
            raise ConditionFailedError

    def clean_up(self, removed: Channel | None, now: int) -> None:
        """Unsubscribe a removed channel and give up its URI, unless it was registered again."""
        if removed is None:
            return
        device = removed.player_id, removed.device_id
        self.owners.release(removed.app_id, removed.channel_uri, device, removed.version)
        self.topics.unsubscribe(removed, removed.topics, now)

    def claim(
        self,
        channel: Channel,
        before: Channel | None,
        claimed: Collection[Version | None],
        now: int,
    ) -> None:
        """Claim a channel's URI for its version.

        nobody owns the URI                      → claimed
        claimed by this request                  → claimed
        claimed, and its channel is on the way   → condition failed
        its owner's channel has another URI      → taken
        its owner's channel has the URI          → taken, and that channel is removed

        Args:
            before: the device's channel as it was read, None if it has none.
            claimed: versions that this request may have claimed the URI for before.

        Raises:
            ConditionFailedError: another registration is in between; try again.
            TooManyRequestsError: the URI was registered within the last minute, and the player
                registers too often.
        """
        owner = self.owners.claim(channel, now)
        if owner is None:
            return
        is_mine = owner.device == (channel.player_id, channel.device_id)
        if is_mine and owner.version is not None and owner.version == channel.version:
            return
        if is_mine and owner.version is not None and owner.version in claimed:
            self.owners.take(channel, owner, now)
            return
        theirs = self.holder(channel.app_id, owner, channel.channel_uri, now)
        if is_mine and theirs is not None and theirs != before:
            raise ConditionFailedError  # another request has registered this device meanwhile
        if is_mine or theirs is None:
            self.owners.take(channel, owner, now)
            return
        if is_recent(theirs, now):
            self.limit.count(channel.app_id, channel.player_id, now)
        self.transactions.write(
            [self.channels.delete_write(theirs), self.owners.claim_write(channel, owner, now)]
        )
        self.topics.unsubscribe(theirs, theirs.topics, now)

    def holder(self, app_id: str, owner: Owner, channel_uri: str, now: int) -> Channel | None:
        """Return the channel of a URI's owner if it has the URI, None if the owner has lost it. An
        item there that cannot be read is removed.

        Raises:
            ConditionFailedError: the owner's channel is on the way.
        """
        item = self.channels.item(app_id, *owner.device)
        stored = Version.of_item(item)
        awaited = owner.version if now - owner.claimed_at <= CLAIM_LEASE_S else None
        if awaited is not None and (stored is None or not stored.has_reached(awaited)):
            raise ConditionFailedError
        if item is None:
            return None
        theirs = next(readable_channels([item]), None)
        if theirs is None:
            self.channels.remove_unreadable(app_id, *owner.device)
            return None
        return theirs if is_same_channel(theirs.channel_uri, channel_uri) else None

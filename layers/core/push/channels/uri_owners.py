"""Owners of channel URIs: at most one channel of an app has a URI.

A URI that is registered by another player or device moves there, and its previous owner stops
receiving: another player has signed in on the device, or the game was reinstalled. An item of
ChannelsTable per URI, however it is spelled, names its owner and the version of the owner's channel
that has, or will have, the URI.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from push.aws.dynamodb import ConditionFailedError, map_failed_conditions
from push.channels.models import Version
from wns.channel_uri import channel_identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.aws.table import Table
    from push.channels.models import Channel


Device = tuple[str, str]
"""player_id and device_id."""

CLAIM_LEASE_S = 20
"""How long a claim may be without its channel before another device may take the URI.

The channel is stored within milliseconds, and surely within the 10 s that channels_api has for an
invocation (template.yaml, Timeout): a worker that was killed writes nothing after that."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of a URI.

    Attributes:
        version: of the channel that it was claimed for; None if an earlier release stored it, in
            one transaction with its channel.
        claimed_at: epoch seconds.
    """

    device: Device
    version: Version | None
    claimed_at: int

    @classmethod
    def of_item(cls, item: Mapping[str, Any]) -> Owner | None:
        """Return the owner that an item names, None if it names nobody."""
        if "player_id" not in item or "device_id" not in item:
            return None
        device = str(item["player_id"]), str(item["device_id"])
        return cls(device, Version.of_item(item), int(item.get("claimed_at", 0)))


class UriOwners:
    """The owner items in ChannelsTable, one per app and URI."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, app_id: str, channel_uri: str) -> Owner | None:
        """Return the owner of a URI, even if its channel is gone."""
        key = owner_key(app_id, channel_uri)
        return Owner.of_item(self._table.get_item(Key=key, ConsistentRead=True).get("Item", {}))

    @map_failed_conditions()
    def claim(self, channel: Channel, now: int) -> Owner | None:
        """Claim a channel's URI if nobody owns it; return None if that was done, else its owner.

        Raises:
            ConditionFailedError: a transaction holds the owner's item, or it was deleted meanwhile.
        """
        put = _claim(channel, None, now)
        try:
            self._table.put_item(**put, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except ConditionFailedError as error:
            owner = Owner.of_item(error.item)
            if owner is None:
                raise ConditionFailedError from None
            return owner
        return None

    @map_failed_conditions()
    def take(self, channel: Channel, previous: Owner, now: int) -> None:
        """Claim a channel's URI if its owner is still `previous`.

        Raises:
            ConditionFailedError: it is not.
        """
        self._table.put_item(**_claim(channel, previous, now))

    def claim_write(self, channel: Channel, previous: Owner | None, now: int) -> dict[str, Any]:
        """Return the write, for a transaction, that claims a channel's URI if its owner is still
        `previous`, None for nobody."""
        return {"Put": {"TableName": self._table.name} | _claim(channel, previous, now)}

    def extend(self, channel: Channel) -> bool:
        """Keep the owner of a channel's URI as long as its subscriptions; return False if the
        channel's device is not the owner."""
        condition, values = _owned_by(
            (channel.player_id, channel.device_id), channel.version, or_none=True
        )
        try:
            with map_failed_conditions():
                self._table.update_item(
                    Key=owner_key(channel.app_id, channel.channel_uri),
                    UpdateExpression="SET expires_at = :until",
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values | {":until": channel.subscribed_until},
                )
        except ConditionFailedError:
            return False
        return True

    def is_claimed(self, channel: Channel) -> bool:
        """Return whether a channel's URI is still claimed for this version of the channel."""
        owner = self.get(channel.app_id, channel.channel_uri)
        return owner is not None and owner.version == channel.version

    def release(
        self, app_id: str, channel_uri: str, device: Device, version: Version | None
    ) -> bool:
        """Delete the owner of a URI whose channel was removed, unless it was claimed again; return
        whether it was deleted."""
        condition, values = _owned_by(device, version, or_none=True)
        try:
            with map_failed_conditions():
                self._table.delete_item(
                    Key=owner_key(app_id, channel_uri),
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                )
        except ConditionFailedError:
            return False
        return True


def _claim(channel: Channel, previous: Owner | None, now: int) -> dict[str, Any]:
    """Return the parameters of the put that claims a channel's URI."""
    version = channel.version
    item = owner_key(channel.app_id, channel.channel_uri) | {
        "player_id": channel.player_id,
        "device_id": channel.device_id,
        "claimed_at": now,
        "expires_at": channel.subscribed_until,
    }
    put: dict[str, Any] = {"Item": item | (version.as_item() if version is not None else {})}
    if previous is None:
        condition = "attribute_not_exists(player_id) OR attribute_not_exists(device_id)"
        return put | {"ConditionExpression": condition}
    condition, values = _owned_by(previous.device, previous.version)
    if previous.version is not None:
        condition += " AND revision = :revision"
        values[":revision"] = previous.version.revision
    return put | {"ConditionExpression": condition, "ExpressionAttributeValues": values}


def _owned_by(
    device: Device, version: Version | None, *, or_none: bool = False
) -> tuple[str, dict[str, Any]]:
    """Return the condition that a device owns a URI, for a generation of its channel, and its
    values; with `or_none`, also if the owner was stored by an earlier release."""
    values: dict[str, Any] = {":player": device[0], ":device": device[1]}
    condition = "attribute_not_exists(generation)"
    if version is not None:
        values[":generation"] = version.generation
        of_it = "generation = :generation"
        condition = f"({condition} OR {of_it})" if or_none else of_it
    return f"player_id = :player AND device_id = :device AND {condition}", values


def is_same_channel(one: str, other: str) -> bool:
    """Return whether two channel URIs are spellings of one."""
    return one == other or channel_identity(one) == channel_identity(other)


def owner_key(app_id: str, channel_uri: str) -> dict[str, str]:
    """Return the key of a URI's owner in ChannelsTable."""
    # No key of a channel starts with "#".
    digest = sha256(channel_identity(channel_uri).encode()).hexdigest()
    return {"pk": f"#{app_id}#{digest}", "sk": "owner"}

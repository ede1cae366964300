"""Owners of channel URIs: at most one channel of an app has a URI.

A URI that is registered by another player or device moves there, and its previous owner stops
receiving: another player has signed in on the device, or the game was reinstalled. An item of
ChannelsTable per URI, however it is spelled, names its owner. It is written in the transaction that
gives a channel the URI, on condition that it still names the owner that the writer has read; so no
two channels keep a URI.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from push.channels.keys import channel_key
from wns.channel_uri import channel_identity

if TYPE_CHECKING:
    from push.aws.table import Table


Device = tuple[str, str]
"""player_id and device_id."""


class UriOwners:
    """The owner items in ChannelsTable, one per app and URI."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, app_id: str, channel_uri: str) -> Device | None:
        """Return the device that registered a URI last, even if its channel is gone."""
        key = owner_key(app_id, channel_uri)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item", {})
        if "player_id" not in item or "device_id" not in item:
            return None
        return str(item["player_id"]), str(item["device_id"])

    def claim_write(
        self, app_id: str, channel_uri: str, owner: Device, expires_at: int, previous: Device | None
    ) -> dict[str, Any]:
        """Return the write, for a transaction, that makes `owner` the owner of a URI until
        `expires_at` (epoch seconds), on condition that the present owner is `owner`, `previous` or
        nobody."""
        names = {"player_id": owner[0], "device_id": owner[1]}
        values = {":player": owner[0], ":device": owner[1]}
        condition = (
            "attribute_not_exists(player_id) OR attribute_not_exists(device_id)"
            " OR (player_id = :player AND device_id = :device)"
        )
        if previous is not None:
            values |= {":previous_player": previous[0], ":previous_device": previous[1]}
            condition += " OR (player_id = :previous_player AND device_id = :previous_device)"
        return {
            "Put": {
                "TableName": self._table.name,
                "Item": owner_key(app_id, channel_uri) | names | {"expires_at": expires_at},
                "ConditionExpression": condition,
                "ExpressionAttributeValues": values,
            }
        }

    def release_write(
        self, app_id: str, channel_uri: str, previous: Device, their_uri: str | None
    ) -> dict[str, Any]:
        """Return the write, for a transaction, that takes a URI from its previous owner: it deletes
        their channel if that has the URI, on condition that the channel is as it was read.

        Args:
            their_uri: the URI of the previous owner's channel, None if they have none.
        """
        place = {"TableName": self._table.name, "Key": channel_key(app_id, *previous)}
        if their_uri is None:
            return {"ConditionCheck": place | {"ConditionExpression": "attribute_not_exists(pk)"}}
        as_read = {
            "ConditionExpression": "channel_uri = :theirs",
            "ExpressionAttributeValues": {":theirs": their_uri},
        }
        if is_same_channel(their_uri, channel_uri):
            return {"Delete": place | as_read}
        return {"ConditionCheck": place | as_read}


def is_same_channel(one: str, other: str) -> bool:
    """Return whether two channel URIs are spellings of one."""
    return channel_identity(one) == channel_identity(other)


def owner_key(app_id: str, channel_uri: str) -> dict[str, str]:
    """Return the key of a URI's owner in ChannelsTable."""
    # No key of a channel starts with "#".
    digest = sha256(channel_identity(channel_uri).encode()).hexdigest()
    return {"pk": f"#{app_id}#{digest}", "sk": "owner"}

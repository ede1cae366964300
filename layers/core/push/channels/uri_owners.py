"""Owners of channel URIs: at most one channel of an app has a URI.

A URI that is registered by another player or device moves there, and the first one stops receiving:
another player has signed in on the device, or the game was reinstalled. An item of ChannelsTable
per URI names its owner. It is written in the transaction that gives a channel the URI, on condition
that it still names the owner that the writer has read; so no two channels keep a URI.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from push.channels.keys import channel_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


Device = tuple[str, str]
"""player_id and device_id."""


class UriOwners:
    """The owner items in ChannelsTable, one per app and URI."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, app_id: str, channel_uri: str) -> Device | None:
        """Return the device that registered a URI last, even if its channel is gone."""
        key = _key(app_id, channel_uri)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return None if item is None else (str(item["player_id"]), str(item["device_id"]))

    def claim_write(
        self, app_id: str, channel_uri: str, owner: Device, expires_at: int, first: Device | None
    ) -> dict[str, Any]:
        """Return the write, for a transaction, that makes `owner` the owner of a URI until
        `expires_at` (epoch seconds), on condition that the present owner is `owner`, `first` or
        nobody."""
        names = {"player_id": owner[0], "device_id": owner[1]}
        values = {":player": owner[0], ":device": owner[1]}
        condition = "attribute_not_exists(pk) OR (player_id = :player AND device_id = :device)"
        if first is not None:
            values |= {":first_player": first[0], ":first_device": first[1]}
            condition += " OR (player_id = :first_player AND device_id = :first_device)"
        return {
            "Put": {
                "TableName": self._table.name,
                "Item": _key(app_id, channel_uri) | names | {"expires_at": expires_at},
                "ConditionExpression": condition,
                "ExpressionAttributeValues": values,
            }
        }

    def release_write(self, app_id: str, channel_uri: str, first: Device, *, has_it: bool) -> Any:
        """Return the write, for a transaction, that deletes the first owner's channel if it has the
        URI, or checks that it does not."""
        place = {
            "TableName": self._table.name,
            "Key": channel_key(app_id, *first),
            "ExpressionAttributeValues": {":uri": channel_uri},
        }
        if has_it:
            return {"Delete": place | {"ConditionExpression": "channel_uri = :uri"}}
        condition = "attribute_not_exists(pk) OR channel_uri <> :uri"
        return {"ConditionCheck": place | {"ConditionExpression": condition}}


def _key(app_id: str, channel_uri: str) -> dict[str, str]:
    # No key of a channel starts with "#".
    return {"pk": f"#{app_id}#{sha256(channel_uri.encode()).hexdigest()}", "sk": "owner"}

"""Owners of channel URIs: the one channel of an app that may have a URI.

A URI that turns up under another player or device moves there, and the first one stops receiving
(another player signs in on the device, or the game is installed anew). An item of ChannelsTable
per URI names who registered it last. It is written in the transaction that gives a channel the URI,
on the condition that it still names whom the writer took the URI from; so no two channels keep one.
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
    """The owners of channel URIs, in ChannelsTable beside the channels."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, app_id: str, channel_uri: str) -> Device | None:
        """Return who registered a channel URI last, even if they have it no more."""
        key = _key(app_id, channel_uri)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return None if item is None else (str(item["player_id"]), str(item["device_id"]))

    def claim(
        self, app_id: str, channel_uri: str, owner: Device, expires_at: int, first: Device | None
    ) -> dict[str, Any]:
        """Return the write that makes `owner` a URI's owner until `expires_at` (epoch seconds), if
        `owner`, `first` or nobody is that now."""
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

    def release(self, app_id: str, channel_uri: str, first: Device, *, has_it: bool) -> Any:
        """Return the write that removes the first owner's channel if it has the URI, or makes sure
        that it has not."""
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
    # No channel's key begins with "#".
    return {"pk": f"#{app_id}#{sha256(channel_uri.encode()).hexdigest()}", "sk": "owner"}

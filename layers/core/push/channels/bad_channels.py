"""Channels that WNS does not serve: removed when it says so, or when it rejects them repeatedly."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from push.aws.dynamodb import map_dynamodb_errors
from push.channels.keys import channel_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Device = tuple[str, str, str]
"""app_id, player_id and device_id."""


class BadChannels:
    """Removes channels from ChannelsTable. A channel that has another URI by now stays."""

    def __init__(self, table: Table) -> None:
        self._name = table.name
        self._client = table.meta.client

    @map_dynamodb_errors()
    def remove(self, device: Device, channel_uri: str) -> bool:
        """Remove a channel that WNS reports as gone; return whether it was removed."""
        try:
            self._client.delete_item(
                TableName=self._name,
                Key=channel_key(*device),
                ConditionExpression="channel_uri = :uri",
                ExpressionAttributeValues={":uri": channel_uri},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    @map_dynamodb_errors()
    def note_rejection(self, device: Device, channel_uri: str, fingerprint: str) -> None:
        """Note that WNS rejected a valid access token for a channel; remove the channel if it
        rejected another one before.

        Args:
            fingerprint: of the token, which other channels of the app accept.
        """
        uri_hash = sha256(channel_uri.encode()).hexdigest()[:16]
        try:
            before = self._client.update_item(
                TableName=self._name,
                Key=channel_key(*device),
                UpdateExpression="SET rejected = :rejected",
                ConditionExpression="channel_uri = :uri",
                ExpressionAttributeValues={
                    ":rejected": f"{fingerprint}#{uri_hash}",
                    ":uri": channel_uri,
                },
                ReturnValues="ALL_OLD",
            ).get("Attributes", {})
        except self._client.exceptions.ConditionalCheckFailedException:
            return
        rejected_before, _, uri_before = str(before.get("rejected", "")).partition("#")
        if uri_before == uri_hash and rejected_before != fingerprint:
            self.remove(device, channel_uri)

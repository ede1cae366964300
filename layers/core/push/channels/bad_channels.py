"""Channels that WNS does not serve: removed when it says so, or when it rejects them repeatedly."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from push.apps.game_events import GameEvent
from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.channels.keys import channel_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.apps.game_events import GameEvents
    from push.aws.table import Table

GoneReason = Literal["channel_gone", "token_rejected"]
Device = tuple[str, str, str]
"""app_id, player_id and device_id."""


class BadChannels:
    """Removes channels from ChannelsTable. A channel that has another URI by now stays."""

    def __init__(self, table: Table, events: GameEvents) -> None:
        self._table = table
        self._events = events

    @map_dynamodb_errors()
    def remove(self, device: Device, channel_uri: str, reason: GoneReason = "channel_gone") -> bool:
        """Remove a channel that WNS reports as gone; return whether it was removed.

        The event is published first, if the app wants it: should that fail, the channel stays, and
        WNS's response to the next notification removes it.

        Raises:
            TablesUnavailableError, EventBusUnavailableError: the channel may not be removed.
        """
        if self._events.wants(device[0], "ChannelGone"):
            if not self._has(device, channel_uri):
                return False
            self._events.publish([_gone(device, channel_uri, reason)])
        try:
            self._table.delete_item(
                Key=channel_key(*device),
                ConditionExpression="channel_uri = :uri",
                ExpressionAttributeValues={":uri": channel_uri},
            )
        except ConditionFailedError:
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
            before = self._table.update_item(
                Key=channel_key(*device),
                UpdateExpression="SET rejected = :rejected",
                ConditionExpression="channel_uri = :uri",
                ExpressionAttributeValues={
                    ":rejected": f"{fingerprint}#{uri_hash}",
                    ":uri": channel_uri,
                },
                ReturnValues="ALL_OLD",
            ).get("Attributes", {})
        except ConditionFailedError:
            return
        rejected_before, _, uri_before = str(before.get("rejected", "")).partition("#")
        if uri_before == uri_hash and rejected_before != fingerprint:
            self.remove(device, channel_uri, "token_rejected")

    def _has(self, device: Device, channel_uri: str) -> bool:
        found: Mapping[str, Any] = self._table.get_item(
            Key=channel_key(*device), ConsistentRead=True
        ).get("Item", {})
        return found.get("channel_uri") == channel_uri


def _gone(device: Device, channel_uri: str, reason: GoneReason) -> GameEvent:
    app_id, player_id, device_id = device
    uri_hash = sha256(channel_uri.encode()).hexdigest()[:16]
    return GameEvent(
        "ChannelGone",
        (*device, uri_hash),
        {"app_id": app_id, "player_id": player_id, "device_id": device_id, "reason": reason},
    )

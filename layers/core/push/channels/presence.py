"""Presence: whether a player is in the game on a device, stored with the device's channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from push.aws.dynamodb import ConditionFailedError
from push.channels.keys import channel_key
from push.errors import NotFoundError

if TYPE_CHECKING:
    from push.aws.table import Table


PRESENCE_LIFE_S = 300


class Presence:
    """The presence of players in ChannelsTable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, app_id: str, player_id: str, device_id: str, now: int, *, in_game: bool) -> None:
        """Record whether the player is in the game: yes for five minutes from `now` (epoch
        seconds), or no.

        Raises:
            NotFoundError: the device has no channel.
        """
        try:
            self._table.update_item(
                Key=channel_key(app_id, player_id, device_id),
                UpdateExpression="SET in_game_until = :until",
                ConditionExpression="expires_at > :now",
                ExpressionAttributeValues={
                    ":until": now + PRESENCE_LIFE_S if in_game else 0,
                    ":now": now,
                },
            )
        except ConditionFailedError:
            raise NotFoundError(
                f"device '{device_id}' has no channel; register one before its presence"
            ) from None

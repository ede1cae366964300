"""Limit of a player's registrations in a minute, over all devices and workers.

A renewal of a channel that is older than a minute is not counted, so the limit costs the usual
renewal nothing. Any other registration costs one conditional write on a counter in ChannelsTable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.errors import TooManyRequestsError

if TYPE_CHECKING:
    from push.aws.table import Table
    from push.channels.models import Channel


REGISTRATIONS_PER_MINUTE = 30
"""Ten devices that start at once, three times over."""

_WINDOW_S = 60
_REMEMBERED = 1000


class RegistrationLimit:
    """The counters in ChannelsTable, one per app, player and minute."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._refused_until: dict[tuple[str, str], int] = {}

    def check(self, app_id: str, player_id: str, now: int) -> None:
        """Refuse a player whom this worker knows to be over the limit. Calls nothing.

        Raises:
            TooManyRequestsError: the player is over the limit at `now` (epoch seconds).
        """
        until = self._refused_until.get((app_id, player_id), 0)
        if now < until:
            raise _too_many(until - now)

    @map_dynamodb_errors()
    def count(self, app_id: str, player_id: str, before: Channel | None, now: int) -> None:
        """Count a registration that replaces `before`, None for a new channel.

        Raises:
            TooManyRequestsError: the player is over the limit at `now` (epoch seconds).
        """
        if before is not None and before.renewed_at <= now - _WINDOW_S and before.expires_at > now:
            return
        window = now // _WINDOW_S
        until = (window + 1) * _WINDOW_S
        try:
            self._table.update_item(
                # No key of a channel starts with "#".
                Key={"pk": f"#{app_id}#{player_id}", "sk": f"registrations#{window}"},
                UpdateExpression="ADD registrations :one SET expires_at = :until",
                ConditionExpression="attribute_not_exists(registrations) OR registrations < :limit",
                ExpressionAttributeValues={
                    ":one": 1,
                    ":until": until,
                    ":limit": REGISTRATIONS_PER_MINUTE,
                },
            )
        except ConditionFailedError:
            if len(self._refused_until) >= _REMEMBERED:
                self._refused_until.clear()
            self._refused_until[app_id, player_id] = until
            raise _too_many(until - now) from None


def _too_many(wait_s: int) -> TooManyRequestsError:
    return TooManyRequestsError(
        f"a player may register {REGISTRATIONS_PER_MINUTE} channels a minute; try again in"
        f" {wait_s} s",
        wait_s,
    )

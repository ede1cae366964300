"""Limit of a player's registrations in a minute, over all devices and workers.

What players usually do costs no write: a renewal of a channel that is older than a minute, and a
new channel of a player who has registered nothing within the last minute. Whatever follows such a
registration within a minute (another one, another device, a removal) finds a channel that is
younger, and costs one conditional write on a counter in ChannelsTable. So a burst is counted from
its second write on; registrations that are in flight at one moment may all be its first.

Each worker counts for itself as well, which costs nothing: those that change nothing too.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.errors import TooManyRequestsError

if TYPE_CHECKING:
    from push.aws.table import Table
    from push.channels.models import Channel


REGISTRATIONS_PER_MINUTE = 30
"""Ten devices that start at once, three times over."""

RECENT_S = 60
_WINDOW_S = 60
_REMEMBERED = 10_000


class RegistrationLimit:
    """The counters in ChannelsTable, one per app, player and minute."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._window = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._refused: set[tuple[str, str]] = set()

    def check(self, app_id: str, player_id: str, now: int) -> None:
        """Count a registration in this worker, and refuse a player whom it knows to be over the
        limit. Calls nothing.

        Raises:
            TooManyRequestsError: the player is over the limit at `now` (epoch seconds).
        """
        player = app_id, player_id
        self._enter(now // _WINDOW_S)
        if player in self._refused or self._counts[player] >= REGISTRATIONS_PER_MINUTE:
            raise _too_many(now)
        self._counts[player] += 1

    @map_dynamodb_errors()
    def count(self, app_id: str, player_id: str, now: int) -> None:
        """Count a write of a player that follows another within a minute.

        Raises:
            TooManyRequestsError: the player is over the limit at `now` (epoch seconds).
        """
        window = now // _WINDOW_S
        try:
            self._table.update_item(
                # No key of a channel starts with "#".
                Key={"pk": f"#{app_id}#{player_id}", "sk": f"registrations#{window}"},
                UpdateExpression="ADD registrations :one SET expires_at = :until",
                ConditionExpression="attribute_not_exists(registrations) OR registrations < :limit",
                ExpressionAttributeValues={
                    ":one": 1,
                    ":until": (window + 1) * _WINDOW_S,
                    ":limit": REGISTRATIONS_PER_MINUTE - 1,  # the first was not counted
                },
            )
        except ConditionFailedError:
            self._enter(window)
            self._refused.add((app_id, player_id))
            raise _too_many(now) from None

    def _enter(self, window: int) -> None:
        """Forget the minutes before `window`; also this one's, if there are too many players."""
        if window != self._window or len(self._counts) >= _REMEMBERED:
            self._window = window
            self._counts.clear()
            self._refused.clear()


def is_recent(channel: Channel, now: int) -> bool:
    """Return whether a channel was registered within a minute before `now` (epoch seconds)."""
    return channel.renewed_at > now - RECENT_S


def _too_many(now: int) -> TooManyRequestsError:
    wait_s = _WINDOW_S - now % _WINDOW_S
    return TooManyRequestsError(
        f"a player may register {REGISTRATIONS_PER_MINUTE} channels a minute; try again in"
        f" {wait_s} s",
        wait_s,
    )

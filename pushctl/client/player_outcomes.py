"""What a player got, searched in the newest notifications of an app.

Records have no index by player (docs/decisions.md).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from pushctl.client.notification_lists import list_notifications
from pushctl.client.notifications import (
    DeviceOutcome,
    SkippedPlayer,
    Summary,
    get_notification,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pushctl.client.stack import Stack

_WORKERS = 8
_MOST_RECIPIENTS = 2_000
"""Recipients of a notification that is searched; outcomes have no order by player, so larger ones
would cost hundreds of requests."""


class PlayerOutcome(BaseModel):
    """A notification as one player got it: outcomes by device, or why none was sent."""

    model_config = ConfigDict(frozen=True)

    notification: Summary
    outcomes: list[DeviceOutcome] = []
    skipped: SkippedPlayer | None = None


class PlayerOutcomes(BaseModel):
    """A player's recent notifications, newest first."""

    model_config = ConfigDict(frozen=True)

    recent: list[PlayerOutcome]
    large: list[Summary] = Field(description="Too large to be searched; they may be the player's")
    searched: int = Field(description="Notifications of the app that were searched")


def recent_outcomes(
    stack: Stack, app_id: str, player_id: str, *, newest: int | None = 15
) -> PlayerOutcomes:
    """Return what the app's newest notifications were for a player.

    Args:
        newest: how many to look through; None: all of the 30 days that records are kept.

    Raises:
        NotFoundError: the app does not exist.
    """
    listed = list(islice(_newest_first(stack, app_id), newest))
    small = [each for each in listed if each.recipients <= _MOST_RECIPIENTS]
    with ThreadPoolExecutor(_WORKERS) as pool:
        found = list(pool.map(partial(_search, stack, player_id), small))
    return PlayerOutcomes(
        recent=[each for each in found if each is not None],
        large=[each for each in listed if each.recipients > _MOST_RECIPIENTS],
        searched=len(small),
    )


def _newest_first(stack: Stack, app_id: str) -> Iterator[Summary]:
    page = None
    while True:
        some = list_notifications(stack, app_id, page=page, limit=1)
        yield from some.notifications
        page = some.next_page
        if page is None:
            return


def _search(stack: Stack, player_id: str, summary: Summary) -> PlayerOutcome | None:
    """Return a notification as a player got it, None if it was not for them."""
    report = get_notification(
        stack, summary.app_id, summary.notification_id, player=player_id, limit=None
    )
    if not report.outcomes and not report.skipped:
        return None
    skipped = report.skipped[0] if report.skipped else None
    return PlayerOutcome(notification=summary, outcomes=report.outcomes, skipped=skipped)

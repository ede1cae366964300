"""What a player got recently, searched in the newest notifications of an app."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from pushctl.client.notification_lists import list_notifications
from pushctl.client.notifications import (
    DeviceOutcome,
    SkippedPlayer,
    Summary,
    get_outcome_page,
)

if TYPE_CHECKING:
    from pushctl.client.stack import Stack

_WORKERS = 8
_PAGES = 3


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
    searched: int = Field(description="Notifications of the app that were searched")
    unfinished: int = Field(
        description="Large ones among them, of which only the first pages were searched"
    )


def recent_outcomes(
    stack: Stack, app_id: str, player_id: str, *, newest: int = 15
) -> PlayerOutcomes:
    """Return what the app's newest notifications were for a player.

    Records have no index by player (docs/decisions.md), so the newest ones are searched, and of
    each the first pages.
    """
    listed = list_notifications(stack, app_id, limit=newest).notifications[:newest]

    def search(summary: Summary) -> tuple[PlayerOutcome | None, bool]:
        return _search(stack, app_id, summary, player_id)

    with ThreadPoolExecutor(_WORKERS) as pool:
        found = list(pool.map(search, listed))
    return PlayerOutcomes(
        recent=[each for each, _ in found if each is not None],
        searched=len(listed),
        unfinished=sum(not is_complete for _, is_complete in found),
    )


def _search(
    stack: Stack, app_id: str, summary: Summary, player_id: str
) -> tuple[PlayerOutcome | None, bool]:
    outcomes: list[DeviceOutcome] = []
    skipped: SkippedPlayer | None = None
    page = None
    for _ in range(_PAGES):
        found = get_outcome_page(stack, app_id, summary.notification_id, page)
        outcomes += [each for each in found.report.outcomes if each.player_id == player_id]
        of_player = [each for each in found.report.skipped if each.player_id == player_id]
        skipped = of_player[0] if of_player else skipped
        page = found.next_page
        if page is None:
            break
    if not outcomes and skipped is None:
        return None, page is None
    return PlayerOutcome(notification=summary, outcomes=outcomes, skipped=skipped), page is None

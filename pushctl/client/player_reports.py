"""What is known of a player: the account, and the results of the latest notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from push.players.accounts import PlayerAccount
from pushctl.client.notification_lists import list_notifications
from pushctl.client.notifications import DeviceOutcome, get_notification
from pushctl.client.players import get_player

if TYPE_CHECKING:
    from pushctl.client.notifications import NotificationReport, Summary
    from pushctl.client.stack import Stack

_MOST_RECIPIENTS = 2_000
"""Recipients of a notification that is looked through; a broadcast's outcomes have no order by
player, so larger ones would cost hundreds of requests."""


class PlayerNotification(BaseModel):
    """A notification, and its result for one player. Times are epoch seconds.

    `sentences` says it in words, one for each device, or one for the player.
    """

    model_config = ConfigDict(frozen=True)

    notification_id: str
    accepted_at: int
    template: str | None
    audience: str | None
    state: str
    sentences: list[str]
    outcomes: list[DeviceOutcome]


class PlayerReport(BaseModel):
    """A player's account and latest notifications, newest first."""

    model_config = ConfigDict(frozen=True)

    account: PlayerAccount
    notifications: list[PlayerNotification]


def report_on_player(
    stack: Stack, app_id: str, player_id: str, *, latest: int | None = 10
) -> PlayerReport:
    """Return what is known of a player.

    Args:
        latest: how many of the app's notifications to look through for the player, from the newest
            on; None: all of the 30 days that records are kept.

    Raises:
        NotFoundError: the app does not exist.
    """
    account = get_player(stack, app_id, player_id)
    found: list[PlayerNotification] = []
    checked, page = 0, None
    while latest is None or checked < latest:
        some = list_notifications(stack, app_id, page=page, limit=1)
        for summary in some.notifications[: None if latest is None else latest - checked]:
            checked += 1
            about = _about(stack, summary, player_id)
            if about is not None:
                found.append(about)
        page = some.next_page
        if page is None:
            break
    return PlayerReport(account=account, notifications=found)


def _about(stack: Stack, summary: Summary, player_id: str) -> PlayerNotification | None:
    """Return a notification's result for a player, None if it was not for them."""
    outcomes: list[DeviceOutcome] = []
    if summary.recipients > _MOST_RECIPIENTS:
        advice = "pushctl notification show --player looks through them"
        sentences = [f"sent to {summary.recipients:,} devices; {advice}"]
    else:
        report = get_notification(
            stack, summary.app_id, summary.notification_id, player=player_id, limit=None
        )
        outcomes = report.outcomes
        sentences = _sentences(report)
    if not sentences:
        return None
    return PlayerNotification(
        notification_id=summary.notification_id,
        accepted_at=summary.accepted_at,
        template=summary.template,
        audience=summary.audience,
        state=summary.state,
        sentences=sentences,
        outcomes=outcomes,
    )


def _sentences(report: NotificationReport) -> list[str]:
    skips = [each.sentence for each in report.skipped]
    return skips + [
        f"{each.device_id}, {each.kind}: {each.outcome}: {each.sentence}"
        for each in report.outcomes
    ]

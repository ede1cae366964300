"""What is known of a player: the account, and the results of the latest notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from push.players.accounts import PlayerAccount
from pushctl.client.notifications import DeviceOutcome
from pushctl.client.player_outcomes import PlayerOutcome, recent_outcomes
from pushctl.client.players import get_player

if TYPE_CHECKING:
    from pushctl.client.notifications import Summary
    from pushctl.client.stack import Stack


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
    found = recent_outcomes(stack, app_id, player_id, newest=latest)
    about = [_about(each.notification, each.outcomes, _sentences(each)) for each in found.recent]
    about += [_about(each, [], [_sentence_of_large(each)]) for each in found.large]
    about.sort(key=lambda each: each.accepted_at, reverse=True)
    return PlayerReport(account=account, notifications=about)


def _about(
    summary: Summary, outcomes: list[DeviceOutcome], sentences: list[str]
) -> PlayerNotification:
    return PlayerNotification(
        notification_id=summary.notification_id,
        accepted_at=summary.accepted_at,
        template=summary.template,
        audience=summary.audience,
        state=summary.state,
        sentences=sentences,
        outcomes=outcomes,
    )


def _sentences(found: PlayerOutcome) -> list[str]:
    skips = [found.skipped.sentence] if found.skipped else []
    return skips + [
        f"{each.device_id}, {each.kind}: {each.outcome}: {each.sentence}" for each in found.outcomes
    ]


def _sentence_of_large(summary: Summary) -> str:
    advice = "pushctl notification show --player looks through them"
    return f"sent to {summary.recipients:,} devices; {advice}"

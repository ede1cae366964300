"""Notifications: show, follow and cancel them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from pushctl.client.api import path
from pushctl.client.explanations import explain, explain_skip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pushctl.client.stack import Stack

FINAL_STATES = frozenset({"completed", "suppressed", "failed", "cancelled"})
_ENDS = {
    "suppressed": "Nothing was sent: the app or the template is switched off.",
    "failed": "The request could not become a notification: pushctl dlq list says why.",
    "cancelled": "It was cancelled; the counts say what was sent before.",
}


class Players(BaseModel):
    """The players of a notification: every one is reached or skipped, by reason."""

    model_config = ConfigDict(frozen=True)

    requested: int = 0
    reached: int = 0
    skipped: dict[str, int] = {}


class Summary(BaseModel):
    """State and counts of a notification, as the API gives them; times are epoch seconds.

    States and reasons are texts here, so that a newer service may have more of them.
    """

    model_config = ConfigDict(frozen=True)

    notification_id: str
    app_id: str
    request_id: str
    state: str
    audience: str | None = None
    template: str | None = None
    accepted_by: str | None = None
    accepted_via: str | None = None
    accepted_at: int
    send_at: int | None = None
    shards: int = 0
    shards_done: int = 0
    recipients: int = 0
    deliveries: int = 0
    finished: int = 0
    counts: dict[str, int] = {}
    players: Players = Players()
    tracked: bool = False


class Interactions(BaseModel):
    """What players did with a notification, if it is tracked; each device counts once a kind."""

    model_config = ConfigDict(frozen=True)

    shown: int = 0
    opened: int = 0
    dismissed: int = 0
    actions: dict[str, int] = {}


class SkippedPlayer(BaseModel):
    """A player who was sent nothing, and why in one sentence."""

    model_config = ConfigDict(frozen=True)

    player_id: str
    reason: str
    sentence: str


class DeviceOutcome(BaseModel):
    """The outcome of one notification on one device, in one sentence."""

    model_config = ConfigDict(frozen=True)

    player_id: str
    device_id: str
    kind: str
    outcome: str
    sentence: str
    at: int | None = None
    details: dict[str, Any] = {}


class NotificationReport(BaseModel):
    """A notification: its record, why nothing was sent if that is so, and outcomes by device."""

    model_config = ConfigDict(frozen=True)

    summary: Summary
    note: str | None = None
    skipped: list[SkippedPlayer] = []
    outcomes: list[DeviceOutcome] = []
    has_more: bool = False
    interactions: Interactions = Interactions()


class OutcomePage(BaseModel):
    """A notification with one page of its outcomes; `next_page` is None at the end."""

    model_config = ConfigDict(frozen=True)

    report: NotificationReport
    next_page: str | None = None


def get_notification(
    stack: Stack,
    app_id: str,
    notification_id: str,
    *,
    player: str | None = None,
    limit: int | None = 100,
) -> NotificationReport:
    """Return a notification.

    Args:
        player: whose devices; None: everybody's.
        limit: how many outcomes to return at most; None: all, 0: none.

    Raises:
        NotFoundError: the app has no such notification, or it is over 30 days old.
    """
    where = path("apps", app_id, "notifications", notification_id)
    first = stack.api.call("GET", where)
    outcomes: list[DeviceOutcome] = []
    document, has_more = first, False
    while limit != 0:
        for name, record in sorted(document["outcomes"].items()):
            outcome = _outcome(name, record)
            if player is None or outcome.player_id == player:
                outcomes.append(outcome)
        if limit is not None and len(outcomes) > limit:
            outcomes, has_more = outcomes[:limit], True
            break
        if document["next_page"] is None:
            break
        document = stack.api.call("GET", f"{where}?page={quote(document['next_page'])}")
    report = _report(first, outcomes, has_more=has_more)
    chosen = [each for each in report.skipped if player in {None, each.player_id}]
    return report.model_copy(update={"skipped": chosen[:limit]})


def get_outcome_page(
    stack: Stack, app_id: str, notification_id: str, page: str | None = None
) -> OutcomePage:
    """Return a notification with one page of its outcomes.

    Args:
        page: `next_page` of an earlier call; None: the first page, which has the skipped players.

    Raises:
        NotFoundError: the app has no such notification, or it is over 30 days old.
    """
    where = path("apps", app_id, "notifications", notification_id)
    document = stack.api.call("GET", where if page is None else f"{where}?page={quote(page)}")
    outcomes = [_outcome(name, record) for name, record in sorted(document["outcomes"].items())]
    next_page = document["next_page"]
    report = _report(document, outcomes, has_more=next_page is not None)
    return OutcomePage(report=report, next_page=next_page)


def watch(
    stack: Stack,
    app_id: str,
    notification_id: str,
    *,
    interval_s: float = 1.0,
    timeout_s: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[NotificationReport]:
    """Yield a notification's progress until it is final or `timeout_s` has passed.

    The last one has outcomes, up to a hundred.
    """
    deadline = None if timeout_s is None else clock() + timeout_s
    while True:
        report = get_notification(stack, app_id, notification_id, limit=0)
        is_final = report.summary.state in FINAL_STATES
        if is_final or (deadline is not None and clock() >= deadline):
            yield get_notification(stack, app_id, notification_id)
            return
        yield report
        sleep(interval_s)


def cancel(stack: Stack, app_id: str, notification_id: str) -> NotificationReport:
    """Cancel a notification; sends in flight complete."""
    where = path("apps", app_id, "notifications", notification_id)
    return _report(stack.api.call("DELETE", where), [], has_more=False)


def _report(
    document: dict[str, Any], outcomes: list[DeviceOutcome], *, has_more: bool
) -> NotificationReport:
    summary = Summary.model_validate(document, extra="ignore")
    note = _ENDS.get(summary.state)
    if note is None and summary.state == "completed" and not summary.recipients:
        note = "Nothing was sent: nobody of the audience has a registered device."
    return NotificationReport(
        summary=summary,
        note=note,
        skipped=[
            SkippedPlayer(sentence=explain_skip(each["reason"]), **each)
            for each in document.get("skipped") or []
        ],
        outcomes=outcomes,
        has_more=has_more,
        interactions=Interactions.model_validate(
            document.get("interactions") or {}, extra="ignore"
        ),
    )


def _outcome(name: str, record: dict[str, Any]) -> DeviceOutcome:
    # Only a player's id may contain "#".
    player_and_device, _, kind = name.rpartition("#")
    player, _, device = player_and_device.rpartition("#")
    details = {key: value for key, value in record.items() if key not in {"outcome", "at"}}
    return DeviceOutcome(
        player_id=player,
        device_id=device,
        kind=kind,
        outcome=str(record["outcome"]),
        sentence=explain(record),
        at=record.get("at"),
        details=details,
    )

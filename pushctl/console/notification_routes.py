"""Routes of notifications and players."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pushctl.client import notification_lists, notifications, players, sending
from pushctl.client.doctor.examination import Question, examine
from pushctl.client.errors import RefusedError
from pushctl.client.player_outcomes import PlayerOutcomes, recent_outcomes
from pushctl.console.drafts import DraftKind, shown_kind
from pushctl.console.routing import Body, Call, Route

if TYPE_CHECKING:
    from pushctl.client.doctor.causes import Diagnosis


_SMALL = 1000
"""Devices of a notification whose whole record is read to examine one player."""


class DryRunView(Body):
    """What a request would do; its notifications as the page shows them."""

    would_send: bool
    note: str | None
    players: int
    devices: int
    in_game: int
    by_language: list[sending.LanguageCount]
    kinds: list[DraftKind]


def _list(call: Call) -> notification_lists.NotificationList:
    query = call.query
    return notification_lists.list_notifications(
        call.stack,
        call.app,
        state=query.get("state"),
        template=query.get("template"),
        start=_seconds(query.get("from")),
        end=_seconds(query.get("to")),
        page=query.get("page"),
        limit=25,
    )


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal():
        raise RefusedError("give times in epoch seconds")
    return int(text)


def _get(call: Call) -> notifications.OutcomePage:
    return notifications.get_outcome_page(
        call.stack, call.app, call.path["notification"], call.query.get("page")
    )


def _cancel(call: Call) -> notifications.NotificationReport:
    return notifications.cancel(call.stack, call.app, call.path["notification"])


def _send(call: Call) -> sending.Sent:
    return sending.send(call.stack, call.app, sending.read_request(_fields(call)))


def _dry_run(call: Call) -> DryRunView:
    found = sending.dry_run(call.stack, call.app, sending.read_request(_fields(call)))
    kinds = [
        shown_kind(each.locale, each.kind, each.body, size=each.bytes) for each in found.rendered
    ]
    return DryRunView(**found.model_dump(exclude={"rendered"}), kinds=kinds)


def _fields(call: Call) -> dict[str, Any]:
    if not isinstance(call.body, dict):
        raise RefusedError("send a request as an object")
    return call.body


def _player(call: Call) -> Any:
    return players.get_player(call.stack, call.app, call.path["player"])


def _erase(call: Call) -> Any:
    return players.erase_player(call.stack, call.app, call.path["player"])


def _recent(call: Call) -> PlayerOutcomes:
    return recent_outcomes(call.stack, call.app, call.path["player"])


def _diagnose(call: Call) -> Diagnosis:
    player_id = call.path["player"]
    # What WNS answered last time is the best that is known without sending anything.
    recent = [each.notification for each in recent_outcomes(call.stack, call.app, player_id).recent]
    latest = next((each for each in recent if each.recipients <= _SMALL), None)
    question = Question(
        app_id=call.app,
        player_id=player_id,
        notification_id=None if latest is None else latest.notification_id,
        template_id=None if latest is None else latest.template,
    )
    return examine(call.stack, question)


_LIST = "apps/{app}/notifications"
_PLAYER = "apps/{app}/players/{player}"
ROUTES = [
    Route("GET", _LIST, _list),
    Route("POST", _LIST, _send),
    Route("POST", "apps/{app}/dry-run", _dry_run),
    Route("GET", f"{_LIST}/{{notification}}", _get),
    Route("DELETE", f"{_LIST}/{{notification}}", _cancel),
    Route("GET", _PLAYER, _player),
    Route("DELETE", _PLAYER, _erase),
    Route("GET", f"{_PLAYER}/recent", _recent),
    Route("GET", f"{_PLAYER}/diagnosis", _diagnose),
]

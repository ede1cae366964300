"""No channel URI, token, secret or reply of a player is logged at any level.

The set-up is that of Lambda's Python runtime: a handler that writes JSON on the root logger,
which is at LogLevel (awslambdaric, bootstrap.py, `_setup_logging`).
"""

from __future__ import annotations

import json
import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.backend import PACKAGE_SID
from tests.integration.builders import APP_PATH, SETTINGS, open_channel, request
from tests.integration.logs import Log
from tests.integration.test_canaries import GOOD, Watch, live_a_day
from tools import template_yaml

if TYPE_CHECKING:
    from tests.integration.backend import Backend

REPLY = "CANARY-reply-of-a-player"
EVENTS = [
    *("AppStopped", "ChannelGone", "DeliveryFailed"),
    *("NotificationFinished", "NotificationInteraction"),
]


class JsonFormatter(logging.Formatter):
    """Writes what the runtime's own formatter writes of a record."""

    def format(self, record: logging.LogRecord) -> str:
        error = self.formatException(record.exc_info) if record.exc_info else None
        return json.dumps(
            {
                "level": record.levelname,
                "message": record.getMessage(),
                "logger": record.name,
                "errorMessage": error,
            }
        )


class RootHandler(logging.Handler):
    """Keeps what the runtime's handler would write."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


def of_players(game: Backend) -> None:
    """Interactions, an erasure, and events that cannot be published."""
    game.wns.put_app(package_sid=PACKAGE_SID, client_secret=GOOD)
    game.call_as_operator("PUT", APP_PATH, SETTINGS | {"events": EVENTS, "track": True})
    game.advance(700)
    game.refresh()
    for fault in (None, {"code": 410}, {"code": 503}):
        open_channel(game, "player-9", "tv")
        if fault:
            game.wns.fail_next(1, **fault)
        with game.limits.refused_calls("InternalException", 500, service="events", count=3):
            game.send_request(request("player-9"))
            game.work()
        game.advance(400)
        game.work()
    reported = {
        "notification": f"{'0' * 32}.0",
        "device_id": "tv",
        "kind": "action",
        "action": f"answer={REPLY}",
        "inputs": {"text": REPLY},
        "at": 1,
    }
    path = f"{APP_PATH}/interactions"
    for some in ([reported], [reported | {"at": -1}], [reported | {"inputs": {"x" * 999: REPLY}}]):
        game.call_as_player("player-9", "POST", path, {"interactions": some})
    with game.limits.refused_calls("InternalServerError", 500, service="dynamodb"):
        game.call_as_player("player-9", "POST", path, {"interactions": [reported]})
        game.call_as_player("player-9", "DELETE", f"{APP_PATH}/me")
    assert game.call_as_player("player-9", "DELETE", f"{APP_PATH}/me")[0] == 200


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_canaries_are_in_no_line_at_any_level(
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    level: str,
) -> None:
    functions: list[str] = [
        each["CodeUri"].rpartition("/")[2] for each in template_yaml.functions().values()
    ]
    loggers: list[Any] = [backend.handler(each).logger for each in functions]
    watch = Watch(backend, monkeypatch)
    root, own = logging.getLogger(), RootHandler()
    with ExitStack() as restored:
        restored.callback(root.setLevel, root.level)
        restored.callback(root.removeHandler, own)
        root.setLevel(level)
        root.addHandler(own)
        for each in loggers:
            restored.callback(each.setLevel, each.log_level)
            each.setLevel(level)
        log = restored.enter_context(Log.of(backend, *functions))
        live_a_day(backend, watch)
        of_players(backend)
        watch.note_tokens()
    texts = [*own.texts, *log.texts, capfd.readouterr().out]
    written = "\n".join(texts)
    assert len(log.texts) > 20
    assert "player erased" in written
    channels = [each for each in backend.items("ChannelsTable") if "channel_uri" in each]
    watch.uris |= {each["channel_uri"] for each in channels}
    assert len(watch.uris) >= 2
    assert "CANARY" not in written
    for canary in (*watch.tokens, *(uri.partition("?")[2] for uri in watch.uris)):
        assert canary[10:60] not in written

"""No answer, log line, metric, exception, queue or table ever holds a secret or a token; no answer
and no log line holds a channel URI."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from push.notifications.outcomes import decode_outcomes
from tests.integration.backend import PACKAGE_SID
from tests.integration.builders import (
    APP_PATH,
    SETTINGS,
    intercept_aws_calls,
    open_channel,
    put_app,
    request,
)
from tests.integration.builders import CREDENTIALS as GOOD_FORM
from tools import template_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

GOOD = "CANARY-right-secret"
BAD = "CANARY-wrong+secret/&"
CREDENTIALS = GOOD_FORM | {"client_secret": GOOD}
CREDENTIALS_PATH = f"{APP_PATH}/credentials"


class Watch:
    """Everything that left the handlers, as one text."""

    def __init__(self, game: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[str] = []
        self.tokens: set[str] = set()
        self.uris: set[str] = set()
        self._game = game
        invoke = game.invoke

        def watched(*arguments: Any, **more: Any) -> Any:
            answer = invoke(*arguments, **more)
            self.answers.append(json.dumps(answer, default=str))
            self.note_tokens()
            return answer

        monkeypatch.setattr(game, "invoke", watched)

    def note_tokens(self) -> None:
        for each in self._game.secrets.list_secrets()["SecretList"]:
            if each["Name"].endswith("/access-token"):
                text = self._game.secrets.get_secret_value(SecretId=each["Name"])["SecretString"]
                self.tokens.add(json.loads(text)["value"])

    def tables(self) -> str:
        names = template_yaml.resources_of_type("AWS::DynamoDB::Table")
        items = [item for name in names for item in self._game.items(name)]
        return json.dumps([items, *map(decode_outcomes, items)], default=repr)

    def queues(self) -> str:
        names = [*template_yaml.resources_of_type("AWS::SQS::Queue"), "own-events"]
        return json.dumps([self._game.messages(name) for name in names], default=str)


@pytest.fixture
def watch(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(backend, monkeypatch)


def put_credentials(game: Backend, body: Any) -> int:
    return game.call_as_operator("PUT", CREDENTIALS_PATH, body)[0]


def send(game: Backend) -> None:
    game.send_request(request("player-1"))
    game.work()
    for event in game.messages("own-events"):
        game.invoke("token_refresher", json.loads(event["Body"]))


def live_a_day(game: Backend, watch: Watch) -> None:
    """What happens to an app whose operator, players and WNS make every mistake there is."""
    game.wns.put_app(package_sid=PACKAGE_SID, client_secret=GOOD)
    put_app(game)
    assert put_credentials(game, CREDENTIALS) == 204
    for wrong in (
        CREDENTIALS | {"client_secret": BAD},
        CREDENTIALS | {"client_secret": [BAD]},
        CREDENTIALS | {"client_secret": BAD * 100},
        CREDENTIALS | {"package_sid": BAD},
        CREDENTIALS | {BAD[:5]: BAD},
        CREDENTIALS | {"identity": "entra"},
        {"identity": BAD, "client_secret": GOOD},
        [GOOD],
        json.dumps(CREDENTIALS)[:-1],
    ):
        assert 400 <= put_credentials(game, wrong) < 500
    assert game.call_as_operator("PUT", "/apps/other", SETTINGS | CREDENTIALS)[0] == 422
    game.wns.fail_next(1, endpoint="token", reset=True)
    assert put_credentials(game, CREDENTIALS) == 503
    send(game)
    assert game.refresh() == {"my-game": "fresh"}
    watch.uris.add(open_channel(game, "player-1", "pc"))
    watch.uris.add(open_channel(game, "player-1", "laptop"))
    game.call_as_player("player-1", "GET", "/apps/my-game/channels")
    body = {"channel_uri": f"{min(watch.uris)}#x"}
    assert game.call_as_player("player-1", "PUT", "/apps/my-game/channels/tv", body)[0] == 422
    send(game)
    for fault in ({"code": 401}, {"code": 403}, {"code": 410}, {"reset": True}, {"code": 400}):
        game.wns.fail_next(1, **fault)
        send(game)
        game.advance(700)
    game.put("DeliveryQueue", {"channel_uri": min(watch.uris)})
    game.wns.put_app(package_sid=PACKAGE_SID, client_secret="another")
    game.advance(13 * 3600)
    assert game.refresh() == {"my-game": "failed"}
    for path in ("", "/apps/my-game", "/apps"):
        game.call_as_operator("GET", path)


def break_secrets_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it answer with an error that repeats what it was sent."""

    def fail(
        call: Callable[[], Any], client: Any, operation: str, arguments: dict[str, Any]
    ) -> Any:
        if operation != "PutSecretValue":
            return call()
        said = {"Error": {"Code": "ValidationException", "Message": f"cannot take {arguments}"}}
        raise client.exceptions.from_code("ValidationException")(said, operation)

    intercept_aws_calls(monkeypatch, fail)


def test_canaries_are_found_nowhere(
    backend: Backend,
    watch: Watch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    live_a_day(backend, watch)
    captured = capfd.readouterr()
    exceptions = "".join(
        "".join(traceback.format_exception(*record.exc_info))
        for record in caplog.records
        if record.exc_info and record.exc_info[0]
    )
    logs = captured.out + captured.err + caplog.text + exceptions
    answers, queues, tables = "".join(watch.answers), watch.queues(), watch.tables()
    assert len(watch.tokens) >= 2
    assert len(watch.uris) == 2
    for place in (logs, answers, queues, tables):
        assert len(place) > 200  # there is something to search
        assert "CANARY" not in place
        for token in watch.tokens:
            assert token not in place
            assert token[10:60] not in place
    for uri in watch.uris:
        secret_part = uri.partition("?")[2]
        assert secret_part not in logs
        assert secret_part not in answers


def test_error_that_repeats_a_secret_is_not_exposed(
    backend: Backend,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    backend.wns.put_app(package_sid=PACKAGE_SID, client_secret=GOOD)
    put_app(backend)
    break_secrets_manager(monkeypatch)
    assert put_credentials(backend, CREDENTIALS) == 503
    captured = capfd.readouterr()
    assert "CANARY" not in captured.out + captured.err + caplog.text + "".join(watch.answers)

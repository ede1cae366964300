"""A stopped app resumes at once: when an operator puts it again, or resumes it."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.builders import (
    APP_PATH,
    SETTINGS,
    game_fixture,
    intercept_aws_calls,
    put_app,
    request,
    requests_to_wns,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

game = game_fixture(devices={f"pc-{n}": f"player-{n}" for n in range(3)})

STOP: dict[str, Any] = {"code": 410, "reason": "Domain Blocked"}


def send(game: Backend, player: str) -> None:
    game.send_request(request(player))
    game.work()


def resume(game: Backend) -> None:
    status, app = game.call_as_operator("POST", f"{APP_PATH}/resume")
    assert (status, app["stopped"]) == (200, None)


@pytest.mark.parametrize("start_again", [put_app, resume])
def test_stopped_app_sends_at_once_when_it_is_started_again(
    game: Backend, start_again: Callable[[Backend], None]
) -> None:
    game.wns.fail_next(1, **STOP)
    send(game, "player-0")
    send(game, "player-1")
    assert requests_to_wns(game) == 1
    start_again(game)
    send(game, "player-2")
    assert len(texts(game, "pc-2")) == 1
    game.advance(901)  # what was put back meanwhile
    game.work()
    assert len(texts(game, "pc-1")) == 1


@pytest.mark.parametrize("failing", range(3))
def test_app_whose_put_failed_half_way_resumes_at_once_with_the_next(
    game: Backend, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    game.wns.fail_next(1, **STOP)
    send(game, "player-0")

    def fail(call: Callable[[], Any], client: Any, operation: str, _: Any) -> Any:
        if next(calls) != failing:
            return call()
        said = {"Error": {"Code": "InternalServerError", "Message": ""}}
        raise client.exceptions.from_code("InternalServerError")(said, operation)

    calls = count()
    with monkeypatch.context() as broken:
        intercept_aws_calls(broken, fail)
        assert game.call_as_operator("PUT", APP_PATH, SETTINGS)[0] == 503
    put_app(game)
    send(game, "player-2")
    assert len(texts(game, "pc-2")) == 1


def test_pause_that_wns_asked_for_outlives_a_put_but_not_a_resume(game: Backend) -> None:
    game.wns.fail_next(1, code=406, retry_after=3600)
    send(game, "player-0")
    put_app(game)
    send(game, "player-1")
    assert requests_to_wns(game) == 1
    resume(game)
    send(game, "player-2")
    assert len(texts(game, "pc-2")) == 1


def test_app_that_does_not_exist_is_not_resumed(game: Backend) -> None:
    assert game.call_as_operator("POST", "/apps/no-game/resume")[0] == 404
    assert [item["pk"] for item in game.items("AppsTable")] == ["my-game"]
    assert game.items("RatesTable") == []


def test_app_that_runs_is_resumed_without_effect(game: Backend) -> None:
    resume(game)
    before = game.call_as_operator("GET", APP_PATH)
    resume(game)
    assert game.call_as_operator("GET", APP_PATH) == before

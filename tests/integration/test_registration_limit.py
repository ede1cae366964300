"""A player who registers without pause is refused for a while, alone, and is told when to retry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from push.channels.registration_limit import REGISTRATIONS_PER_MINUTE
from tests.integration.backend import AUDIENCE, http_event
from tests.integration.builders import APP_PATH, game_fixture, intercept_aws_calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

game = game_fixture(ready=False)


def register(game: Backend, player: str = "player-1", device: str = "pc") -> dict[str, Any]:
    body = {"channel_uri": f"https://cloud.notify.windows.com/?token={player}-{device}"}
    event = http_event(
        "PUT",
        f"{APP_PATH}/channels/{device}",
        json.dumps(body),
        headers={"content-type": "application/json"},
        claims={"sub": player, "aud": AUDIENCE},
    )
    answer: dict[str, Any] = game.invoke("channels_api", event)
    return answer


def start_of_a_minute(game: Backend) -> None:
    game.advance(60 - game.clock.time() % 60 + 0.5)


def use_up(game: Backend, device: str = "pc") -> None:
    start_of_a_minute(game)
    for number in range(REGISTRATIONS_PER_MINUTE):
        each = device.format(number)
        assert register(game, device=each)["statusCode"] in {200, 201}


@pytest.mark.parametrize("device", ["pc", "pc-{0}"])
def test_burst_of_one_player_is_refused_until_the_time_that_it_is_told(
    game: Backend, device: str
) -> None:
    use_up(game, device)
    refused = register(game)
    assert refused["statusCode"] == 429
    assert json.loads(refused["body"])["error"]["code"] == "too_many_requests"
    wait_s = int(refused["headers"]["Retry-After"])
    assert 0 < wait_s <= 60
    assert register(game, "player-2")["statusCode"] == 201
    game.advance(wait_s)
    assert register(game)["statusCode"] in {200, 201}


def test_removing_the_channel_in_between_does_not_help(game: Backend) -> None:
    start_of_a_minute(game)
    statuses = []
    for _ in range(REGISTRATIONS_PER_MINUTE + 1):
        statuses.append(register(game)["statusCode"])
        game.call_as_player("player-1", "DELETE", f"{APP_PATH}/channels/pc")
    assert statuses == [201] * REGISTRATIONS_PER_MINUTE + [429]


def test_limit_holds_in_every_worker(game: Backend) -> None:
    use_up(game, "pc-{0}")
    game._modules.clear()
    assert register(game)["statusCode"] == 429


def test_removals_of_new_channels_count_in_every_worker(game: Backend) -> None:
    start_of_a_minute(game)
    registered, removed = [], []
    for _ in range(REGISTRATIONS_PER_MINUTE):
        game._modules.clear()
        registered.append(register(game)["statusCode"])
        game._modules.clear()
        path = f"{APP_PATH}/channels/pc"
        removed.append(game.call_as_player("player-1", "DELETE", path)[0])
    assert registered == [201] * REGISTRATIONS_PER_MINUTE
    assert removed == [204] * (REGISTRATIONS_PER_MINUTE - 1) + [429]
    assert register(game, device="another")["statusCode"] == 429


def test_two_players_who_take_one_channel_in_turn_are_refused(game: Backend) -> None:
    start_of_a_minute(game)
    body = {"channel_uri": "https://cloud.notify.windows.com/?token=shared"}
    statuses = []
    for number in range(2 * REGISTRATIONS_PER_MINUTE + 2):
        game._modules.clear()
        path = f"{APP_PATH}/channels/pc"
        statuses.append(game.call_as_player(f"player-{number % 2}", "PUT", path, body)[0])
    assert 429 in statuses
    assert statuses.index(429) >= 2 * REGISTRATIONS_PER_MINUTE - 1


def test_repeated_registration_writes_nothing(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = register(game)
    calls: list[str] = []

    def note(call: Callable[[], Any], _: Any, operation: str, __: Any) -> Any:
        calls.append(operation)
        return call()

    intercept_aws_calls(monkeypatch, note)
    game.advance(30)
    again = register(game)
    assert (first["statusCode"], again["statusCode"]) == (201, 200)
    assert first["body"] == again["body"]
    assert set(calls) <= {"GetItem", "Query"}


def test_refused_player_costs_no_call_of_aws(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_up(game)
    assert register(game)["statusCode"] == 429

    def fail(*_: object) -> None:
        raise AssertionError("AWS was called")

    intercept_aws_calls(monkeypatch, fail)
    assert register(game)["statusCode"] == 429


def test_daily_renewal_costs_no_write_beyond_its_own(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(game)
    written: list[str] = []

    def note(call: Callable[[], Any], _: Any, operation: str, __: Any) -> Any:
        written.append(operation)
        return call()

    intercept_aws_calls(monkeypatch, note)
    game.advance(24 * 3600)
    assert register(game)["statusCode"] == 200
    assert written == ["GetItem", "Query", "UpdateItem"]


def test_unavailable_table_says_when_to_retry(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any, client: Any, operation: str, __: Any) -> None:
        said = {"Error": {"Code": "InternalServerError", "Message": ""}}
        raise client.exceptions.from_code("InternalServerError")(said, operation)

    intercept_aws_calls(monkeypatch, fail)
    answer = register(game)
    assert answer["statusCode"] == 503
    assert int(answer["headers"]["Retry-After"]) > 0

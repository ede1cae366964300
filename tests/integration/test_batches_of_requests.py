"""The requests of a batch are dispatched side by side, and each ends for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from push.dispatch import request_messages
from tests.integration.builders import (
    APP_PATH,
    game_fixture,
    intercept_aws_calls,
    put_template,
    records,
    request,
    templated,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws_limits.limits import AwsLimits
    from tests.integration.backend import Backend

PLAYERS = [f"player-{number}" for number in range(10)]
HELLO = {"default_locale": "en", "locales": {"en": {"toast": {"texts": ["Hello"]}}}}
game = game_fixture(devices={f"pc-{each}": each for each in PLAYERS})


def notified(game: Backend) -> list[str]:
    return [player for player in PLAYERS if texts(game, f"pc-{player}")]


def batch_of(game: Backend, *bodies: Any) -> list[dict[str, Any]]:
    for body in bodies:
        game.send_request(body)
    return game.messages("RequestQueue")


def test_what_fails_for_one_request_of_a_batch_fails_no_other(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = batch_of(
        game,
        request("player-0", request_id="r-0"),
        "not JSON",
        templated("player-1", template="NoSuch", request_id="r-1"),
        request("player-2", request_id="r-2") | {"app_id": "no-such-app"},
        request("player-3", request_id="r-3"),
        request("player-4", request_id="r-4"),
        request(audience={"topic": "news"}, request_id="r-5"),
    )

    def refuse_a_plan(
        call: Callable[[], Any], client: Any, operation: str, arguments: dict[str, Any]
    ) -> Any:
        if operation == "PutItem" and arguments["Item"].get("request_id") == "r-3":
            raise ConnectionError("DynamoDB does not answer")
        return call()

    with monkeypatch.context() as failing:
        intercept_aws_calls(failing, refuse_a_plan)
        response = game.handle("RequestQueue", messages)
    (retried,) = [m["MessageId"] for m in messages if '"r-3"' in m["Body"]]
    assert response == {"batchItemFailures": [{"itemIdentifier": retried}]}
    assert len(game.messages("RefusedDlq")) == 3
    game.work()
    assert notified(game) == ["player-0", "player-4"]
    game.handle("RequestQueue", [m for m in messages if m["MessageId"] == retried])
    game.work()
    assert notified(game) == ["player-0", "player-3", "player-4"]


def test_copies_of_a_request_in_one_batch_are_one_request(game: Backend) -> None:
    messages = batch_of(game, *[request(*PLAYERS, request_id="r")] * 4)
    assert game.handle("RequestQueue", messages) == {"batchItemFailures": []}
    game.work()
    assert len(records(game)) == 1
    assert [len(texts(game, f"pc-{player}")) for player in PLAYERS] == [1] * len(PLAYERS)


def test_other_request_with_the_same_id_in_one_batch_is_refused(game: Backend) -> None:
    messages = batch_of(
        game, request("player-0", request_id="r"), request("player-1", request_id="r")
    )
    assert game.handle("RequestQueue", messages) == {"batchItemFailures": []}
    game.work()
    assert len(notified(game)) == 1
    assert len(game.messages("RefusedDlq")) == 1


@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_batch_is_dispatched_whole_however_many_fit_side_by_side(
    game: Backend, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(request_messages, "PLAYERS_AT_ONCE", at_once)
    bodies = [request(player, request_id=f"r-{player}") for player in PLAYERS]
    assert game.handle("RequestQueue", batch_of(game, *bodies)) == {"batchItemFailures": []}
    game.work()
    assert notified(game) == PLAYERS


def test_requests_of_a_batch_share_a_read_and_a_call_of_sqs(
    game: Backend, limits: AwsLimits
) -> None:
    put_template(game, "Hello", HELLO)
    bodies = [templated(each, template="Hello", request_id=f"r-{each}") for each in PLAYERS]
    messages = batch_of(game, *bodies)
    with limits.counting() as units:
        game.handle("RequestQueue", messages)
    made = {call: count for call, count in units.calls.items() if count}
    assert made == {
        "dynamodb BatchGetItem": 1,
        "dynamodb Query": len(PLAYERS),
        "dynamodb PutItem": len(PLAYERS) + 1,  # the app's list, once for all
        "sqs SendMessageBatch": 1,
    }


def test_template_that_was_just_put_is_used_by_every_request_of_a_batch(game: Backend) -> None:
    for text in ("old", "new"):
        template = {"default_locale": "en", "locales": {"en": {"toast": {"texts": [text]}}}}
        game.call_as_operator("PUT", f"{APP_PATH}/templates/Hello", template)
        bodies = [templated(p, template="Hello", request_id=f"{text}-{p}") for p in PLAYERS[:3]]
        game.handle("RequestQueue", batch_of(game, *bodies))
        game.work()
    assert all(texts(game, f"pc-{player}")[-1] == ["new"] for player in PLAYERS[:3])

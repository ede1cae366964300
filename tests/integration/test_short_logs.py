"""Log lines and metrics of what went well: one for a batch, with nothing that is zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.builders import (
    APP,
    CHALLENGE,
    game_fixture,
    open_app,
    open_channel,
    post_request,
    records,
    request,
    summary,
    templated,
)
from tests.integration.logs import Log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.backend import Backend

PLAYERS = [f"player-{number}" for number in range(10)]
BYTES_BY_EVENT = 230
BYTES_BY_API = 830
"""The most that a direct notification may log at batches of ten, metrics included."""
game = game_fixture(
    templates={"Challenge": CHALLENGE},
    devices={f"pc-{each}": each for each in PLAYERS},
    send_rate=10_000,
)


@pytest.fixture
def log(game: Backend) -> Iterator[Log]:
    with Log.of(game, "notifications_api", "dispatcher", "notification_sender") as log:
        yield log


def challenge(player: str) -> dict[str, Any]:
    return templated(player, template="Challenge", parameters={"challenger": "Alex"})


@pytest.mark.parametrize(("way", "bound"), [("event", BYTES_BY_EVENT), ("API", BYTES_BY_API)])
def test_direct_notification_logs_few_bytes(
    game: Backend, log: Log, capfd: pytest.CaptureFixture[str], way: str, bound: int
) -> None:
    game.publish("Challenge", challenge("player-0"))
    game.work()  # what only a function's first invocation logs
    log.texts.clear()
    capfd.readouterr()
    for player in PLAYERS:
        if way == "API":
            assert post_request(game, challenge(player))[0] == 202
        else:
            game.publish("Challenge", challenge(player))
    game.work()
    metrics = [each for each in capfd.readouterr().out.splitlines() if each.startswith('{"_aws"')]
    assert len(metrics) >= 2
    assert sum(len(each) + 1 for each in [*log.texts, *metrics]) / len(PLAYERS) <= bound


def test_line_of_a_batch_names_every_notification_that_was_delivered(
    game: Backend, log: Log
) -> None:
    for player in PLAYERS:
        game.send_request(request(player, request_id=player))
    game.work()
    lines = {each["message"]: each for each in log.all()}
    assert lines.keys() == {"requests dispatched", "deliveries handled"}
    ids = {record["pk"] for record in records(game)}
    assert set(lines["requests dispatched"]["notification_ids"]) == ids
    handled = lines["deliveries handled"]
    assert set(handled["deliveries"]) == {f"{each}#0" for each in ids}
    assert (handled["app_id"], handled["lane"]) == (APP, "direct")
    assert handled["outcomes"] == {"delivered": len(PLAYERS)}


def test_delivery_of_a_batch_that_did_not_go_well_has_a_line_of_its_own(
    game: Backend, log: Log
) -> None:
    game.wns.fail_next(1, code=410)
    game.wns.fail_next(1, code=503)
    for player in PLAYERS:
        game.send_request(request(player, request_id=player))
    game.handle("RequestQueue")
    game.handle("DeliveryQueue")
    lines = log.all()
    alone = [each for each in lines if each["message"] == "delivery handled"]
    (together,) = [each for each in lines if each["message"] == "deliveries handled"]
    assert len(alone) == 2
    assert together["outcomes"] == {"delivered": len(PLAYERS) - 2}
    named = [*(f"{each['notification_id']}#{each['chunk']}" for each in alone)]
    assert sorted([*named, *together["deliveries"]]) == sorted(
        f"{record['pk']}#0" for record in records(game)
    )
    for each in alone:
        counts = summary(game, each["notification_id"])["counts"]
        assert counts == {
            name: number for name, number in each.get("outcomes", {}).items() if name != "delivered"
        }


def test_requests_share_a_line_with_those_of_their_app_that_ended_alike(
    game: Backend, log: Log
) -> None:
    open_app(game, "other-game")
    open_channel(game, "player-0", "tv", "other-game")
    bodies = {
        "r-0": request("player-0"),
        "r-1": request("player-1"),
        "other": request("player-0", app_id="other-game"),
        "nobody": request("nobody"),
        "nobody-2": request("nobody"),
    }
    for request_id, body in bodies.items():
        game.send_request(body | {"request_id": request_id})
    game.handle("RequestQueue")
    ids = {record["request_id"]: record["pk"] for record in records(game)}
    lines = {
        frozenset(each.get("notification_ids", [each.get("notification_id")])): each
        for each in log.all()
    }
    assert lines.keys() == {
        frozenset({ids["r-0"], ids["r-1"]}),
        frozenset({ids["other"]}),
        frozenset({ids["nobody"], ids["nobody-2"]}),
    }
    skipped = lines[frozenset({ids["nobody"], ids["nobody-2"]})]
    assert (skipped["app_id"], skipped["skipped"]) == (APP, {"no_channel": 1})


def test_place_in_the_code_is_logged_where_something_failed_and_nowhere_else(
    game: Backend, log: Log
) -> None:
    game.send_request(request("player-0"))
    game.send_request("not JSON")
    game.work()
    levels = {each["level"]: each for each in log.all()}
    assert levels.keys() == {"INFO", "WARNING"}
    of_faults = {"location", "function_name", "function_arn", "cold_start", "function_memory_size"}
    assert of_faults <= levels["WARNING"].keys()
    assert not of_faults & levels["INFO"].keys()
    assert all(each["function_request_id"] and each["service"] for each in levels.values())

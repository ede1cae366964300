"""Events of which there is a record already: the dispatcher reads none before it writes its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.alarms import emitted
from tests.integration.builders import (
    cancel,
    dead_letter_reason,
    game_fixture,
    post_request,
    records,
    request,
    summary,
    texts,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

game = game_fixture(devices={"pc": "player-1"})


def publish(game: Backend, *players: str, **fields: Any) -> None:
    game.publish("Any", request(*players, request_id="r", **fields))


def test_record_of_an_event_is_not_read_at_its_first_receipt(game: Backend) -> None:
    publish(game, "player-1")
    with game.limits.counting() as units:
        game.handle("RequestQueue")
    assert not units.of_table("NotificationsTable")[2]
    assert len(records(game)) == 1


def test_copy_of_an_event_is_one_notification_with_every_player_counted_once(
    game: Backend, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        publish(game, "player-1", "nobody")
        game.work()
    (record,) = records(game)
    view = summary(game, record["pk"])
    assert (view["state"], view["deliveries"], view["counts"]) == ("completed", 1, {"delivered": 1})
    assert len(texts(game, "pc")) == 1
    skipped = [
        values
        for (_, name, _), values in emitted(capfd.readouterr().out)
        if name == "PlayersWithoutChannel"
    ]
    assert skipped == [[1.0]]


@pytest.mark.parametrize("way", ["accepted", "cancelled"])
def test_event_with_the_id_of_a_request_of_the_api_is_that_request(game: Backend, way: str) -> None:
    _, answer = post_request(game, request("player-1", request_id="r"))
    if way == "cancelled":
        cancel(game, answer["notification_id"])
    publish(game, "player-1")
    game.work()
    view = summary(game, answer["notification_id"])
    assert view["state"] == ("completed" if way == "accepted" else "cancelled")
    assert view["accepted_via"] == "api"
    assert len(texts(game, "pc")) == (way == "accepted")


def test_event_with_the_id_of_another_request_is_refused(game: Backend) -> None:
    publish(game, "player-1")
    game.work()
    (before,) = records(game)
    publish(game, "player-1", notification={"toast": {"texts": ["Other"]}})
    game.work()
    (refused,) = game.messages("RefusedDlq")
    assert "other content" in dead_letter_reason(refused)
    assert records(game) == [before]
    assert len(texts(game, "pc")) == 1

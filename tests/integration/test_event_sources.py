"""An app may say which services' events may send for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.integration.builders import (
    dead_letter_reason,
    game_fixture,
    post_request,
    put_app,
    request,
    texts,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

game = game_fixture(devices={"pc": "player-1"}, event_sources=["matchmaker", "shop"])


def test_event_of_a_listed_source_is_sent(game: Backend) -> None:
    game.publish("Whatever", request("player-1"), source="shop")
    game.work()
    assert len(texts(game, "pc")) == 1


def test_event_of_another_source_is_dead_lettered_with_the_reason(game: Backend) -> None:
    game.publish("Whatever", request("player-1"), source="intruder")
    game.work()
    assert texts(game, "pc") == []
    (dead,) = game.messages("RefusedDlq")
    assert "source" in dead_letter_reason(dead)


def test_event_of_another_source_leaves_a_request_with_its_id_as_it_is(game: Backend) -> None:
    body = request("player-1", request_id="r")
    post_request(game, body)
    accepted = game.messages("RequestQueue")
    game.publish("Whatever", body, source="intruder")
    game.work()
    assert texts(game, "pc") == []
    game.handle("RequestQueue", accepted)
    game.work()
    assert len(texts(game, "pc")) == 1


def test_requests_that_are_no_events_are_not_concerned(game: Backend) -> None:
    game.send_request(request("player-1"))
    assert post_request(game, request("player-1"))[0] == 202
    game.work()
    assert len(texts(game, "pc")) == 2


def test_event_for_later_is_sent_when_it_is_due(game: Backend) -> None:
    send_at = datetime.fromtimestamp(game.clock.time() + 600, UTC).isoformat()
    game.publish("Whatever", request("player-1", send_at=send_at), source="shop")
    game.work()
    game.advance(601)
    game.work()
    assert len(texts(game, "pc")) == 1


def test_app_without_a_list_takes_events_of_any_source(game: Backend) -> None:
    put_app(game)
    game.publish("Whatever", request("player-1"), source="anything")
    game.work()
    assert len(texts(game, "pc")) == 1


def test_request_cannot_name_its_source_itself(game: Backend) -> None:
    game.publish("Whatever", request("player-1", source="shop"), source="intruder")
    game.send_request(request("player-1", source="shop"))
    game.work()
    assert len(game.messages("RefusedDlq")) == 2

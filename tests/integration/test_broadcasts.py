"""Requests for a topic or for everyone: paged through, each device once, stoppable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from push.channels import keys
from push.dispatch import broadcast, page_chunks
from push.dispatch.broadcast_queue import read_message
from tests.integration.builders import (
    cancel,
    dead_letter_reason,
    game_fixture,
    open_channel,
    post_request,
    put_app,
    summary,
    templated,
    texts,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

TOURNAMENT = {
    "default_locale": "en",
    "locales": {
        "en": {"toast": {"texts": ["${name} starts"]}},
        "de": {"toast": {"texts": ["${name} beginnt"]}},
    },
}
few_shards = pytest.mark.usefixtures("few_shards")
game = game_fixture(templates={"TournamentStarts": TOURNAMENT})


def everyone(**more: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {"audience": {"everyone": True}, "parameters": {"name": "Spring Cup"}}
    return templated(template="TournamentStarts", **whole | more)


def topic(name: str, **more: Any) -> dict[str, Any]:
    return everyone(audience={"topic": name}, **more)


def test_everyone_is_notified_once_in_their_language(game: Backend) -> None:
    for number in range(30):
        open_channel(game, f"player-{number}", f"pc-{number}", locale="de" if number % 3 else "en")
    status, answer = post_request(game, everyone())
    assert status == 202
    game.work()
    for number in range(30):
        notified = "Spring Cup beginnt" if number % 3 else "Spring Cup starts"
        assert texts(game, f"pc-{number}") == [[notified]]
    found = summary(game, answer["notification_id"])
    assert found["state"] == "completed"
    assert found["shards"] == found["shards_done"] == 64
    assert found["deliveries"] == found["finished"]
    assert found["counts"] == {"delivered": 30}
    assert found["recipients"] == 30


@few_shards
def test_topic_reaches_its_subscribers_and_nobody_else(game: Backend) -> None:
    open_channel(game, "player-1", "pc-1", topics=["clan-42"])
    open_channel(game, "player-2", "pc-2", topics=["clan-42", "news"])
    open_channel(game, "player-3", "pc-3", topics=["news"])
    open_channel(game, "player-4", "pc-4", topics=["clan-42"])
    open_channel(game, "player-4", "pc-4")  # renewed without the topic
    game.publish("TournamentStarts", topic("clan-42"))
    game.work()
    assert [bool(texts(game, f"pc-{n}")) for n in (1, 2, 3, 4)] == [True, True, False, False]


@few_shards
def test_broadcast_without_audience_completes(game: Backend) -> None:
    _, answer = post_request(game, topic("nobody-listens"))
    game.work()
    found = summary(game, answer["notification_id"])
    assert (found["state"], found["counts"]) == ("completed", {})


@few_shards
def test_another_apps_players_are_not_notified(game: Backend) -> None:
    put_app(game, "other-game")
    open_channel(game, "player-1", "pc-1", "other-game")
    post_request(game, everyone())
    game.work()
    assert texts(game, "pc-1") == []


@few_shards
def test_every_message_of_a_broadcast_may_be_delivered_twice(game: Backend) -> None:
    for number in range(20):
        open_channel(game, f"player-{number}", f"pc-{number}")
    game.send_request(everyone(request_id="cup"))
    for queue in ("RequestQueue", "BroadcastQueue", "BulkDeliveryQueue"):
        messages = game.messages(queue)
        assert messages
        for message in [*messages, *reversed(messages)]:
            assert game.handle(queue, [message]) == {"batchItemFailures": []}
    game.work()
    assert [len(texts(game, f"pc-{n}")) for n in range(20)] == [1] * 20


@few_shards
def test_redelivered_page_makes_the_same_deliveries(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Players leave and come between the first and the second work on a page of several chunks."""
    dispatcher = game.handler("dispatcher")
    monkeypatch.setattr(broadcast, "CHANNELS_PER_PAGE", 10)
    monkeypatch.setattr(page_chunks, "NOTIFICATIONS_PER_CHUNK", 3)
    same_shard = [f"p{n}" for n in range(200) if keys.shard_of(f"p{n}", keys.SHARDS) == 1][:26]
    first, late = same_shard[:24], same_shard[24:]
    for player in first:
        open_channel(game, player, f"pc-{player}")
    game.send_request(everyone(request_id="cup"))
    game.handle("RequestQueue")
    pages = [m for m in game.messages("BroadcastQueue") if read_message(m["Body"]).shard == 1]

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("the worker dies before the next page is queued")

    with monkeypatch.context() as dying:
        dying.setattr(type(dispatcher.broadcaster.page_queue), "put", refuse)
        assert game.handle("BroadcastQueue", pages)["batchItemFailures"]
    leaver = sorted(first)[1]
    game.call_as_player(leaver, "DELETE", f"/apps/my-game/channels/pc-{leaver}")
    for player in late:
        open_channel(game, player, f"pc-{player}")
    assert game.handle("BroadcastQueue", pages) == {"batchItemFailures": []}
    game.work()
    notified = {player: len(texts(game, f"pc-{player}")) for player in first}
    assert {player: n for player, n in notified.items() if n != 1 and player != leaver} == {}
    assert all(len(texts(game, f"pc-{player}")) <= 1 for player in late)


@few_shards
def test_cancelled_broadcast_stops_and_reports_how_much_was_sent(game: Backend) -> None:
    for number in range(20):
        open_channel(game, f"player-{number}", f"pc-{number}")
    _, answer = post_request(game, everyone())
    notification_id = answer["notification_id"]
    game.handle("RequestQueue")
    pages = game.messages("BroadcastQueue")
    game.handle("BroadcastQueue", pages[:2])
    deliveries = game.messages("BulkDeliveryQueue")
    half = len(deliveries) // 2
    game.handle("BulkDeliveryQueue", deliveries[:half])
    stopped = cancel(game, notification_id)
    assert stopped["state"] == "cancelled"
    gone = stopped["counts"]["delivered"]
    assert 0 < gone < 20
    game.handle("BulkDeliveryQueue", deliveries[half:])
    game.handle("BroadcastQueue", pages[2:])
    game.work()
    assert sum(len(texts(game, f"pc-{n}")) for n in range(20)) == gone
    counts = summary(game, notification_id)["counts"]
    assert counts["delivered"] == gone
    assert counts.get("cancelled", 0) >= 1


@few_shards
def test_direct_notifications_do_not_wait_behind_a_broadcast(game: Backend) -> None:
    open_channel(game, "player-1", "pc-1")
    game.send_request(everyone())
    game.handle("RequestQueue")
    game.send_request(everyone(audience={"players": ["player-1"]}))
    game.handle("RequestQueue")
    (direct,) = game.messages("DeliveryQueue")
    game.handle("DeliveryQueue", [direct])
    assert len(texts(game, "pc-1")) == 1


@few_shards
def test_repeated_broadcast_within_half_an_hour_is_refused_unless_allowed(game: Backend) -> None:
    open_channel(game, "player-1", "pc-1")
    assert post_request(game, everyone(request_id="first"))[0] == 202
    game.work()
    status, answer = post_request(game, everyone(request_id="second"))
    assert (status, answer["error"]["code"]) == (409, "conflict")
    game.send_request(everyone(request_id="third"))
    game.work()
    (dead,) = game.messages("RefusedDlq")
    assert "30 minutes" in dead_letter_reason(dead)
    assert post_request(game, everyone(request_id="first"))[0] == 202
    assert post_request(game, everyone(request_id="fourth", allow_repeat=True))[0] == 202
    game.work()
    assert len(texts(game, "pc-1")) == 2
    game.advance(1801)
    assert post_request(game, everyone(request_id="fifth"))[0] == 202


@few_shards
def test_players_in_game_are_skipped_on_request(game: Backend) -> None:
    for player in ("player-1", "player-2"):
        open_channel(game, player, f"pc-{player}")
    path = "/apps/my-game/channels/pc-player-1/presence"
    assert game.call_as_player("player-1", "PUT", path, {"in_game": True})[0] == 204
    options = {"skip_players_in_game": True}
    players = {"players": ["player-1", "player-2"]}
    game.send_request(everyone(audience=players, options=options))
    game.send_request(everyone(options=options))
    game.work()
    assert texts(game, "pc-player-1") == []
    assert len(texts(game, "pc-player-2")) == 2
    game.advance(301)
    game.send_request(everyone(audience=players, options=options))
    game.work()
    assert len(texts(game, "pc-player-1")) == 1


@pytest.mark.parametrize("body", ["{", "{}", '{"shard": 3}'])
def test_malformed_page_is_dead_lettered_with_its_reason(game: Backend, body: str) -> None:
    game.put("BroadcastQueue", body)
    game.work()
    (dead,) = game.messages("RefusedDlq")
    assert dead["Body"] == body
    assert "neither a page" in dead_letter_reason(dead)

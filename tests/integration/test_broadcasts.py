"""Requests for a topic or for everyone: paged through, each device once, stoppable."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.backend import sqs_event

if TYPE_CHECKING:
    from tests.integration.backend import Backend

TOURNAMENT = {
    "default_locale": "en",
    "locales": {
        "en": {"toast": {"texts": ["${name} starts"]}},
        "de": {"toast": {"texts": ["${name} beginnt"]}},
    },
}


@pytest.fixture
def game(backend: Backend) -> Backend:
    backend.open_app()
    path = "/apps/my-game/templates/TournamentStarts"
    assert backend.call_as_operator("PUT", path, TOURNAMENT)[0] == 201
    return backend


def everyone(**more: Any) -> dict[str, Any]:
    return {
        "app_id": "my-game",
        "audience": {"everyone": True},
        "template": "TournamentStarts",
        "parameters": {"name": "Spring Cup"},
    } | more


def topic(name: str, **more: Any) -> dict[str, Any]:
    return everyone(audience={"topic": name}, **more)


def texts(game: Backend, device: str) -> list[list[str]]:
    return [toast["texts"] for toast in game.wns.device(device).toasts]


def ask(game: Backend, request: dict[str, Any]) -> tuple[int, Any]:
    body = {key: value for key, value in request.items() if key != "app_id"}
    return game.call_as_operator("POST", "/apps/my-game/notifications", body)


def view(game: Backend, notification_id: str) -> dict[str, Any]:
    path = f"/apps/my-game/notifications/{notification_id}"
    status, answer = game.call_as_operator("GET", path)
    assert status == 200
    return dict(answer)


def test_everyone_is_told_once_in_their_language(game: Backend) -> None:
    for number in range(30):
        game.open_channel(f"player-{number}", f"pc-{number}", locale="de" if number % 3 else "en")
    status, answer = ask(game, everyone())
    assert status == 202
    game.work()
    for number in range(30):
        told = "Spring Cup beginnt" if number % 3 else "Spring Cup starts"
        assert texts(game, f"pc-{number}") == [[told]]
    summary = view(game, answer["notification_id"])
    assert summary["state"] == "completed"
    assert summary["shards"] == summary["shards_done"] == 64
    assert summary["deliveries"] == summary["finished"]
    assert summary["counts"] == {"delivered": 30}
    assert summary["recipients"] == 30


def test_topic_reaches_its_subscribers_and_nobody_else(game: Backend) -> None:
    game.open_channel("player-1", "pc-1", topics=["clan-42"])
    game.open_channel("player-2", "pc-2", topics=["clan-42", "news"])
    game.open_channel("player-3", "pc-3", topics=["news"])
    game.open_channel("player-4", "pc-4", topics=["clan-42"])
    game.open_channel("player-4", "pc-4")  # renewed without the topic
    game.publish("TournamentStarts", topic("clan-42"))
    game.work()
    assert [bool(texts(game, f"pc-{n}")) for n in (1, 2, 3, 4)] == [True, True, False, False]


def test_broadcast_without_audience_completes(game: Backend) -> None:
    _, answer = ask(game, topic("nobody-listens"))
    game.work()
    summary = view(game, answer["notification_id"])
    assert (summary["state"], summary["counts"]) == ("completed", {})


def test_another_apps_players_are_not_told(game: Backend) -> None:
    settings = {"name": "Other", "token_audiences": ["windows-game"]}
    game.call_as_operator("PUT", "/apps/other-game", settings)
    game.open_channel("player-1", "pc-1", "other-game")
    ask(game, everyone())
    game.work()
    assert texts(game, "pc-1") == []


def test_every_message_of_a_broadcast_may_come_twice(game: Backend) -> None:
    for number in range(20):
        game.open_channel(f"player-{number}", f"pc-{number}")
    game.send_request(everyone(request_id="cup"))
    for queue, function in (
        ("RequestQueue", "dispatcher"),
        ("BroadcastQueue", "dispatcher"),
        ("BulkDeliveryQueue", "notification_sender"),
    ):
        messages = game.messages(queue)
        assert messages
        for message in [*messages, *reversed(messages)]:
            failures = game.invoke(function, sqs_event([message], queue))
            assert failures == {"batchItemFailures": []}
    game.work()
    assert [len(texts(game, f"pc-{n}")) for n in range(20)] == [1] * 20


def test_page_that_comes_again_makes_the_same_deliveries(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Players leave and come between the first and the second work on a page of several chunks."""
    dispatcher = game.handler("dispatcher")
    broadcasting = __import__("push.dispatch.broadcast", fromlist=["broadcasting"])
    monkeypatch.setattr(broadcasting, "CHANNELS_PER_PAGE", 10)
    monkeypatch.setattr(broadcasting, "NOTIFICATIONS_PER_CHUNK", 3)
    keys = __import__("push.channels.keys", fromlist=["keys"])
    same_shard = [f"p{n}" for n in range(2000) if keys.shard_of(f"p{n}", 64) == 7][:26]
    first, late = same_shard[:24], same_shard[24:]
    for player in first:
        game.open_channel(player, f"pc-{player}")
    game.send_request(everyone(request_id="cup"))
    game.invoke("dispatcher", sqs_event(game.messages("RequestQueue"), "RequestQueue"))
    pages = [m for m in game.messages("BroadcastQueue") if json.loads(m["Body"])["shard"] == 7]
    event = sqs_event(pages, "BroadcastQueue")

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("the worker dies before the next page is queued")

    with monkeypatch.context() as dying:
        dying.setattr(type(dispatcher.broadcaster.page_queue), "put", refuse)
        assert game.invoke("dispatcher", event)["batchItemFailures"]
    leaver = sorted(first)[1]
    game.call_as_player(leaver, "DELETE", f"/apps/my-game/channels/pc-{leaver}")
    for player in late:
        game.open_channel(player, f"pc-{player}")
    assert game.invoke("dispatcher", event) == {"batchItemFailures": []}
    game.work()
    told = {player: len(texts(game, f"pc-{player}")) for player in first}
    assert {player: n for player, n in told.items() if n != 1 and player != leaver} == {}
    assert all(len(texts(game, f"pc-{player}")) <= 1 for player in late)


def test_cancelled_broadcast_stops_and_says_how_much_had_gone(game: Backend) -> None:
    for number in range(20):
        game.open_channel(f"player-{number}", f"pc-{number}")
    _, answer = ask(game, everyone())
    notification_id = answer["notification_id"]
    game.invoke("dispatcher", sqs_event(game.messages("RequestQueue"), "RequestQueue"))
    pages = game.messages("BroadcastQueue")
    game.invoke("dispatcher", sqs_event(pages[:32], "BroadcastQueue"))
    deliveries = game.messages("BulkDeliveryQueue")
    half = len(deliveries) // 2
    game.invoke("notification_sender", sqs_event(deliveries[:half], "BulkDeliveryQueue"))
    path = f"/apps/my-game/notifications/{notification_id}"
    status, stopped = game.call_as_operator("DELETE", path)
    assert status == 200
    assert stopped["state"] == "cancelled"
    gone = stopped["counts"]["delivered"]
    assert 0 < gone < 20
    game.invoke("notification_sender", sqs_event(deliveries[half:], "BulkDeliveryQueue"))
    game.invoke("dispatcher", sqs_event(pages[32:], "BroadcastQueue"))
    game.work()
    assert sum(len(texts(game, f"pc-{n}")) for n in range(20)) == gone
    counts = view(game, notification_id)["counts"]
    assert counts["delivered"] == gone
    assert counts.get("cancelled", 0) >= 1


def test_direct_notifications_do_not_wait_behind_a_broadcast(game: Backend) -> None:
    game.open_channel("player-1", "pc-1")
    game.send_request(everyone())
    game.invoke("dispatcher", sqs_event(game.messages("RequestQueue"), "RequestQueue"))
    game.send_request(everyone(audience={"players": ["player-1"]}))
    game.invoke("dispatcher", sqs_event(game.messages("RequestQueue"), "RequestQueue"))
    (direct,) = game.messages("DeliveryQueue")
    game.invoke("notification_sender", sqs_event([direct], "DeliveryQueue"))
    assert len(texts(game, "pc-1")) == 1


def test_same_to_everyone_within_half_an_hour_is_refused_unless_meant(game: Backend) -> None:
    game.open_channel("player-1", "pc-1")
    assert ask(game, everyone(request_id="first"))[0] == 202
    game.work()
    status, answer = ask(game, everyone(request_id="second"))
    assert (status, answer["error"]["code"]) == (409, "conflict")
    game.send_request(everyone(request_id="third"))
    game.work()
    (dead,) = game.messages("RequestDlq")
    assert "30 minutes" in dead["MessageAttributes"]["reason"]["StringValue"]
    assert ask(game, everyone(request_id="first"))[0] == 202
    assert ask(game, everyone(request_id="fourth", allow_repeat=True))[0] == 202
    game.work()
    assert len(texts(game, "pc-1")) == 2
    game.advance(1801)
    assert ask(game, everyone(request_id="fifth"))[0] == 202


def test_players_in_the_game_are_left_alone_if_asked(game: Backend) -> None:
    for player in ("player-1", "player-2"):
        game.open_channel(player, f"pc-{player}")
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
def test_bad_page_is_set_aside_with_its_reason(game: Backend, body: str) -> None:
    game.send_page(body)
    game.work()
    (dead,) = game.messages("BroadcastDlq")
    assert dead["Body"] == body
    assert "not a page" in dead["MessageAttributes"]["reason"]["StringValue"]

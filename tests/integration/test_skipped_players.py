"""Players who are sent nothing are counted and named; presence on any device counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from push.channels import keys
from push.dispatch import broadcast
from push.dispatch.broadcast_queue import read_message
from tests.integration.builders import (
    APP_PATH,
    game_fixture,
    open_channel,
    post_request,
    records,
    request,
    summary,
    texts,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

SKIP: dict[str, Any] = {"options": {"skip_players_in_game": True}}
game = game_fixture()
pytestmark = pytest.mark.usefixtures("few_shards")


def play(game: Backend, player: str, device: str) -> None:
    path = f"{APP_PATH}/channels/{device}/presence"
    assert game.call_as_player(player, "PUT", path, {"in_game": True})[0] == 204


def post(game: Backend, audience: dict[str, Any]) -> str:
    status, answer = post_request(game, request(audience=audience, **SKIP))
    assert status == 202
    game.work()
    return str(answer["notification_id"])


def test_skipped_players_are_named_on_the_first_page_only(game: Backend) -> None:
    open_channel(game, "player-1", "pc-1")
    open_channel(game, "player-2", "pc-2")
    play(game, "player-2", "pc-2")
    notification_id = post(game, {"players": ["player-1", "nobody", "player-2", "player-1"]})
    view = summary(game, notification_id)
    skipped = {"no_channel": 1, "in_game": 1}
    assert view["players"] == {"requested": 3, "reached": 1, "skipped": skipped}
    assert view["skipped"] == [
        {"player_id": "nobody", "reason": "no_channel"},
        {"player_id": "player-2", "reason": "in_game"},
    ]


def test_player_without_skips_has_an_empty_list(game: Backend) -> None:
    open_channel(game, "player-1", "pc-1")
    view = summary(game, post(game, {"players": ["player-1"]}))
    assert view["players"] == {"requested": 1, "reached": 1, "skipped": {}}
    assert view["skipped"] == []


@pytest.mark.parametrize("audience", [{"topic": "clan"}, {"everyone": True}])
def test_broadcast_counts_players_not_devices(game: Backend, audience: dict[str, Any]) -> None:
    for number in range(6):
        for device in ("a", "b"):
            open_channel(game, f"player-{number}", f"{device}-{number}", topics=["clan"])
    play(game, "player-3", "b-3")
    view = summary(game, post(game, audience))
    assert view["players"] == {"requested": 6, "reached": 5, "skipped": {"in_game": 1}}
    assert view["recipients"] == 10
    assert view["counts"] == {"delivered": 10}
    assert view["skipped"] == []


def test_player_in_the_game_on_a_device_without_the_topic_is_skipped(game: Backend) -> None:
    open_channel(game, "player-1", "pc", topics=["clan"])
    open_channel(game, "player-1", "xbox")
    open_channel(game, "player-2", "pc-2", topics=["clan"])
    play(game, "player-1", "xbox")
    view = summary(game, post(game, {"topic": "clan"}))
    assert texts(game, "pc") == []
    assert len(texts(game, "pc-2")) == 1
    assert view["players"] == {"requested": 2, "reached": 1, "skipped": {"in_game": 1}}


def of_one_shard(shards: int, count: int) -> list[str]:
    """Return players of one shard, in the order of their keys."""
    players = (f"p{number:03}" for number in range(500))
    return [player for player in players if keys.shard_of(player, shards) == 1][:count]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("audience", [{"topic": "clan"}, {"everyone": True}])
def test_player_whose_devices_are_on_two_pages_is_one_player(
    game: Backend, monkeypatch: pytest.MonkeyPatch, size: int, audience: dict[str, Any]
) -> None:
    """Whatever the size of a page, down to less than a player's devices."""
    monkeypatch.setattr(broadcast, "CHANNELS_PER_PAGE", size)
    players = of_one_shard(keys.TOPIC_SHARDS if "topic" in audience else keys.SHARDS, 4)
    for player in players:
        for device in ("a", "b", "c"):
            open_channel(game, player, f"{device}-{player}", topics=["clan"])
    play(game, players[1], f"c-{players[1]}")
    play(game, players[3], f"a-{players[3]}")
    view = summary(game, post(game, audience))
    shown = {player: [len(texts(game, f"{d}-{player}")) for d in "abc"] for player in players}
    assert shown == {
        players[0]: [1, 1, 1],
        players[1]: [0, 0, 0],
        players[2]: [1, 1, 1],
        players[3]: [0, 0, 0],
    }
    assert view["state"] == "completed"
    assert view["players"] == {"requested": 4, "reached": 2, "skipped": {"in_game": 2}}


@pytest.mark.parametrize("size", [2, 3, 4])
def test_player_whose_id_begins_another_players_key_is_one_player(
    game: Backend, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """The keys of `steam#1` lie between those of `steam`: `steam#0`, `steam#1#pc`, `steam#z`."""
    monkeypatch.setattr(broadcast, "CHANNELS_PER_PAGE", size)
    monkeypatch.setattr("push.channels.writes.SHARDS", 1)
    monkeypatch.setattr(broadcast, "SHARDS", 1)
    open_channel(game, "steam", "0")
    open_channel(game, "steam", "z")
    open_channel(game, "steam#1", "pc-1")
    open_channel(game, "steam#2", "pc-2")
    play(game, "steam", "z")
    view = summary(game, post(game, {"everyone": True}))
    assert [len(texts(game, device)) for device in ("0", "z", "pc-1", "pc-2")] == [0, 0, 1, 1]
    assert view["players"] == {"requested": 3, "reached": 2, "skipped": {"in_game": 1}}


def test_redelivered_pages_count_no_player_twice(game: Backend) -> None:
    for number in range(12):
        open_channel(game, f"player-{number}", f"pc-{number}")
    game.send_request(request(audience={"everyone": True}, request_id="cup"))
    request_messages = game.messages("RequestQueue")
    game.handle("RequestQueue", request_messages)
    pages = game.messages("BroadcastQueue")
    for page in [*pages, *reversed(pages)]:
        game.handle("BroadcastQueue", [page])
    game.handle("RequestQueue", request_messages)
    game.work()
    (record,) = records(game)
    view = summary(game, record["pk"])
    assert view["players"] == {"requested": 12, "reached": 12, "skipped": {}}
    assert view["counts"] == {"delivered": 12}


def test_broadcast_whose_first_pages_were_not_queued_goes_on_when_it_is_received_again(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_channel(game, "player-1", "pc")
    _, answer = post_request(game, request(audience={"everyone": True}))
    messages = game.messages("RequestQueue")
    dispatcher = game.handler("dispatcher")

    def refuse(*_: object) -> None:
        raise ConnectionError("the worker dies before a page is queued")

    with monkeypatch.context() as dying:
        dying.setattr(type(dispatcher.broadcaster.page_queue), "put", refuse)
        assert game.handle("RequestQueue", messages)["batchItemFailures"]
    assert summary(game, answer["notification_id"])["state"] == "broadcasting"
    game.handle("RequestQueue", messages)
    pages = [read_message(message["Body"]).shard for message in game.messages("BroadcastQueue")]
    assert sorted(pages) == [0, 1, 2, 3]

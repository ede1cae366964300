"""Direct requests dispatched more than once: the same chunks, every player counted once."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from push.delivery.queue import DeliveryQueue
from push.errors import QueueUnavailableError
from tests.aws_limits.wire import client_of
from tests.faults.crowd import arrivals, make_crowd
from tests.integration.backend import sqs_event
from tests.integration.builders import (
    APP_PATH,
    cancel,
    open_channel,
    point_channel_at,
    post_request,
    records,
    request,
    summary,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.backend import Backend

SKIPS = {"options": {"skip_players_in_game": True}}
MAX_MESSAGE_BYTES = 262_144


class Killed(BaseException):
    """Raised in place of the end of the process."""


class Calls:
    """Counts the dispatcher's calls; the worker dies before the one numbered `fatal`."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.fatal: int | None = None

    def note(self, model: Any, **_: Any) -> None:
        if self.fatal is not None and len(self.made) == self.fatal:
            raise Killed
        self.made.append(model.name)


@pytest.fixture
def calls(game: Backend) -> Iterator[Calls]:
    dispatcher = game.handler("dispatcher")
    calls = Calls()
    clients = [client_of(dispatcher.impatient), dispatcher.sqs]
    for client in clients:
        client.meta.events.register("before-call", calls.note, unique_id="direct")
    yield calls
    for client in clients:
        client.meta.events.unregister("before-call", unique_id="direct")


def put_in_game(game: Backend, player: str, device: str) -> None:
    path = f"{APP_PATH}/channels/{device}/presence"
    assert game.call_as_player(player, "PUT", path, {"in_game": True})[0] == 204


def audience(game: Backend) -> list[str]:
    """Make players with devices, some in the game, and return them with some who have none."""
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 24, devices_per_player=2)
    put_in_game(game, "p3", "p7")
    return ["nobody-1", *crowd.players, "nobody-2"]


def deliveries(game: Backend) -> list[dict[str, Any]]:
    return [json.loads(message["Body"]) for message in game.messages("DeliveryQueue")]


def players_of(delivery: dict[str, Any]) -> set[str]:
    return {channel["player_id"] for channel in delivery["channels"]}


def dispatch(game: Backend, messages: list[dict[str, Any]]) -> None:
    game.invoke("dispatcher", sqs_event(messages, "RequestQueue"))


@pytest.mark.parametrize("way", ["queue", "api"])
def test_worker_that_dies_at_any_call_leaves_every_player_counted_once(
    game: Backend, found: Callable[[str], None], calls: Calls, way: str
) -> None:
    players = audience(game)
    body = request(*players, request_id="r", **SKIPS)
    if way == "api":
        assert post_request(game, body)[0] == 202
    else:
        game.send_request(body)
    messages = game.messages("RequestQueue")
    kills = 0
    calls.fatal = 0
    while True:
        calls.made.clear()
        try:
            dispatch(game, messages)
            break
        except Killed:
            kills += 1
            calls.fatal += 1
    calls.fatal = None
    assert game.handle("RequestQueue", messages * 2) == {"batchItemFailures": []}
    game.work()
    view = summary(game, records(game)[0]["pk"])
    notified = arrivals(game.wns)
    found(f"{kills} kills, {len(notified)} devices notified, players {view['players']}")
    assert kills >= 4
    assert set(notified.values()) == {1}
    assert len(notified) == 22
    assert view["state"] == "completed"
    assert view["deliveries"] == view["finished"] == 2
    assert view["recipients"] == 22
    assert view["players"] == {
        "requested": 14,
        "reached": 11,
        "skipped": {"no_channel": 2, "in_game": 1},
    }
    assert view["skipped"] == [
        {"player_id": "nobody-1", "reason": "no_channel"},
        {"player_id": "nobody-2", "reason": "no_channel"},
        {"player_id": "p3", "reason": "in_game"},
    ]


def test_second_dispatch_makes_the_same_chunks_whoever_came_left_or_plays(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    players = audience(game)
    game.send_request(request(*players, request_id="r", **SKIPS))
    messages = game.messages("RequestQueue")
    game.handle("RequestQueue", messages)
    first = deliveries(game)
    open_channel(game, "nobody-1", "late")
    open_channel(game, "p0", "third")
    put_in_game(game, "p1", "p2")
    game.call_as_player("p5", "DELETE", f"{APP_PATH}/channels/p10")
    game.call_as_player("p5", "DELETE", f"{APP_PATH}/channels/p11")
    game.handle("RequestQueue", messages)
    second = deliveries(game)
    assert [each["chunk"] for each in first] == [each["chunk"] for each in second] == ["0", "1"]
    for before, after in zip(first, second, strict=True):
        assert players_of(after) == players_of(before) - {"p5"}
    assert [each["players"]["requested"] for each in views(game)] == [14]


def views(game: Backend) -> list[dict[str, Any]]:
    return [summary(game, record["pk"]) for record in records(game)]


def test_chunk_whose_players_have_all_left_is_queued_empty(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.send_request(request("player-1", request_id="r"))
    messages = game.messages("RequestQueue")
    game.handle("RequestQueue", messages)
    deliveries(game)
    game.call_as_player("player-1", "DELETE", f"{APP_PATH}/channels/pc")
    game.handle("RequestQueue", messages)
    (empty,) = deliveries(game)
    assert (empty["chunk"], empty["channels"]) == ("0", [])
    game.put("DeliveryQueue", empty)
    game.work()
    assert views(game)[0]["state"] == "completed"


def test_plan_is_recorded_before_anything_is_queued(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 30, devices_per_player=1)
    game.send_request(crowd.request())
    messages = game.messages("RequestQueue")

    def refuse(*_: Any) -> None:
        raise QueueUnavailableError("SQS does not answer")

    with monkeypatch.context() as refusing:
        refusing.setattr(DeliveryQueue, "put_all", refuse)
        assert game.handle("RequestQueue", messages)["batchItemFailures"]
    (record,) = records(game)
    assert (record["state"], record["plan"], record["deliveries"]) == ("dispatched", "[0,10,20]", 3)
    assert deliveries(game) == []
    game.handle("RequestQueue", messages)
    game.work()
    assert arrivals(game.wns) == crowd.once_each


@pytest.mark.parametrize("devices", [1, 10])
def test_deliveries_are_cut_by_the_bytes_that_are_sent(game: Backend, devices: int) -> None:
    """URIs of 2 KB and payloads of 5,000 bytes that JSON doubles, in two languages and kinds."""
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 200, devices_per_player=devices)
    for player, of_player in crowd.devices.items():
        for device, uri in of_player.items():
            point_channel_at(game, player, device, uri + "x" * (2000 - len(uri)))
    text = {"raw": {"text": "x" * 3_700}, "toast": {"texts": ["ä" * 2_000]}}
    template = {"default_locale": "en", "locales": {"en": text, "de": text}}
    assert game.call_as_operator("PUT", f"{APP_PATH}/templates/Big", template)[0] == 201
    body = crowd.request(template="Big")
    del body["notification"]
    game.send_request(body)
    game.handle("RequestQueue")
    messages = game.messages("DeliveryQueue")
    sizes = [len(message["Body"].encode()) for message in messages]
    made = [json.loads(message["Body"]) for message in messages]
    made.sort(key=lambda delivery: int(delivery["chunk"]))
    assert max(sizes) <= 150_000
    assert len(made) > 3
    assert [each["chunk"] for each in made] == [str(number) for number in range(len(made))]
    reached = Counter(player for each in made for player in players_of(each))
    assert reached == Counter(crowd.players)
    (record,) = records(game)
    starts = json.loads(record["plan"])
    ends = [*starts[1:], len(crowd.players)]
    for each, start, end in zip(made, starts, ends, strict=True):
        assert players_of(each) == set(crowd.players[start:end])


def test_devices_that_come_before_the_second_dispatch_never_make_a_message_too_large(
    game: Backend,
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 60, devices_per_player=6)
    game.send_request(crowd.request())
    messages = game.messages("RequestQueue")
    game.handle("RequestQueue", messages)
    deliveries(game)
    for player, of_player in crowd.devices.items():
        for device, uri in of_player.items():
            point_channel_at(game, player, device, uri + "x" * 5_000)
    assert game.handle("RequestQueue", messages) == {"batchItemFailures": []}
    sizes = [len(each["Body"].encode()) for each in game.messages("DeliveryQueue")]
    assert len(sizes) == 1
    assert max(sizes) < MAX_MESSAGE_BYTES


def test_request_to_nobody_with_a_device_completes_with_everybody_skipped(game: Backend) -> None:
    game.send_request(request("nobody-1", "nobody-2", "nobody-1", request_id="r"))
    game.work()
    (view,) = views(game)
    assert (view["state"], view["deliveries"]) == ("completed", 0)
    assert view["players"] == {"requested": 2, "reached": 0, "skipped": {"no_channel": 2}}


def test_request_that_is_cancelled_before_it_is_dispatched_has_no_deliveries(
    game: Backend,
) -> None:
    open_channel(game, "player-1", "pc")
    _, answer = post_request(game, request("player-1"))
    cancel(game, answer["notification_id"])
    game.handle("RequestQueue")
    assert deliveries(game) == []


def test_cancelling_keeps_what_is_known_of_players_and_deliveries(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    _, answer = post_request(game, request("player-1", "nobody"))
    game.handle("RequestQueue")
    view = cancel(game, answer["notification_id"])
    assert (view["state"], view["deliveries"], view["recipients"]) == ("cancelled", 1, 1)
    assert view["players"] == {"requested": 2, "reached": 1, "skipped": {"no_channel": 1}}

"""Events for game servers: the ones an app wants, at least once, never holding up the sender."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from push.apps.game_events import GameEvents
from push.errors import EventBusUnavailableError
from tests.faults.crowd import make_crowd
from tests.integration.builders import (
    cancel,
    game_fixture,
    open_channel,
    post_request,
    put_app,
    records,
    request,
    summary,
    texts,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

ALL = ["AppStopped", "ChannelGone", "DeliveryFailed", "NotificationFinished"]
game = game_fixture(send_rate=10_000, events=ALL)
pytestmark = pytest.mark.usefixtures("few_shards")


def events(game: Backend) -> list[tuple[str, dict[str, Any]]]:
    """Return name and detail of what was published since the last call."""
    bodies = [json.loads(each["Body"]) for each in game.messages("own-events")]
    return [(body["detail-type"], body["detail"]) for body in bodies]


def named(game: Backend, name: str) -> list[dict[str, Any]]:
    return [detail for each, detail in events(game) if each == name]


def post(game: Backend, **fields: Any) -> str:
    status, answer = post_request(game, request(**fields))
    assert status == 202
    game.work()
    return str(answer["notification_id"])


def check_finished(game: Backend, notification_id: str) -> None:
    """Check that the event says what the record says, once after deduplication."""
    found = named(game, "NotificationFinished")
    assert found
    assert {each["event_id"] for each in found} == {found[0]["event_id"]}
    view = summary(game, notification_id)
    assert view["state"] == "completed"
    for each in found:
        for name in ("notification_id", "request_id", "counts", "players", "recipients"):
            assert each[name] == view[name]
        assert each["duration_s"] >= 0


@pytest.mark.parametrize("players", [1, 10, 35])
def test_direct_notification_is_finished_once_all_deliveries_are(
    game: Backend, players: int
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), players, devices_per_player=1)
    check_finished(game, post(game, audience={"players": [*crowd.players, "nobody"]}))


@pytest.mark.parametrize("audience", [{"topic": "clan"}, {"everyone": True}])
def test_broadcast_is_finished_once_all_deliveries_are(
    game: Backend, audience: dict[str, Any]
) -> None:
    for number in range(6):
        open_channel(game, f"player-{number}", f"pc-{number}", topics=["clan"])
    check_finished(game, post(game, audience=audience))


@pytest.mark.parametrize(
    "audience", [{"players": ["nobody"]}, {"topic": "empty"}, {"everyone": True}]
)
def test_notification_to_nobody_is_finished_when_it_is_dispatched(
    game: Backend, audience: dict[str, Any]
) -> None:
    check_finished(game, post(game, audience=audience))


def test_broadcast_whose_last_page_comes_after_its_deliveries_is_finished(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    _, answer = post_request(game, request(audience={"everyone": True}))
    game.handle("RequestQueue")
    pages = game.messages("BroadcastQueue")
    for page in pages:
        game.handle("BroadcastQueue", [page])
        game.work()
    check_finished(game, answer["notification_id"])


def test_notification_is_not_finished_while_a_channel_is_throttled(game: Backend) -> None:
    for number in range(12):
        open_channel(game, f"player-{number}", f"pc-{number}")
    game.wns.fail_next(1, code=503)
    players = [f"player-{number}" for number in range(12)]
    notification_id = post(game, audience={"players": players})
    assert named(game, "NotificationFinished") == []
    for _ in range(4):
        game.advance(901)
        game.work()
    check_finished(game, notification_id)


def test_cancelled_notification_that_stopped_is_finished_as_cancelled(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    _, answer = post_request(game, request("player-1"))
    game.handle("RequestQueue")
    cancel(game, answer["notification_id"])
    game.work()
    (found,) = named(game, "NotificationFinished")
    assert (found["state"], found["counts"]) == ("cancelled", {"cancelled": 1})


def test_app_gets_only_the_events_that_it_wants(game: Backend) -> None:
    put_app(game, events=[])
    open_channel(game, "player-1", "pc")
    post(game, audience={"players": ["player-1"]})
    assert events(game) == []


def test_events_cost_no_write(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    with game.limits.counting() as units:
        post(game, audience={"everyone": True})
    with_events = units.of_table("NotificationsTable")[:2]
    put_app(game, events=[])
    game.handler("dispatcher").finished.events._apps._held.clear()
    game.handler("notification_sender").apps._held.clear()
    with game.limits.counting() as units:
        post(game, audience={"everyone": True}, allow_repeat=True)
    assert units.of_table("NotificationsTable")[:2] == with_events


def test_channel_that_is_gone_is_published_with_its_device(game: Backend) -> None:
    game.wns.revoke_channel(open_channel(game, "player-1", "pc"))
    notification_id = post(game, audience={"players": ["player-1"]})
    found = dict(events(game))
    gone, failed = found["ChannelGone"], found["DeliveryFailed"]
    device = {"app_id": "my-game", "player_id": "player-1", "device_id": "pc"}
    assert gone.items() >= (device | {"reason": "channel_gone"}).items()
    assert failed.items() >= (device | {"outcome": "channel_gone", "kind": "toast"}).items()
    assert failed["notification_id"] == notification_id
    assert game.channels() == []


def fail_to_publish(*_: object) -> None:
    raise EventBusUnavailableError("EventBridge is unavailable")


def test_channel_stays_until_its_end_is_published(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    game.wns.revoke_channel(open_channel(game, "player-1", "pc"))
    with monkeypatch.context() as down:
        down.setattr(GameEvents, "publish", fail_to_publish)
        game.send_request(request("player-1"))
        game.work()
    assert len(game.channels()) == 1
    game.send_request(request("player-1"))
    game.work()
    assert len(named(game, "ChannelGone")) == 1
    assert game.channels() == []


def test_app_that_wns_stops_is_published_once_by_id(game: Backend) -> None:
    for number in range(3):
        open_channel(game, f"player-{number}", f"pc-{number}")
    game.wns.fail_next(3, code=410, reason="Domain Blocked")
    for number in range(3):
        game.send_request(request(f"player-{number}"))
    game.work()
    app = game.call_as_operator("GET", "/apps/my-game")[1]
    found = named(game, "AppStopped")
    assert {each["event_id"] for each in found} == {found[0]["event_id"]}
    assert (found[0]["app_id"], found[0]["reason"]) == ("my-game", app["stopped"])


def test_event_bus_that_is_down_delays_events_and_nothing_else(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        open_channel(game, f"player-{number}", f"pc-{number}")
    game.wns.revoke_channel(game.wns.channels(device_id="pc-2")[0].channel_uri)
    players = [f"player-{number}" for number in range(3)]
    with monkeypatch.context() as down:
        down.setattr(GameEvents, "publish", fail_to_publish)
        notification_id = post(game, audience={"players": players})
        assert [len(texts(game, f"pc-{number}")) for number in range(3)] == [1, 1, 0]
        assert summary(game, notification_id)["state"] == "completed"
    game.advance(361)
    game.work()
    assert [len(texts(game, f"pc-{number}")) for number in range(3)] == [1, 1, 0]
    found = events(game)
    assert sorted({name for name, _ in found}) == ["DeliveryFailed", "NotificationFinished"]


def test_events_sum_up_to_the_record_under_redelivery_and_kills(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 60, devices_per_player=1)
    for device in game.wns.channels()[::4]:
        game.wns.revoke_channel(device.channel_uri)
    notification_id = post_request(game, request(*crowd.players))[1]["notification_id"]
    requests = game.messages("RequestQueue")
    game.handle("RequestQueue", [*requests, *requests])
    deliveries = game.messages("DeliveryQueue")
    handler = game.handler("notification_sender")
    publish = type(handler.delivery_events).publish_closed
    dying = Counter[str]()

    def die_at_first(self: Any, delivery: Any, *given: Any, **named: Any) -> None:
        dying[delivery.chunk] += 1
        if dying[delivery.chunk] == 1:
            raise EventBusUnavailableError("the worker is killed after the close")
        publish(self, delivery, *given, **named)

    monkeypatch.setattr(type(handler.delivery_events), "publish_closed", die_at_first)
    for delivery in (*deliveries, *reversed(deliveries)):
        game.handle("DeliveryQueue", [delivery])
    found = {detail["event_id"]: (name, detail) for name, detail in events(game)}
    failed = [detail for name, detail in found.values() if name == "DeliveryFailed"]
    (finished,) = [detail for name, detail in found.values() if name == "NotificationFinished"]
    view = summary(game, notification_id)
    assert finished["counts"] == view["counts"]
    assert Counter(each["outcome"] for each in failed) == Counter(
        {name: count for name, count in view["counts"].items() if name != "delivered"}
    )
    assert len(records(game)) == 1

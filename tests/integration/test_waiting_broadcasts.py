"""A broadcast's deliveries that have waited: what has changed since they were dispatched counts,
and finding that out costs little."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from push.dispatch import page_chunks
from tests.faults.crowd import make_crowd
from tests.integration.builders import (
    APP,
    APP_PATH,
    game_fixture,
    open_channel,
    outcomes,
    request,
    set_shards,
    texts,
)

if TYPE_CHECKING:
    from tests.aws_limits.limits import AwsLimits
    from tests.faults.crowd import Crowd
    from tests.integration.backend import Backend

game = game_fixture(send_rate=10_000)
DEVICES = {f"pc-{number}": f"player-{number}" for number in range(6)}
LONG_S = 1200  # in the queue
TOPIC = "patch-notes"
CASES: list[tuple[dict[str, Any], int]] = [
    ({"everyone": True}, 1),
    ({"topic": TOPIC}, 1),
    ({"topic": TOPIC}, 64),  # devices of many shards in one delivery: read by key
]


@pytest.fixture
def shards() -> int:
    return 1


@pytest.fixture(autouse=True)
def spread(monkeypatch: pytest.MonkeyPatch, shards: int) -> None:
    set_shards(monkeypatch, shards=shards, topic_shards=1)


def dispatch(game: Backend, audience: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    game.send_request(request(audience=audience, **more))
    game.handle("RequestQueue")
    game.handle("BroadcastQueue")
    return game.messages("BulkDeliveryQueue")


def sign_out(game: Backend, device: str) -> None:
    status, _ = game.call_as_player(DEVICES[device], "DELETE", f"{APP_PATH}/channels/{device}")
    assert status == 204


@pytest.mark.parametrize(("audience", "shards"), CASES)
def test_changes_of_channels_while_a_broadcast_waits_count(
    game: Backend, audience: dict[str, Any]
) -> None:
    uris = {
        device: open_channel(game, player, device, topics=[TOPIC])
        for device, player in DEVICES.items()
    }
    game.advance(3600)
    deliveries = dispatch(game, audience)
    game.advance(LONG_S)
    sign_out(game, "pc-1")
    open_channel(game, "player-2", "pc-2", topics=[TOPIC])
    body = {"channel_uri": uris["pc-3"]}
    status, _ = game.call_as_player("player-of-tablet", "PUT", f"{APP_PATH}/channels/tablet", body)
    assert status == 201
    open_channel(game, "player-4", "pc-4b", topics=[TOPIC])

    game.handle("BulkDeliveryQueue", deliveries)

    assert outcomes(game) == {
        "player-0#pc-0#toast": "delivered",
        "player-1#pc-1#toast": "removed",
        "player-2#pc-2#toast": "delivered",
        "player-3#pc-3#toast": "removed",
        "player-4#pc-4#toast": "delivered",
        "player-5#pc-5#toast": "delivered",
    }
    shown = {device: len(texts(game, device)) for device in (*DEVICES, "pc-4b")}
    assert shown == {
        **dict.fromkeys(("pc-0", "pc-2", "pc-4", "pc-5"), 1),
        **dict.fromkeys(("pc-1", "pc-3", "pc-4b"), 0),
    }


@pytest.mark.parametrize(("audience", "shards"), CASES)
def test_channel_that_has_expired_while_a_broadcast_waited_is_not_sent_to(
    game: Backend, audience: dict[str, Any]
) -> None:
    open_channel(game, "player-0", "pc-0", topics=[TOPIC])
    game.advance(30 * 86_400 - LONG_S // 2)
    game.refresh()
    open_channel(game, "player-1", "pc-1", topics=[TOPIC])
    deliveries = dispatch(game, audience)
    game.advance(LONG_S)

    game.handle("BulkDeliveryQueue", deliveries)

    assert outcomes(game) == {
        "player-0#pc-0#toast": "removed",
        "player-1#pc-1#toast": "delivered",
    }


def wait_for_crowd(game: Backend) -> tuple[Crowd, list[dict[str, Any]]]:
    """Return a crowd that fills a delivery, and the delivery, which has waited."""
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 400, devices_per_player=1)
    game.advance(3600)
    deliveries = dispatch(game, {"everyone": True})
    game.advance(LONG_S)
    return crowd, deliveries


def test_unchanged_channels_cost_a_tenth_of_a_read_unit_each(
    game: Backend, limits: AwsLimits
) -> None:
    crowd, deliveries = wait_for_crowd(game)

    with limits.counting() as units:
        game.handle("BulkDeliveryQueue", deliveries)

    assert len(outcomes(game)) == len(crowd.uris)
    _, _, reads = units.of_table("ChannelsTable")
    assert reads <= 0.1 * len(crowd.uris), dict(units.by_read)


def ranges(deliveries: list[dict[str, Any]]) -> list[tuple[int, int | None]]:
    """Return how many channels each delivery has, and how many there are in its range."""
    bodies = [json.loads(each["Body"]) for each in deliveries]
    return [(len(each["channels"]), each.get("channels_in_range")) for each in bodies]


def test_delivery_says_how_many_channels_its_range_had(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_chunks, "NOTIFICATIONS_PER_CHUNK", 3)
    open_channel(game, "player-2a", "expired")
    game.advance(30 * 86_400)
    game.refresh()
    for device, player in DEVICES.items():
        open_channel(game, player, device)
    path = f"{APP_PATH}/channels/pc-1/presence"
    assert game.call_as_player("player-1", "PUT", path, {"in_game": True})[0] == 204

    deliveries = dispatch(game, {"everyone": True}, options={"skip_players_in_game": True})

    # The first has the range of the player in the game, who is not sent to.
    assert ranges(deliveries) == [(2, 3), (3, 3)]


def test_range_with_an_unreadable_channel_is_not_counted(game: Backend) -> None:
    for device, player in DEVICES.items():
        open_channel(game, player, device)
    table = game.table("ChannelsTable")
    key = {"pk": f"{APP}#player-3", "sk": "pc-3"}
    table.update_item(
        Key=key, UpdateExpression="SET locale = :bad", ExpressionAttributeValues={":bad": 7}
    )
    assert ranges(dispatch(game, {"everyone": True})) == [(5, None)]


def test_topic_has_no_range(game: Backend) -> None:
    for device, player in DEVICES.items():
        open_channel(game, player, device, topics=[TOPIC])
    assert ranges(dispatch(game, {"topic": TOPIC})) == [(6, None)]


def test_check_of_a_long_delivery_receives_little_while_nobody_leaves(
    game: Backend, limits: AwsLimits
) -> None:
    crowd, deliveries = wait_for_crowd(game)
    open_channel(game, "p7", "p7")  # renewed
    open_channel(game, "p70a", "new")

    with limits.counting() as units:
        game.handle("BulkDeliveryQueue", deliveries)

    assert len(outcomes(game)) == len(crowd.uris)
    assert units.calls["dynamodb Query"] == 1
    assert units.bytes_received["dynamodb Query"] <= 500

"""A broadcast's deliveries that have waited: what has changed since they were dispatched counts,
and finding that out costs little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.crowd import make_crowd
from tests.integration.builders import (
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


def dispatch(game: Backend, audience: dict[str, Any]) -> list[dict[str, Any]]:
    game.send_request(request(audience=audience))
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


def test_unchanged_channels_cost_a_tenth_of_a_read_unit_each(
    game: Backend, limits: AwsLimits
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 400, devices_per_player=1)
    game.advance(3600)
    deliveries = dispatch(game, {"everyone": True})
    game.advance(LONG_S)

    with limits.counting() as units:
        game.handle("BulkDeliveryQueue", deliveries)

    assert len(outcomes(game)) == len(crowd.uris)
    _, _, reads = units.of_table("ChannelsTable")
    assert reads <= 0.1 * len(crowd.uris), dict(units.by_read)

"""What changes between dispatch and send counts: signed out, another player, another URI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.integration.builders import (
    APP_PATH,
    TEXT,
    cancel,
    game_fixture,
    open_channel,
    outcomes,
    records,
    request,
    texts,
)
from wns.channel_uri import parse_channel_uri

if TYPE_CHECKING:
    from tests.integration.backend import Backend

game = game_fixture()


def dispatch(game: Backend, *players: str) -> list[dict[str, Any]]:
    game.send_request(request(*players))
    game.handle("RequestQueue")
    return game.messages("DeliveryQueue")


def test_sign_out_takes_effect_at_once(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    open_channel(game, "player-1", "laptop")
    deliveries = dispatch(game, "player-1")
    status, _ = game.call_as_player("player-1", "DELETE", f"{APP_PATH}/channels/pc")
    assert status == 204

    game.handle("DeliveryQueue", deliveries)

    assert outcomes(game) == {
        "player-1#pc#toast": "removed",
        "player-1#laptop#toast": "delivered",
    }
    assert texts(game, "pc") == []


def test_device_that_another_player_took_over_shows_nothing_for_the_first(game: Backend) -> None:
    channel_uri = open_channel(game, "player-1", "pc")
    deliveries = dispatch(game, "player-1")
    body = {"channel_uri": channel_uri}
    status, _ = game.call_as_player("player-2", "PUT", f"{APP_PATH}/channels/pc", body)
    assert status == 201

    game.handle("DeliveryQueue", deliveries)

    assert outcomes(game) == {"player-1#pc#toast": "removed"}
    assert texts(game, "pc") == []


def test_device_renewed_with_a_new_uri_is_sent_to_there(game: Backend) -> None:
    old_uri = open_channel(game, "player-1", "pc")
    deliveries = dispatch(game, "player-1")
    new_uri = open_channel(game, "player-1", "pc")
    assert parse_channel_uri(new_uri) != old_uri

    game.handle("DeliveryQueue", deliveries)

    assert outcomes(game) == {"player-1#pc#toast": "delivered"}
    assert texts(game, "pc") == [[TEXT]]


def test_cancelled_notification_is_not_sent(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    deliveries = dispatch(game, "player-1")
    (record,) = records(game)
    cancel(game, record["pk"])

    game.handle("DeliveryQueue", deliveries)

    assert outcomes(game) == {"player-1#pc#toast": "cancelled"}
    assert texts(game, "pc") == []

"""Operators see what is registered for a player; erasure leaves nothing under the player."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.integration.builders import (
    APP_PATH,
    game_fixture,
    open_channel,
    outcomes,
    put_app,
    put_template,
    request,
    templated,
    texts,
)
from tools.template_yaml import resources_of_type

if TYPE_CHECKING:
    from tests.integration.backend import Backend

HELLO = {
    "default_locale": "en",
    "track": True,
    "locales": {"en": {"toast": {"texts": ["Hello"]}}},
}
game = game_fixture(templates={"Hello": HELLO})
PLAYER = "steam#7656/x%41|é".replace("é", "!")


def path_of(player: str) -> str:
    return f"{APP_PATH}/players/{quote(player, safe='')}"


def call(game: Backend, method: str, player: str) -> Any:
    return game.call("player_api", method, path_of(player))


def under(game: Backend, player: str) -> list[str]:
    """Return the keys of all items that are stored under a player."""
    return [
        f"{table} {item['pk']} {item.get('sk')}"
        for table in resources_of_type("AWS::DynamoDB::Table")
        for item in game.items(table)
        if player in json.dumps(item, default=repr)
    ]


def test_operator_sees_devices_presence_and_topics(game: Backend) -> None:
    open_channel(game, PLAYER, "pc", topics=["clan", "cup"], locale="de-DE", app_version="1.2")
    open_channel(game, PLAYER, "xbox", topics=["clan"])
    open_channel(game, "another", "pc-2")
    presence = f"{APP_PATH}/channels/xbox/presence"
    assert game.call_as_player(PLAYER, "PUT", presence, {"in_game": True})[0] == 204
    status, account = call(game, "GET", PLAYER)
    assert status == 200
    assert (account["player_id"], account["in_game"]) == (PLAYER, True)
    assert account["topics"] == ["clan", "cup"]
    pc, xbox = account["devices"]
    assert (pc["device_id"], pc["locale"], pc["app_version"]) == ("pc", "de-DE", "1.2")
    assert (pc["in_game"], xbox["in_game"]) == (False, True)
    assert pc["channel_host"].endswith("notify.windows.com")
    assert "https://" not in json.dumps(account)


def test_player_without_devices_has_an_empty_account(game: Backend) -> None:
    empty = {"player_id": "nobody", "in_game": False, "topics": [], "devices": []}
    assert call(game, "GET", "nobody") == (200, empty)


@pytest.mark.parametrize("by", ["operator", "player"])
def test_erasure_leaves_nothing_under_the_player(game: Backend, by: str) -> None:
    open_channel(game, "player-1", "pc", topics=["clan", "cup"])
    open_channel(game, "player-1", "xbox")
    open_channel(game, "player-2", "pc-2", topics=["clan"])
    game.send_request(templated("player-1", "player-2", template="Hello"))
    game.work()
    value = game.wns.device("pc").toasts[-1]["launch"].removeprefix("_push=")
    reply = {
        "notification": value,
        "device_id": "pc",
        "kind": "opened",
        "at": 1_790_000_000,
        "inputs": {"message": "CANARY"},
    }
    body = {"interactions": [reply]}
    assert game.call_as_player("player-1", "POST", f"{APP_PATH}/interactions", body)[0] == 200
    if by == "operator":
        status, receipt = call(game, "DELETE", "player-1")
    else:
        status, receipt = game.call_as_player("player-1", "DELETE", f"{APP_PATH}/me")
    assert status == 200
    expires_by = receipt.pop("records_expire_by")
    assert expires_by >= max(int(item["expires_at"]) for item in game.items("NotificationsTable"))
    assert receipt == {
        "player_id": "player-1",
        "channels": 2,
        "channel_uri_owners": 2,
        "subscriptions": 2,
        "registration_counters": 1,
        "interactions": 1,
    }
    assert under(game, "player-1") == []
    assert under(game, "CANARY") == []
    assert len(under(game, "player-2")) >= 3
    again = call(game, "DELETE", "player-1")[1]
    assert {
        count for name, count in again.items() if name not in {"player_id", "records_expire_by"}
    } == {0}


def test_queued_deliveries_are_not_sent_to_an_erased_player(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.send_request(request("player-1"))
    game.handle("RequestQueue")
    call(game, "DELETE", "player-1")
    game.work()
    assert texts(game, "pc") == []
    assert outcomes(game) == {"player-1#pc#toast": "removed"}


def test_erasure_keeps_a_channel_uri_that_another_player_has_by_now(game: Backend) -> None:
    uri = open_channel(game, "player-1", "pc")
    body = {"channel_uri": uri}
    channel = f"{APP_PATH}/channels/pc"
    assert game.call_as_player("player-2", "PUT", channel, body)[0] == 201
    game.table("ChannelsTable").put_item(
        Item={"pk": "my-game#player-1", "sk": "old", "channel_uri": uri, "expires_at": 0}
    )
    receipt = call(game, "DELETE", "player-1")[1]
    assert (receipt["channels"], receipt["channel_uri_owners"]) == (1, 0)
    assert [item["sk"] for item in game.channels()] == ["pc"]


def test_erased_player_is_erased_in_one_app_only(game: Backend) -> None:
    put_app(game, "other-game")
    open_channel(game, "player-1", "pc")
    open_channel(game, "player-1", "pc", "other-game")
    call(game, "DELETE", "player-1")
    assert [item["pk"] for item in game.channels()] == ["other-game#player-1"]


def test_player_of_another_audience_erases_nothing(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    status, _ = game.call_as_player("player-1", "DELETE", f"{APP_PATH}/me", audience="other")
    assert status == 403
    assert len(game.channels()) == 1


def test_id_that_is_no_players_is_refused(game: Backend) -> None:
    put_template(game, "Hello2", HELLO)
    for player in ("é", "a b", "x" * 256):
        assert call(game, "GET", player)[0] == 422

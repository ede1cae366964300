"""Two spellings of one channel URI are one channel, with one owner; each is stored and sent to as
it was registered. Endpoints of browsers are no channels of a game."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.builders import APP_PATH, game_fixture

if TYPE_CHECKING:
    from tests.integration.backend import Backend

game = game_fixture(ready=False)

URI = "https://cloud.notify.windows.com/?token=AwYAAAC%2biCj%2f%3d"
SPELLINGS = [
    "https://cloud.notify.windows.com:443/?token=AwYAAAC%2biCj%2f%3d",
    "https://CLOUD.Notify.windows.com/?token=AwYAAAC%2biCj%2f%3d",
    "HTTPS://cloud.notify.windows.com/?token=AwYAAAC%2biCj%2f%3d",
    "https://cloud.notify.windows.com/?token=AwYAAAC%2BiCj%2F%3D",
    "https://cloud.notify.windows.com/?token=AwYAAAC%2biCj/=",
    "https://cloud.notify.windows.com/?token=%41wYAAAC%2biCj%2f%3d",
    "https://cloud.notify.windows.com/?token=AwYAAAC%2biCj%2f%3d&x=1",
    "https://cloud.notify.windows.com/?x=1&token=AwYAAAC%2biCj%2f%3d",
    "https://cloud.notify.windows.com/?Token=AwYAAAC%2biCj%2f%3d",
]
OTHERS = [
    "https://cloud.notify.windows.com/?token=AwYAAAC%2biCJ%2f%3d",
    "https://cloud.notify.windows.com/?token=AwYAAAC%2biCj%2f",
    "https://cloud.notify.windows.com/?token=AwYAAAC%252biCj%2f%3d",
]


def register(
    game: Backend, player: str, device: str, uri: str, **more: Any
) -> tuple[int, dict[str, Any]]:
    body = {"channel_uri": uri} | more
    return game.call_as_player(player, "PUT", f"{APP_PATH}/channels/{device}", body)


def stored(game: Backend) -> set[tuple[str, str]]:
    return {(item["sk"], item["channel_uri"]) for item in game.channels()}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling_moves_the_channel_and_is_stored_unchanged(
    game: Backend, spelling: str
) -> None:
    assert register(game, "player-1", "pc", URI, topics=["news"])[0] == 201
    game.advance(60)
    assert register(game, "player-2", "laptop", spelling)[0] == 201
    assert stored(game) == {("laptop", spelling)}
    assert game.items("TopicsTable") == []
    assert register(game, "player-1", "pc", URI)[0] == 201
    assert stored(game) == {("pc", URI)}


@pytest.mark.parametrize("uri", OTHERS)
def test_another_token_is_another_channel(game: Backend, uri: str) -> None:
    register(game, "player-1", "pc", URI)
    register(game, "player-2", "laptop", uri)
    assert stored(game) == {("pc", URI), ("laptop", uri)}


def test_owner_whose_channel_has_another_uri_by_now_keeps_it(game: Backend) -> None:
    register(game, "player-1", "pc", URI)
    register(game, "player-1", "pc", OTHERS[0])
    assert register(game, "player-2", "laptop", SPELLINGS[0])[0] == 201
    assert stored(game) == {("pc", OTHERS[0]), ("laptop", SPELLINGS[0])}


def test_owner_whose_channel_cannot_be_read_loses_it(game: Backend) -> None:
    register(game, "player-1", "pc", URI)
    game.table("ChannelsTable").update_item(
        Key={"pk": "my-game#player-1", "sk": "pc"},
        UpdateExpression="SET expires_at = :soon",
        ExpressionAttributeValues={":soon": "soon"},
    )
    assert register(game, "player-2", "laptop", URI)[0] == 201
    assert stored(game) == {("laptop", URI)}


@pytest.mark.parametrize("token", ["AQE%bU%2fSjZOCvRjjpILow%3d%3d", "%", "a%2", "%zz"])
def test_token_is_opaque(game: Backend, token: str) -> None:
    uri = f"https://cloud.notify.windows.com/?token={token}"
    assert register(game, "player-1", "pc", uri)[0] == 201
    assert stored(game) == {("pc", uri)}


@pytest.mark.parametrize("path", ["/w/", "/W/", "/%77/", "//w/", "/w", "/w%2f", "/w/x"])
def test_web_push_endpoint_of_a_browser_is_refused_by_name(game: Backend, path: str) -> None:
    uri = f"https://wns2-par02p.notify.windows.com{path}?token=BQYAAAD"
    status, answer = register(game, "player-1", "pc", uri)
    assert status == 422
    (detail,) = answer["error"]["details"]
    assert detail["field"] == "channel_uri"
    assert "Web Push" in detail["message"]
    assert "BQYAAAD" not in str(answer)
    assert game.channels() == []

"""Player routes: identity from the token alone, bad input refused with nothing stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.backend import AUDIENCE
from tests.integration.builders import game_fixture

if TYPE_CHECKING:
    from tests.integration.backend import Backend

URI = "https://cloud.notify.windows.com/?token=AQE%2bU%2fSjZOCvRjjpILow%3d%3d"
OTHER_URI = "https://wns2-par02p.notify.windows.com/?token=BBB%2b"
PATH = "/apps/my-game/channels/living-room-pc"
THIRTY_DAYS = 30 * 24 * 3600


game = game_fixture(ready=False, token_audiences=[AUDIENCE, "console-client"])


def stored(game: Backend) -> list[str]:
    return [item["channel_uri"] for item in game.channels()]


def test_channel_is_registered_for_thirty_days(game: Backend) -> None:
    body = {"channel_uri": URI, "locale": "en-US", "time_zone": "Europe/Paris"}
    status, answer = game.call_as_player("player-1", "PUT", PATH, body)
    assert status == 201
    assert answer["device_id"] == "living-room-pc"
    assert answer["expires_at"] - answer["renewed_at"] == THIRTY_DAYS
    (item,) = game.channels()
    assert item["pk"] == "my-game#player-1"
    assert item["sk"] == "living-room-pc"
    assert item["channel_uri"] == URI
    assert item["expires_at"] == answer["expires_at"]


def test_renewing_replaces_the_uri_and_prolongs(game: Backend) -> None:
    first = game.call_as_player("player-1", "PUT", PATH, {"channel_uri": URI, "locale": "de"})[1]
    game.advance(1000)
    status, second = game.call_as_player("player-1", "PUT", PATH, {"channel_uri": OTHER_URI})
    assert status == 200
    assert stored(game) == [OTHER_URI]
    assert second["registered_at"] == first["registered_at"]
    assert second["expires_at"] >= first["expires_at"] + 1000
    assert second["locale"] is None


def test_expired_channel_is_new_again_and_not_listed(game: Backend) -> None:
    game.call_as_player("player-1", "PUT", PATH, {"channel_uri": URI})
    game.advance(THIRTY_DAYS + 1)
    assert game.call_as_player("player-1", "GET", "/apps/my-game/channels")[1] == {"channels": []}
    assert game.call_as_player("player-1", "PUT", PATH, {"channel_uri": URI})[0] == 201


def test_list_returns_the_players_own_channels_and_never_a_uri(game: Backend) -> None:
    game.call_as_player("player-1", "PUT", PATH, {"channel_uri": URI})
    game.call_as_player("player-2", "PUT", PATH, {"channel_uri": OTHER_URI})
    status, answer = game.call_as_player("player-1", "GET", "/apps/my-game/channels")
    assert status == 200
    (channel,) = answer["channels"]
    assert channel["channel_host"] == "cloud.notify.windows.com"
    assert "token=" not in str(answer)


def test_removal_is_idempotent_and_leaves_other_players_unchanged(game: Backend) -> None:
    game.call_as_player("player-1", "PUT", PATH, {"channel_uri": URI})
    game.call_as_player("player-2", "PUT", PATH, {"channel_uri": OTHER_URI})
    for _ in range(2):
        assert game.call_as_player("player-1", "DELETE", PATH) == (204, None)
    assert stored(game) == [OTHER_URI]


def test_audience_may_stand_in_client_id(game: Backend) -> None:
    claims = {"sub": "player-1", "client_id": "console-client"}
    answer = game.call("channels_api", "PUT", PATH, {"channel_uri": URI}, claims=claims)
    assert answer[0] == 201


def test_audiences_of_a_token_may_be_several(game: Backend) -> None:
    claims = {"sub": "player-1", "aud": f"[other {AUDIENCE}]"}
    answer = game.call("channels_api", "PUT", PATH, {"channel_uri": URI}, claims=claims)
    assert answer[0] == 201


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_foreign_audience_is_forbidden(game: Backend, method: str) -> None:
    body = {"channel_uri": URI} if method == "PUT" else None
    status, answer = game.call_as_player("player-1", method, PATH, body, audience="other-game")
    assert status == 403
    assert answer["error"]["code"] == "forbidden"
    assert stored(game) == []


@pytest.mark.parametrize(
    "claims", [{"aud": AUDIENCE}, {"sub": "", "aud": AUDIENCE}, {"sub": "ä b"}]
)
def test_token_without_a_usable_player_is_refused(game: Backend, claims: dict[str, str]) -> None:
    status, answer = game.call("channels_api", "PUT", PATH, {"channel_uri": URI}, claims=claims)
    assert status == 401
    assert answer["error"]["code"] == "unauthorized"
    assert stored(game) == []


def test_unknown_app_is_not_found(game: Backend) -> None:
    path = "/apps/nobodys-game/channels/pc"
    status, answer = game.call_as_player("player-1", "PUT", path, {"channel_uri": URI})
    assert (status, answer["error"]["code"]) == (404, "not_found")
    assert stored(game) == []


BAD_BODIES: dict[str, tuple[Any, int, str]] = {
    "not JSON": ("{not JSON", 400, "not_json"),
    "nothing": (None, 422, "invalid_request"),
    "a list": ([], 422, "invalid_request"),
    "no URI": ({}, 422, "invalid_request"),
    "another host": ({"channel_uri": "https://evil.example/?token=x"}, 422, "invalid_request"),
    "look-alike host": (
        {"channel_uri": "https://notify.windows.com.evil.example/"},
        422,
        "invalid_request",
    ),
    "plain HTTP": ({"channel_uri": URI.replace("https", "http")}, 422, "invalid_request"),
    "user-info": (
        {"channel_uri": "https://x@cloud.notify.windows.com/"},
        422,
        "invalid_request",
    ),
    "too long": ({"channel_uri": URI + "a" * 2048}, 422, "invalid_request"),
    "unknown field": ({"channel_uri": URI, "player_id": "player-2"}, 422, "invalid_request"),
    "bad locale": ({"channel_uri": URI, "locale": "english!"}, 422, "invalid_request"),
}


@pytest.mark.parametrize("case", BAD_BODIES)
def test_bad_body_is_refused_in_the_one_error_shape_and_nothing_stored(
    game: Backend, case: str
) -> None:
    body, status, code = BAD_BODIES[case]
    answer = game.call_as_player("player-1", "PUT", PATH, body)
    assert answer[0] == status
    error = answer[1]["error"]
    assert set(answer[1]) == {"error"}
    assert set(error) == {"code", "message", "details"}
    assert error["code"] == code
    assert all(set(detail) == {"field", "message"} for detail in error["details"])
    assert "evil.example" not in str(error)
    assert stored(game) == []


@pytest.mark.parametrize("device", ["a%23b", "a%2Fb", "%00", "ä", "x" * 65, "a b"])
def test_bad_device_id_is_refused(game: Backend, device: str) -> None:
    path = f"/apps/my-game/channels/{device}"
    status, _ = game.call_as_player("player-1", "PUT", path, {"channel_uri": URI})
    assert 400 <= status < 500
    assert stored(game) == []


def test_unknown_route_is_not_found(game: Backend) -> None:
    status, answer = game.call_as_player("player-1", "GET", "/nowhere")
    assert (status, answer["error"]["code"]) == (404, "no_such_route")


def test_internal_error_reveals_no_detail(game: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = game.handler("channels_api")

    def fail(*_: object) -> None:
        raise RuntimeError("the secret plan")

    monkeypatch.setattr(type(handler.registrar.apps), "get", fail)
    status, answer = game.call_as_player("player-1", "PUT", PATH, {"channel_uri": URI})
    assert status == 500
    assert answer["error"]["code"] == "internal_error"
    assert "secret plan" not in str(answer)

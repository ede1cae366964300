"""Operator routes: apps, credentials that are proven first, templates that are whole, requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.backend import CLIENT_SECRET, STACK
from tests.integration.builders import (
    CHALLENGE,
    CREDENTIALS,
    SETTINGS,
    game_fixture,
    open_app,
    open_channel,
    post_request,
    put_app,
    put_template,
    request,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

game = game_fixture(ready=False)


def secrets(game: Backend) -> dict[str, Any]:
    names = [each["Name"] for each in game.secrets.list_secrets()["SecretList"]]
    return {
        name: json.loads(game.secrets.get_secret_value(SecretId=name)["SecretString"])
        for name in names
    }


def test_app_is_stored_and_returned(game: Backend) -> None:
    status, app = game.call_as_operator("GET", "/apps/my-game")
    assert status == 200
    assert app["app_id"] == "my-game"
    assert app["name"] == "My Game"
    assert app["identity"] == "package_sid"
    assert app["token_audiences"] == ["windows-game"]
    assert app["enabled"] is True


def test_second_put_of_an_app_changes_it(game: Backend) -> None:
    changed = SETTINGS | {"name": "My Game II", "enabled": False}
    assert game.call_as_operator("PUT", "/apps/my-game", changed)[0] == 200
    assert game.call_as_operator("GET", "/apps/my-game")[1]["name"] == "My Game II"


@pytest.mark.parametrize(
    "settings",
    [
        {},
        SETTINGS | {"name": ""},
        SETTINGS | {"token_audiences": []},
        SETTINGS | {"identity": "passport"},
        SETTINGS | {"token_audiences": ["two words"]},
        SETTINGS | {"token_audiences": ["[a]"]},
        SETTINGS | {"send_rate": 0},
        SETTINGS | {"colour": "red"},
        SETTINGS | {"defaults": {"priority": 5}},
    ],
)
def test_app_with_bad_settings_is_refused(game: Backend, settings: dict[str, Any]) -> None:
    status, answer = game.call_as_operator("PUT", "/apps/new-game", settings)
    assert (status, answer["error"]["code"]) == (422, "invalid_request")
    assert [item["pk"] for item in game.items("AppsTable")] == ["my-game"]


def test_apps_are_listed(game: Backend) -> None:
    put_app(game, "a-game")
    status, answer = game.call_as_operator("GET", "/apps")
    assert status == 200
    assert [app["app_id"] for app in answer["apps"]] == ["a-game", "my-game"]


def test_deleted_app_is_gone_with_its_secrets(backend: Backend) -> None:
    open_app(backend)
    open_channel(backend, "player-1", "pc")
    for _ in range(2):
        assert backend.call_as_operator("DELETE", "/apps/my-game") == (204, None)
    assert backend.call_as_operator("GET", "/apps/my-game")[0] == 404
    assert secrets(backend) == {}
    backend.advance(16)  # players' routes know an app for 15 s
    assert backend.call_as_player("player-1", "GET", "/apps/my-game/channels")[0] == 404
    assert backend.refresh() == {}


def test_deleting_an_app_leaves_others_unchanged(backend: Backend) -> None:
    open_app(backend)
    open_app(backend, "other-game")
    backend.call_as_operator("DELETE", "/apps/other-game")
    assert backend.call_as_operator("GET", "/apps/my-game")[0] == 200
    assert len(secrets(backend)) == 2


def test_late_refresh_of_a_deleted_app_stores_nothing(backend: Backend) -> None:
    open_app(backend)
    backend.table("AppsTable").delete_item(Key={"pk": "my-game"})
    backend.advance(13 * 3600)
    event = {"detail-type": "AppCredentialsChanged", "detail": {"app_id": "my-game"}}
    before = secrets(backend)
    assert backend.invoke("token_refresher", event) == {"my-game": "fresh"}
    rejected = {"detail-type": "AccessTokenRejected", "detail": {"app_id": "my-game"}}
    backend.advance(13 * 3600)
    assert backend.invoke("token_refresher", rejected) == {"my-game": "elsewhere"}
    assert secrets(backend) == before
    assert backend.items("AppsTable") == []


def test_event_about_new_credentials_is_published_once_they_are_stored(game: Backend) -> None:
    game.call_as_operator(
        "PUT", "/apps/my-game/credentials", CREDENTIALS | {"client_secret": "wrong"}
    )
    assert game.messages("own-events") == []
    game.call_as_operator("PUT", "/apps/my-game/credentials", CREDENTIALS)
    (event,) = [json.loads(message["Body"]) for message in game.messages("own-events")]
    assert event["detail-type"] == "AppCredentialsChanged"
    assert event["detail"] == {"app_id": "my-game"}


@pytest.mark.parametrize("app_id", ["My-Game", "-x", "a_b", "a%23b", "x" * 64])
def test_app_with_a_bad_id_is_refused(game: Backend, app_id: str) -> None:
    assert game.call_as_operator("PUT", f"/apps/{app_id}", SETTINGS)[0] == 422


def test_valid_credentials_are_stored_and_never_returned(game: Backend) -> None:
    answer = game.call_as_operator("PUT", "/apps/my-game/credentials", CREDENTIALS)
    assert answer == (204, None)
    assert secrets(game) == {f"{STACK}/apps/my-game/credentials": CREDENTIALS}
    assert CLIENT_SECRET not in json.dumps(game.call_as_operator("GET", "/apps/my-game"))


def test_credentials_that_wns_refuses_leave_the_old_ones(game: Backend) -> None:
    game.call_as_operator("PUT", "/apps/my-game/credentials", CREDENTIALS)
    wrong = CREDENTIALS | {"client_secret": "CANARY-SECRET"}
    status, answer = game.call_as_operator("PUT", "/apps/my-game/credentials", wrong)
    assert (status, answer["error"]["code"]) == (422, "credentials_refused")
    assert "invalid_client" in answer["error"]["message"]
    assert "CANARY-SECRET" not in json.dumps(answer)
    assert secrets(game)[f"{STACK}/apps/my-game/credentials"] == CREDENTIALS


def test_unreachable_token_endpoint_leaves_the_old_credentials(game: Backend) -> None:
    game.wns.fail_next(1, endpoint="token", reset=True)
    status, answer = game.call_as_operator("PUT", "/apps/my-game/credentials", CREDENTIALS)
    assert (status, answer["error"]["code"]) == (503, "token_endpoint_unavailable")
    assert secrets(game) == {}


@pytest.mark.parametrize(
    "credentials",
    [
        {},
        {"identity": "package_sid"},
        CREDENTIALS | {"package_sid": "S-1-15-2-1"},
        CREDENTIALS | {"client_secret": ""},
        {
            "identity": "entra",
            "tenant_id": "11111111-2222-3333-4444-555555555555",
            "client_id": "11111111-2222-3333-4444-555555555555",
            "client_secret": "CANARY-SECRET",
        },
    ],
)
def test_credentials_that_do_not_fit_the_app_are_refused_without_asking_wns(
    game: Backend, credentials: dict[str, Any]
) -> None:
    status, answer = game.call_as_operator("PUT", "/apps/my-game/credentials", credentials)
    assert (status, answer["error"]["code"]) == (422, "invalid_request")
    assert "CANARY-SECRET" not in json.dumps(answer)
    assert secrets(game) == {}
    assert game.wns.request_counts() == {}


def test_template_is_stored_and_returned(game: Backend) -> None:
    path = "/apps/my-game/templates/ChallengeReceived"
    assert game.call_as_operator("PUT", path, CHALLENGE)[0] == 201
    assert game.call_as_operator("PUT", path, CHALLENGE)[0] == 200
    status, answer = game.call_as_operator("GET", path)
    assert status == 200
    assert answer["locales"] == CHALLENGE["locales"]
    assert answer["push_enabled"] is True


@pytest.mark.parametrize(
    ("template", "field"),
    [
        (CHALLENGE | {"default_locale": "de"}, "default_locale"),
        (CHALLENGE | {"locales": {}}, "locales"),
        (CHALLENGE | {"locales": {"en": {}}}, "locales"),
        (CHALLENGE | {"locales": {"en": {"sound": {}}}}, "locales"),
        (CHALLENGE | {"locales": {"en": {"toast": {"texts": ["${no name}"]}}}}, "locales"),
        (CHALLENGE | {"options": {"ttl": 5}}, "options"),
    ],
)
def test_invalid_template_is_refused(game: Backend, template: dict[str, Any], field: str) -> None:
    status, answer = game.call_as_operator("PUT", "/apps/my-game/templates/T", template)
    assert status == 422
    assert answer["error"]["details"][0]["field"].startswith(field)
    assert game.items("TemplatesTable") == []


def test_request_that_cannot_become_a_notification_is_refused_on_receipt(game: Backend) -> None:
    put_template(game, "ChallengeReceived", CHALLENGE)
    body = {"audience": {"players": ["player-1"]}, "template": "ChallengeReceived"}
    status, answer = game.call_as_operator("POST", "/apps/my-game/notifications", body)
    assert status == 422
    assert answer["error"]["details"] == [
        {"field": "parameters.challenger", "message": "is missing"}
    ]
    assert game.items("NotificationsTable") == []
    assert game.messages("RequestQueue") == []


@pytest.mark.parametrize(
    "path",
    [
        "/apps/nobodys-game",
        "/apps/my-game/templates/Nope",
        "/apps/my-game/notifications/0123456789abcdef0123456789abcdef",
    ],
)
def test_unknown_app_template_or_notification_is_not_found(game: Backend, path: str) -> None:
    status, answer = game.call_as_operator("GET", path)
    assert (status, answer["error"]["code"]) == (404, "not_found")


def test_notification_of_another_app_is_not_found(game: Backend) -> None:
    put_app(game, "other-game")
    _, answer = post_request(game, request("p"))
    path = f"/apps/other-game/notifications/{answer['notification_id']}"
    assert game.call_as_operator("GET", path)[0] == 404


def test_entra_app_refuses_tile_and_badge_by_name(game: Backend) -> None:
    put_app(game, "sdk-game", identity="entra")
    for kind, content in {"badge": {"value": 1}, "tile": {"medium": ["Hi"]}}.items():
        body = {"audience": {"players": ["p"]}, "notification": {kind: content}}
        status, answer = game.call_as_operator("POST", "/apps/sdk-game/notifications", body)
        assert status == 422, answer
        assert kind in json.dumps(answer["error"]["details"])

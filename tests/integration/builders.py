"""What tests build on: an app, its credentials, templates and channels, bodies to send, and what
devices and records hold afterwards."""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient

from push.notifications.outcomes import decode_outcomes
from tests.integration.backend import AUDIENCE, CLIENT_SECRET, PACKAGE_SID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.integration.backend import Backend

APP = "my-game"
APP_PATH = f"/apps/{APP}"
SETTINGS: dict[str, Any] = {"name": "My Game", "token_audiences": [AUDIENCE]}
CREDENTIALS = {
    "identity": "package_sid",
    "package_sid": PACKAGE_SID,
    "client_secret": CLIENT_SECRET,
}
TEXT = "Servers go down at 18:00"
TOAST: dict[str, Any] = {"toast": {"texts": [TEXT]}}
CHALLENGE: dict[str, Any] = {
    "default_locale": "en",
    "locales": {"en": {"toast": {"texts": ["${challenger} challenges you"]}}},
}


def game_fixture(
    *,
    ready: bool = True,
    templates: Mapping[str, dict[str, Any]] | None = None,
    devices: Mapping[str, str] | None = None,
    **settings: Any,
) -> Any:
    """Return a fixture: the backend with the app `my-game`.

    Args:
        ready: whether the app has credentials and an access token, so that its notifications can
            be sent.
        templates: templates by id.
        devices: players by device; each device gets a channel.
        settings: settings of the app, on top of SETTINGS.
    """

    @pytest.fixture
    def game(backend: Backend) -> Backend:
        backend.wns.put_app(package_sid=PACKAGE_SID, client_secret=CLIENT_SECRET)
        put_app(backend, **settings)
        if ready:
            put_credentials(backend)
        for template_id, template in (templates or {}).items():
            put_template(backend, template_id, template)
        for device, player in (devices or {}).items():
            open_channel(backend, player, device)
        return backend

    return game


def set_shards(monkeypatch: pytest.MonkeyPatch, *, shards: int, topic_shards: int) -> None:
    """Spread channels and subscriptions over fewer shards than the product does, so that a
    broadcast has fewer pages. Call it before anything is registered."""
    numbers = {"SHARDS": shards, "TOPIC_SHARDS": topic_shards}
    names = (
        *("channels.keys", "channels.writes", "channels.topics", "channels.current_uris"),
        *("dispatch.broadcast", "dispatch.expiring"),
    )
    # All before the first is changed: a model that is made then would keep the bound for good.
    for module in [importlib.import_module(f"push.{name}") for name in names]:
        held = numbers.keys() & vars(module).keys()
        assert held, f"{module.__name__} counts no shards any more"
        for number in held:
            monkeypatch.setattr(module, number, numbers[number])


def put_app(game: Backend, app_id: str = APP, **settings: Any) -> None:
    """Store an app's settings, SETTINGS and what is given."""
    status, _ = game.call_as_operator("PUT", f"/apps/{app_id}", SETTINGS | settings)
    assert status in {200, 201}


def put_credentials(game: Backend, app_id: str = APP) -> None:
    """Store an app's credentials and fetch its first access token, as the refresher does when it
    is notified of them."""
    response = game.call_as_operator("PUT", f"/apps/{app_id}/credentials", CREDENTIALS)
    assert response == (204, None)
    assert game.refresh()[app_id] == "refreshed"
    game.messages("own-events")


def open_app(game: Backend, app_id: str = APP, **settings: Any) -> None:
    """Make an app whose notifications can be sent: settings, credentials, access token."""
    game.wns.put_app(package_sid=PACKAGE_SID, client_secret=CLIENT_SECRET)
    put_app(game, app_id, **settings)
    put_credentials(game, app_id)


def put_template(game: Backend, template_id: str, template: dict[str, Any]) -> None:
    """Store a template of the app `my-game`."""
    status, _ = game.call_as_operator("PUT", f"{APP_PATH}/templates/{template_id}", template)
    assert status in {200, 201}


def open_channel(game: Backend, player: str, device: str, app_id: str = APP, **fields: Any) -> str:
    """Give a player's device a channel and register it; return its URI."""
    channel_uri = game.wns.create_channel(app=PACKAGE_SID, device_id=device).channel_uri
    body = {"channel_uri": channel_uri} | fields
    status, _ = game.call_as_player(player, "PUT", f"/apps/{app_id}/channels/{device}", body)
    assert status in {200, 201}
    return channel_uri


def point_channel_at(game: Backend, player: str, device: str, channel_uri: str) -> None:
    """Change a channel's URI in the table, past the checks of registration."""
    game.table("ChannelsTable").update_item(
        Key={"pk": f"{APP}#{player}", "sk": device},
        UpdateExpression="SET channel_uri = :uri",
        ExpressionAttributeValues={":uri": channel_uri},
    )


def request(*players: str, **fields: Any) -> dict[str, Any]:
    """Return a request, as on RequestQueue, for a toast to players; fields replace its own."""
    return {"app_id": APP, "audience": {"players": players}, "notification": TOAST} | fields


def templated(*players: str, template: str, **fields: Any) -> dict[str, Any]:
    """Return a request, as on RequestQueue, for a template to players."""
    whole = request(*players, template=template, **fields)
    del whole["notification"]
    return whole


def post_request(game: Backend, request: dict[str, Any]) -> tuple[int, Any]:
    """Post a request to the API; return status and response."""
    body = {name: value for name, value in request.items() if name != "app_id"}
    return game.call_as_operator("POST", f"{APP_PATH}/notifications", body)


def summary(game: Backend, notification_id: str) -> dict[str, Any]:
    """Return what the API says of a notification."""
    path = f"{APP_PATH}/notifications/{notification_id}"
    status, response = game.call_as_operator("GET", path)
    assert status == 200
    return dict(response)


def cancel(game: Backend, notification_id: str) -> dict[str, Any]:
    """Cancel a notification; return the response."""
    path = f"{APP_PATH}/notifications/{notification_id}"
    status, response = game.call_as_operator("DELETE", path)
    assert status == 200
    return dict(response)


def texts(game: Backend, device: str) -> list[list[str]]:
    """Return the texts of the toasts that a device has shown."""
    return [toast["texts"] for toast in game.wns.device(device).toasts]


def outcomes(game: Backend) -> dict[str, str]:
    """Return the outcome on every channel by `player#device#kind`."""
    return {
        name: record["outcome"]
        for item in game.items("NotificationsTable")
        for name, record in decode_outcomes(item).items()
    }


def records(game: Backend) -> list[dict[str, Any]]:
    """Return the record of every notification: its item `summary`."""
    return [item for item in game.items("NotificationsTable") if item["sk"] == "summary"]


def requests_to_wns(game: Backend, endpoint: str = "notify") -> int:
    """Return how many requests WNS has had: to `notify` or to `token`."""
    counts = game.wns.request_counts()
    return sum(count for name, count in counts.items() if name.startswith(endpoint))


def intercept_aws_calls(
    monkeypatch: pytest.MonkeyPatch,
    intercept: Callable[[Callable[[], Any], Any, str, dict[str, Any]], Any],
) -> None:
    """Put a function in front of every call to AWS; it gets the call, the client, the name of the
    operation and its arguments, those of DynamoDB with Python's values."""
    real = vars(BaseClient)["_make_api_call"]

    def call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        made = partial(real, client, operation, arguments)
        return intercept(made, client, operation, _plain(arguments))

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


def _plain(arguments: Any) -> Any:
    """Return a call's arguments with Python's values for DynamoDB's, such as `{"S": "text"}`."""
    match arguments:
        case {"S": value} | {"N": value} | {"BOOL": value} if len(arguments) == 1:
            return int(value) if "N" in arguments else value
        case dict():
            return {name: _plain(value) for name, value in arguments.items()}
        case list():
            return [_plain(each) for each in arguments]
        case _:
            return arguments


def dead_letter_reason(message: dict[str, Any]) -> str:
    """Return why a message was dead-lettered."""
    return str(message["MessageAttributes"]["reason"]["StringValue"])

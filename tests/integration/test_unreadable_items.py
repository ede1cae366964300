"""An item that this version cannot read is the trouble of what it stands for, and of nothing else;
it is logged by its key, and counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.builders import (
    APP,
    APP_PATH,
    CHALLENGE,
    SETTINGS,
    TEXT,
    game_fixture,
    intercept_aws_calls,
    open_app,
    open_channel,
    put_app,
    put_template,
    request,
    templated,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

pytestmark = pytest.mark.usefixtures("few_shards")
game = game_fixture(devices={"pc": "player-1", "laptop": "player-1"})

UNREADABLE = "stored item cannot be read"


def change_app(game: Backend, app_id: str = APP, **fields: Any) -> None:
    """Change an app's stored settings as another version of the code would."""
    stored = json.loads(game.table("AppsTable").get_item(Key={"pk": app_id})["Item"]["app"])
    game.table("AppsTable").update_item(
        Key={"pk": app_id},
        UpdateExpression="SET app = :app",
        ExpressionAttributeValues={":app": json.dumps(stored | fields)},
    )


def change_channel(
    game: Backend, device: str, *removed: str, player: str = "player-1", **fields: Any
) -> None:
    """Change a stored channel as another version of the code would."""
    key = {"pk": f"{APP}#{player}", "sk": device}
    item = game.table("ChannelsTable").get_item(Key=key)["Item"]
    changed = {name: value for name, value in (item | fields).items() if name not in removed}
    game.table("ChannelsTable").put_item(Item=changed)


class Reports:
    """What was logged and counted about unreadable items."""

    def __init__(self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
        self._caplog = caplog
        self._capfd = capfd

    def read(self) -> list[dict[str, Any]]:
        """Return the log lines; check that each is counted, for no function of its own."""
        found = [vars(each) for each in self._caplog.records if each.message == UNREADABLE]
        lines = self._capfd.readouterr().out.splitlines()
        counted = [json.loads(line) for line in lines if '"ItemsUnreadable"' in line]
        assert [line["service"] for line in counted] == ["any"] * len(found)
        return found


@pytest.fixture
def reports(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Reports:
    return Reports(caplog, capfd)


def register(game: Backend, device: str) -> int:
    uri = f"https://cloud.notify.windows.com/?token={device}"
    path = f"{APP_PATH}/channels/{device}"
    return game.call_as_player("player-1", "PUT", path, {"channel_uri": uri})[0]


def listed(game: Backend) -> list[str]:
    channels = game.call_as_player("player-1", "GET", f"{APP_PATH}/channels")[1]["channels"]
    return sorted(channel["device_id"] for channel in channels)


def test_field_of_a_newer_version_is_ignored(game: Backend) -> None:
    change_app(game, quiet_hours={"from": 22}, defaults={"ttl_seconds": 60, "colour": "red"})
    assert game.call_as_operator("GET", APP_PATH)[1]["defaults"]["ttl_seconds"] == 60
    game.advance(13 * 3600)
    assert game.refresh() == {APP: "refreshed"}
    game.send_request(request("player-1"))
    game.work()
    assert texts(game, "pc") == [[TEXT]]


def test_unreadable_app_is_left_out_of_lists_and_refreshes(game: Backend, reports: Reports) -> None:
    put_app(game, "broken-game")
    change_app(game, "broken-game", identity="passport")
    apps = game.call_as_operator("GET", "/apps")[1]["apps"]
    assert [app["app_id"] for app in apps] == [APP]
    game.advance(13 * 3600)
    assert game.refresh() == {APP: "refreshed"}
    found = reports.read()
    assert len(found) == 2  # one by the list, one by the refresh
    assert {json.dumps(line["key"]) for line in found} == {'{"pk": "broken-game"}'}
    assert found[0]["problems"] == ["identity: literal_error"]


def test_unreadable_app_is_named_and_can_be_put_again(game: Backend) -> None:
    change_app(game, identity="passport")
    status, answer = game.call_as_operator("GET", APP_PATH)
    assert (status, answer["error"]["code"]) == (500, "unreadable")
    assert "app 'my-game'" in answer["error"]["message"]
    assert game.call_as_operator("PUT", APP_PATH, SETTINGS)[0] == 200
    assert game.call_as_operator("GET", APP_PATH)[0] == 200


def test_unreadable_app_holds_up_no_delivery_of_another(game: Backend) -> None:
    open_app(game, "other-game")
    open_channel(game, "player-2", "console", "other-game")
    game.send_request(request("player-1"))
    game.send_request(request("player-2", app_id="other-game"))
    game.handle("RequestQueue")
    change_app(game, identity="passport")
    response = game.handle("DeliveryQueue")
    assert texts(game, "console") == [[TEXT]]
    assert response == {"batchItemFailures": []}
    assert texts(game, "pc") == []


def test_unreadable_template_is_left_out_of_lists(game: Backend) -> None:
    for template_id in ("Good", "Newer", "Broken"):
        put_template(game, template_id, CHALLENGE)
    for template_id, change in (("Newer", {"sound": "loud"}), ("Broken", {"locales": {"en": {}}})):
        game.table("TemplatesTable").update_item(
            Key={"pk": APP, "sk": template_id},
            UpdateExpression="SET #template = :text",
            ExpressionAttributeNames={"#template": "template"},
            ExpressionAttributeValues={
                ":text": json.dumps(CHALLENGE | {"template_id": template_id} | change)
            },
        )
    path = f"{APP_PATH}/templates"
    found = game.call_as_operator("GET", path)[1]["templates"]
    assert [template["template_id"] for template in found] == ["Good", "Newer"]
    assert game.call_as_operator("GET", f"{path}/Broken")[0] == 500
    game.send_request(templated("player-1", template="Newer", parameters={"challenger": "Alex"}))
    game.work()
    assert texts(game, "pc") == [["Alex challenges you"]]


OPTIONAL = ("renewed_at", "registered_at", "subscribed_until", "topics", "locale")


def test_channel_without_times_is_read_and_renewed(game: Backend) -> None:
    change_channel(game, "pc", *OPTIONAL, console="xbox")
    assert listed(game) == ["laptop", "pc"]
    game.send_request(request("player-1"))
    game.work()
    assert (texts(game, "pc"), texts(game, "laptop")) == ([[TEXT]], [[TEXT]])
    assert register(game, "pc") == 200


def test_channel_without_times_can_be_replaced_by_an_eleventh_device(game: Backend) -> None:
    change_channel(game, "pc", *OPTIONAL)
    game.advance(10)
    for number in range(9):
        assert register(game, f"device-{number}") == 201
    assert "pc" not in listed(game) or "laptop" not in listed(game)
    assert len(listed(game)) == 10


@pytest.mark.parametrize("audience", [{"players": ["player-1"]}, {"everyone": True}])
def test_unreadable_channel_is_skipped_and_the_players_other_devices_are_notified(
    game: Backend, reports: Reports, audience: dict[str, Any]
) -> None:
    change_channel(game, "pc", expires_at="soon", renewed_at="then")
    game.send_request(request(audience=audience))
    game.work()
    assert texts(game, "laptop") == [[TEXT]]
    found = reports.read()
    assert {json.dumps(line["key"]) for line in found} == {
        json.dumps({"pk": f"{APP}#player-1", "sk": "pc"})
    }
    assert "notify.windows.com" not in str(found)


@pytest.mark.parametrize("fields", [{"channel_uri": 7}, {"expires_at": "soon"}, {"renewed_at": {}}])
def test_unreadable_channel_is_replaced_by_the_next_registration(
    game: Backend, fields: dict[str, Any]
) -> None:
    change_channel(game, "pc", **fields)
    assert listed(game) == ["laptop"]
    assert register(game, "pc") == 201
    assert listed(game) == ["laptop", "pc"]


def test_unreadable_channel_can_be_removed(game: Backend) -> None:
    change_channel(game, "pc", channel_uri=7)
    path = f"{APP_PATH}/channels/pc"
    assert game.call_as_player("player-1", "DELETE", path) == (204, None)
    assert [item["sk"] for item in game.channels()] == ["laptop"]


def test_app_whose_lease_fails_holds_up_no_other_refresh(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_app(game, "other-game")
    game.advance(13 * 3600)

    def fail(
        call: Callable[[], Any], client: Any, operation: str, arguments: dict[str, Any]
    ) -> Any:
        if operation != "UpdateItem" or arguments["Key"] != {"pk": APP}:
            return call()
        said = {"Error": {"Code": "ThrottlingException", "Message": ""}}
        raise client.exceptions.from_code("ThrottlingException")(said, operation)

    with monkeypatch.context() as broken:
        intercept_aws_calls(broken, fail)
        assert game.refresh() == {APP: "failed", "other-game": "refreshed"}
    assert game.refresh()[APP] == "refreshed"

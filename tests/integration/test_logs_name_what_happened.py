"""Logs say what was done for whom: interactions and erasures, changes by operators, and events that
could not be published. They name notifications and apps, never a player or a device."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.alarms import emitted
from tests.integration.backend import CALLER_ARN
from tests.integration.builders import (
    APP,
    APP_PATH,
    CHALLENGE,
    CREDENTIALS,
    SETTINGS,
    game_fixture,
    open_channel,
    post_request,
    records,
    request,
)
from tests.integration.logs import Log
from tools import template_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.backend import Backend

PLAYER = "player-1"
NOW = 1_700_000_000
EVENTS = ["AppStopped", "ChannelGone", "NotificationInteraction", "NotificationFinished"]
pytestmark = pytest.mark.usefixtures("no_pauses")
game = game_fixture(devices={"console-7": PLAYER}, events=EVENTS, track=True)


class Output:
    """What the functions wrote: log lines and metrics."""

    def __init__(self, log: Log, capfd: pytest.CaptureFixture[str]) -> None:
        self._log = log
        self._capfd = capfd
        capfd.readouterr()

    def read(self) -> tuple[list[dict[str, Any]], dict[str, float]]:
        """Return the lines and the sum of each metric since the last call."""
        text = "".join(self._log.texts)
        assert PLAYER not in text
        assert "console-7" not in text
        sums: dict[str, float] = {}
        for (_, name, _), values in emitted(self._capfd.readouterr().out):
            sums[name] = sums.get(name, 0) + sum(values)
        return self._log.all(), sums

    def lines(self, message: str) -> list[dict[str, Any]]:
        return [each for each in self.read()[0] if each["message"] == message]


@pytest.fixture
def output(game: Backend, capfd: pytest.CaptureFixture[str]) -> Iterator[Output]:
    every = (each["CodeUri"].rpartition("/")[2] for each in template_yaml.functions().values())
    with Log.of(game, *every) as log:
        yield Output(log, capfd)


def send(game: Backend) -> str:
    _, answer = post_request(game, request(PLAYER))
    game.work()
    return str(answer["notification_id"])


def interaction(notification_id: str, device_id: str = "console-7") -> dict[str, Any]:
    return {
        "notification": f"{notification_id}.0",
        "device_id": device_id,
        "kind": "opened",
        "at": NOW,
    }


def report(game: Backend, *interactions: dict[str, Any]) -> int:
    path = f"{APP_PATH}/interactions"
    return game.call_as_player(PLAYER, "POST", path, {"interactions": list(interactions)})[0]


def test_interactions_are_logged_and_counted_by_notification(game: Backend, output: Output) -> None:
    first, second = send(game), send(game)
    output.read()
    taken = interaction(first)
    assert report(game, taken, interaction(second), interaction(second, "stolen")) == 200
    assert report(game, taken) == 200
    lines, sums = output.read()
    found = [
        (each["notification_id"], each["app_id"], each["results"])
        for each in lines
        if each["message"] == "interactions handled"
    ]
    assert found == [
        (first, APP, {"accepted": 1}),
        (second, APP, {"accepted": 1, "not_a_recipient": 1}),
        (first, APP, {"duplicate": 1}),
    ]
    assert (sums["InteractionsAccepted"], sums["InteractionsRefused"]) == (2, 1)


def test_interaction_whose_event_cannot_be_published_is_logged_with_its_notification(
    game: Backend, output: Output
) -> None:
    notification_id = send(game)
    output.read()
    with game.limits.refused_calls("InternalException", 500, service="events"):
        assert report(game, interaction(notification_id)) == 503
    lines, sums = output.read()
    (line,) = [each for each in lines if each["message"] == "request not served"]
    assert line["error_code"] == "EventBridge InternalException"
    assert (line["app_id"], line["notification_ids"]) == (APP, [notification_id])
    assert sums["AwsFailures"] == 1


def test_keys_of_a_request_are_not_in_the_lines_of_the_next(game: Backend, output: Output) -> None:
    report(game, interaction(send(game)))
    output.read()
    path = f"{APP_PATH}/players/{PLAYER}"
    assert game.call_as_operator("DELETE", path)[0] == 200
    (line,) = output.lines("player erased")
    assert "notification_ids" not in line


@pytest.mark.parametrize("by", ["player", "operator"])
def test_erasure_is_logged_and_counted_without_the_players_name(
    game: Backend, output: Output, by: str
) -> None:
    if by == "player":
        assert game.call_as_player(PLAYER, "DELETE", f"{APP_PATH}/me")[0] == 200
    else:
        assert game.call_as_operator("DELETE", f"{APP_PATH}/players/{PLAYER}")[0] == 200
    lines, sums = output.read()
    (line,) = [each for each in lines if each["message"] == "player erased"]
    assert (line["app_id"], line["erased"]["channels"]) == (APP, 1)
    assert line["requested_by"] == ("player" if by == "player" else CALLER_ARN)
    assert sums["PlayersErased"] == 1


def test_failed_erasure_is_logged_without_the_players_name(game: Backend, output: Output) -> None:
    with game.limits.refused_calls("InternalServerError", 500, service="dynamodb"):
        status, _ = game.call_as_operator("DELETE", f"{APP_PATH}/players/{PLAYER}")
    assert status == 503
    (line,) = output.lines("request not served")
    assert (line["app_id"], line["error_code"]) == (APP, "DynamoDB InternalServerError")


def test_changes_by_operators_are_logged_with_who_made_them(game: Backend, output: Output) -> None:
    path = f"{APP_PATH}/templates/Challenge"
    game.call_as_operator("PUT", APP_PATH, SETTINGS)
    game.call_as_operator("PUT", f"{APP_PATH}/credentials", CREDENTIALS)
    game.call_as_operator("PUT", path, CHALLENGE)
    game.call_as_operator("DELETE", path)
    game.call_as_operator("POST", f"{APP_PATH}/resume")
    game.call_as_operator("DELETE", APP_PATH)
    lines = [each for each in output.read()[0] if each["service"] == "operator_api"]
    assert [each["message"] for each in lines] == [
        *("app stored", "credentials stored", "template stored", "template deleted"),
        *("app resumed", "app deleted"),
    ]
    assert {each["app_id"] for each in lines} == {APP}
    assert all(each["by"] == CALLER_ARN for each in lines)


@pytest.mark.parametrize(
    "response", [{"code": 200}, {"code": 410}, {"code": 410, "reason": "Domain Blocked"}], ids=str
)
def test_event_of_a_delivery_that_cannot_be_published_is_logged_with_its_notification(
    game: Backend, output: Output, response: dict[str, Any]
) -> None:
    """NotificationFinished, ChannelGone and AppStopped."""
    if response["code"] != 200:
        game.wns.fail_next(1, **response)
    output.read()
    with game.limits.refused_calls(
        "InternalException", 500, service="events", function="notification_sender"
    ):
        game.send_request(request(PLAYER))
        game.work()
    (record,) = records(game)
    lines, sums = output.read()
    codes = {
        code
        for each in lines
        if each["message"] == "delivery handled" and each["notification_id"] == record["pk"]
        for code in each.get("error_code", "").split(", ")
    }
    assert "EventBridge InternalException" in codes
    assert sums["AwsFailures"] >= 1


def test_channel_whose_end_could_not_be_published_is_logged_and_stays(
    game: Backend, output: Output
) -> None:
    open_channel(game, "player-2", "tv")
    game.wns.fail_next(1, code=410)
    output.read()
    with game.limits.refused_calls("InternalException", 500, service="events"):
        game.send_request(request("player-2"))
        game.work()
    text = json.dumps(output.read()[0])
    assert "EventBridge InternalException" in text
    left = [each for each in game.items("ChannelsTable") if each.get("device_id") == "tv"]
    assert left


@pytest.mark.parametrize(
    ("queue", "body", "error"),
    [
        ("RequestQueue", request(PLAYER) | {"app_id": "unknown"}, "NotFoundError"),
        ("RequestQueue", "not JSON", "MalformedMessageError"),
        ("DeliveryQueue", {"not": "a delivery"}, "MalformedMessageError"),
    ],
)
def test_refused_messages_are_counted_by_reason(
    game: Backend, capfd: pytest.CaptureFixture[str], queue: str, body: Any, error: str
) -> None:
    capfd.readouterr()
    game.put(queue, body)
    game.work()
    counted = [
        dict(dimensions)
        for (_, name, dimensions), _ in emitted(capfd.readouterr().out)
        if name == "MessagesRefused"
    ]
    service = "notification_sender" if queue == "DeliveryQueue" else "dispatcher"
    assert counted == [{"service": service, "error": error}]

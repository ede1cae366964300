"""The flows on the laptop stack: through the HTTP API, the bus, the queues and the scheduler."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from local.stack.stack import LaptopStack

APP = "flow-game"
PACKAGE_SID = "ms-app://S-1-15-2-1111111111-2222222222-3333333333"
SECRET = "a-secret-of-the-flows"
TEMPLATE = {
    "default_locale": "en",
    "locales": {"en": {"toast": {"texts": ["${name} starts"]}, "badge": {"value": "${count}"}}},
}


@pytest.fixture(scope="module")
def game(stack: LaptopStack) -> LaptopStack:
    stack.wns.put_app(package_sid=PACKAGE_SID, client_secret=SECRET)
    settings = {"name": "Flow Game", "token_audiences": ["windows-game"]}
    assert stack.signed_request("PUT", f"/apps/{APP}", settings).status_code == 201
    credentials = {
        "identity": "package_sid",
        "package_sid": PACKAGE_SID,
        "client_secret": SECRET,
    }
    path = f"/apps/{APP}/credentials"
    assert stack.signed_request("PUT", path, credentials).status_code == 204
    stack.wait_until(lambda: has_access_token(stack), 20, "the app has an access token")
    path = f"/apps/{APP}/templates/TournamentStarts"
    assert stack.signed_request("PUT", path, TEMPLATE).status_code == 201
    return stack


def has_access_token(stack: LaptopStack) -> bool:
    names = [each["Name"] for each in stack.client("secretsmanager").list_secrets()["SecretList"]]
    return any(name.endswith(f"/apps/{APP}/access-token") for name in names)


def open_channel(game: LaptopStack, player: str, device: str, **more: Any) -> None:
    channel = game.wns.create_channel(app=PACKAGE_SID, device_id=device)
    answer = game.player_request(
        "PUT",
        f"/apps/{APP}/channels/{device}",
        token=game.player_token(player),
        json={"channel_uri": channel.channel_uri} | more,
    )
    assert answer.status_code == 201, answer.text


def ask(game: LaptopStack, audience: dict[str, Any], **more: Any) -> str:
    body = {
        "audience": audience,
        "template": "TournamentStarts",
        "parameters": {"name": "Spring Cup", "count": 2},
    } | more
    answer = game.signed_request("POST", f"/apps/{APP}/notifications", body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["notification_id"])


def view(game: LaptopStack, notification_id: str) -> dict[str, Any]:
    path = f"/apps/{APP}/notifications/{notification_id}"
    return dict(game.signed_request("GET", path).json())


def wait_for_state(game: LaptopStack, notification_id: str, state: str) -> dict[str, Any]:
    game.wait_until(
        lambda: view(game, notification_id)["state"] == state,
        30,
        f"the notification is {state}",
    )
    return view(game, notification_id)


def texts(game: LaptopStack, device: str) -> list[list[str]]:
    return [toast["texts"] for toast in game.wns.device(device).toasts]


def test_topic_reaches_its_subscribers_with_toast_and_badge(game: LaptopStack) -> None:
    open_channel(game, "anna", "annas-pc", topics=["clan-7"])
    open_channel(game, "bert", "berts-pc", topics=["clan-8"])
    notification_id = ask(game, {"topic": "clan-7"})
    summary = wait_for_state(game, notification_id, "completed")
    assert summary["counts"] == {"delivered": 2}
    assert texts(game, "annas-pc") == [["Spring Cup starts"]]
    assert game.wns.device("annas-pc").badge == "2"
    assert texts(game, "berts-pc") == []


def test_everyone_is_reached_through_every_shard(game: LaptopStack) -> None:
    for number in range(5):
        open_channel(game, f"crowd-{number}", f"crowd-pc-{number}")
    summary = wait_for_state(game, ask(game, {"everyone": True}), "completed")
    assert (summary["shards"], summary["shards_done"]) == (64, 64)
    assert [len(texts(game, f"crowd-pc-{number}")) for number in range(5)] == [1] * 5


def test_request_for_a_moment_later_is_sent_then(game: LaptopStack) -> None:
    open_channel(game, "cora", "coras-pc")
    send_at = datetime.now(UTC) + timedelta(seconds=3)
    notification_id = ask(game, {"players": ["cora"]}, send_at=send_at.isoformat())
    wait_for_state(game, notification_id, "completed")
    (toast,) = game.wns.device("coras-pc").toasts
    assert toast["arrived_at"] >= send_at.timestamp()


def test_request_for_tomorrow_is_scheduled_and_may_be_cancelled(game: LaptopStack) -> None:
    send_at = datetime.now(UTC) + timedelta(days=1)
    notification_id = ask(game, {"players": ["cora"]}, send_at=send_at.isoformat())
    wait_for_state(game, notification_id, "scheduled")
    scheduler = game.client("scheduler")
    group = game.resources["RequestSchedules"]
    schedule = scheduler.get_schedule(Name=notification_id, GroupName=group)
    assert schedule["ScheduleExpression"] == f"at({send_at:%Y-%m-%dT%H:%M:%S})"
    path = f"/apps/{APP}/notifications/{notification_id}"
    assert game.signed_request("DELETE", path).json()["state"] == "cancelled"
    names = [each["Name"] for each in scheduler.list_schedules(GroupName=group)["Schedules"]]
    assert notification_id not in names


def test_schedule_that_is_due_sends_its_request(game: LaptopStack) -> None:
    """The very target, role and input that a request for tomorrow makes, due now."""
    open_channel(game, "dora", "doras-pc")
    send_at = datetime.now(UTC) + timedelta(seconds=960)  # over 900 when it is dispatched
    notification_id = ask(game, {"players": ["dora"]}, send_at=send_at.isoformat())
    wait_for_state(game, notification_id, "scheduled")
    scheduler = game.client("scheduler")
    group = game.resources["RequestSchedules"]
    target = scheduler.get_schedule(Name=notification_id, GroupName=group)["Target"]
    past = datetime.now(UTC) - timedelta(seconds=1)
    target["Input"] = json.dumps(json.loads(target["Input"]) | {"send_at": past.isoformat()})
    # Another time is another content, which would be refused under the same id.
    game.client("dynamodb").update_item(
        TableName=game.outputs["NotificationsTableName"],
        Key={"pk": {"S": notification_id}, "sk": {"S": "summary"}},
        UpdateExpression="REMOVE content_hash",
    )
    scheduler.create_schedule(
        Name="now",
        GroupName=group,
        ScheduleExpression=f"at({past:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target=target,
    )
    wait_for_state(game, notification_id, "completed")
    assert texts(game, "doras-pc") == [["Spring Cup starts"]]


def test_malformed_message_is_dead_lettered_and_the_next_one_delivered(game: LaptopStack) -> None:
    open_channel(game, "emil", "emils-pc")
    request = {
        "app_id": APP,
        "audience": {"players": ["emil"]},
        "notification": {"toast": {"texts": ["Still here"]}},
    }
    sqs = game.client("sqs")
    sqs.send_message_batch(
        QueueUrl=game.outputs["RequestQueueUrl"],
        Entries=[
            {"Id": "bad", "MessageBody": "{not JSON"},
            {"Id": "good", "MessageBody": json.dumps(request)},
        ],
    )
    game.wait_until(lambda: bool(texts(game, "emils-pc")), 20, "the neighbour is delivered")
    answer = sqs.receive_message(
        QueueUrl=game.outputs["RefusedDlqUrl"],
        MessageAttributeNames=["All"],
        WaitTimeSeconds=5,
    )
    (dead,) = answer["Messages"]
    assert dead["Body"] == "{not JSON"
    assert dead["MessageAttributes"]["reason"]["StringValue"] == "the message is not valid JSON"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"channel_uri": "https://notify.windows.com.evil.example/?token=x"}, 422),
        ({"channel_uri": "http://cloud.notify.windows.com/?token=x"}, 422),
        ({}, 422),
    ],
)
def test_bad_registration_is_refused_and_stores_nothing(
    game: LaptopStack, body: dict[str, Any], status: int
) -> None:
    token = game.player_token("mallory")
    path = f"/apps/{APP}/channels/pc"
    answer = game.player_request("PUT", path, token=token, json=body)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == "invalid_request"
    listed = game.player_request("GET", f"/apps/{APP}/channels", token=token)
    assert listed.json() == {"channels": []}


def test_five_concurrent_requests_notify_once_each(game: LaptopStack) -> None:
    """The same event five times: one notification."""
    open_channel(game, "fred", "freds-pc")
    detail = {
        "request_id": "cup-1",
        "app_id": APP,
        "audience": {"players": ["fred"]},
        "parameters": {"name": "Spring Cup", "count": 1},
    }
    entry = {
        "EventBusName": game.outputs["GameEventBusName"],
        "Source": "game.tournaments",
        "DetailType": "TournamentStarts",
        "Detail": json.dumps(detail),
    }
    answer = game.client("events").put_events(Entries=[entry] * 5)
    assert answer["FailedEntryCount"] == 0
    game.wait_until(lambda: bool(texts(game, "freds-pc")), 20, "the player is notified")
    quiet_until = time.monotonic() + 3
    game.wait_until(lambda: time.monotonic() > quiet_until, 10, "nothing more comes")
    sent = [
        each
        for each in game.wns.requests()
        if each.get("device_id") == "freds-pc" and each["type"] == "wns/toast"
    ]
    assert len(sent) == 1

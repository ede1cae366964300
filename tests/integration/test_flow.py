"""From a game event to what a device shows, through every handler."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from push.requests.models import Request
from tests.integration.backend import CLIENT_SECRET, PACKAGE_SID, sqs_event

if TYPE_CHECKING:
    from tests.integration.backend import Backend

CHALLENGE = {
    "default_locale": "en-US",
    "locales": {
        "en-US": {
            "toast": {
                "texts": ["${challenger} challenges you"],
                "audio": {"src": "ms-winsoundevent:Notification.IM"},
            },
            "badge": {"value": 1},
        },
        "de": {"toast": {"texts": ["${challenger} fordert dich heraus"]}},
    },
}
TEMPLATE_PATH = "/apps/my-game/templates/ChallengeReceived"


@pytest.fixture
def game(backend: Backend) -> Backend:
    backend.open_app()
    backend.messages("own-events")
    assert backend.call_as_operator("PUT", TEMPLATE_PATH, CHALLENGE)[0] == 201
    return backend


def challenge(*players: str, challenger: str = "Alex", **more: Any) -> dict[str, Any]:
    return {
        "app_id": "my-game",
        "audience": {"players": list(players)},
        "parameters": {"challenger": challenger},
    } | more


def filled_challenge(*players: str, **more: Any) -> dict[str, Any]:
    return challenge(*players, **more) | {"template": "ChallengeReceived"}


def maintenance(player: str, **more: Any) -> dict[str, Any]:
    return {
        "app_id": "my-game",
        "audience": {"players": [player]},
        "notification": {"toast": {"texts": ["Servers go down at 18:00"]}},
    } | more


def texts(game: Backend, device: str) -> list[list[str]]:
    return [toast["texts"] for toast in game.wns.device(device).toasts]


def outcomes(game: Backend) -> dict[str, str]:
    """Return every recorded outcome by name."""
    return {
        name: json.loads(record)["outcome"]
        for item in game.items("NotificationsTable")
        for name, record in item.get("outcomes", {}).items()
    }


def notify_requests(game: Backend) -> int:
    counts = game.wns.request_counts()
    return sum(count for name, count in counts.items() if name.startswith("notify"))


def test_game_event_becomes_toast_sound_and_badge(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    game.publish("ChallengeReceived", challenge("player-1"))
    game.work()
    shown = game.wns.device("pc")
    assert texts(game, "pc") == [["Alex challenges you"]]
    assert shown.sounds == ["ms-winsoundevent:Notification.IM"]
    assert shown.badge == "1"


def test_every_device_of_every_player_is_told_in_its_language(game: Backend) -> None:
    game.open_channel("player-1", "pc", locale="en-GB")
    game.open_channel("player-1", "laptop", locale="de-AT")
    game.open_channel("player-2", "other-pc")
    game.open_channel("player-3", "bystander")
    game.send_request(filled_challenge("player-1", "player-2"))
    game.work()
    assert texts(game, "pc") == [["Alex challenges you"]]
    assert texts(game, "laptop") == [["Alex fordert dich heraus"]]
    assert texts(game, "other-pc") == [["Alex challenges you"]]
    assert texts(game, "bystander") == []


def test_parameters_are_escaped_once(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    game.send_request(filled_challenge("player-1", challenger="<b>&amp; ${challenger}"))
    game.work()
    assert texts(game, "pc") == [["<b>&amp; ${challenger} challenges you"]]


def test_accepted_request_ends_in_an_outcome_for_every_device(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    status, answer = game.call_as_operator(
        "POST",
        "/apps/my-game/notifications",
        {
            "audience": {"players": ["player-1"]},
            "template": "ChallengeReceived",
            "parameters": {"challenger": "Alex"},
        },
    )
    assert status == 202
    path = f"/apps/my-game/notifications/{answer['notification_id']}"
    assert game.call_as_operator("GET", path)[1]["state"] == "accepted"
    game.work()
    status, view = game.call_as_operator("GET", path)
    assert status == 200
    assert view["state"] == "completed"
    assert view["counts"] == {"delivered": 2}
    assert (view["recipients"], view["deliveries"], view["finished"]) == (1, 1, 1)
    record = view["outcomes"]["player-1#pc#toast"]
    assert record["outcome"] == "delivered"
    assert record["status_code"] == 200
    assert record["device_status"] == "connected"
    assert record["msg_id"]


def test_same_request_again_is_the_same_notification_and_not_sent_twice(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    request = maintenance("player-1", request_id="maintenance-7")
    body = {key: request[key] for key in request if key != "app_id"}
    first = game.call_as_operator("POST", "/apps/my-game/notifications", body)
    game.work()
    game.send_request(request)
    game.publish("Whatever", request)
    game.work()
    again = game.call_as_operator("POST", "/apps/my-game/notifications", body)
    game.work()
    assert first == again
    assert texts(game, "pc") == [["Servers go down at 18:00"]]


@pytest.mark.parametrize("road", ["api", "bus", "queue"])
def test_three_roads_in_make_the_same_notification(game: Backend, road: str) -> None:
    game.open_channel("player-1", "pc")
    request = filled_challenge("player-1", request_id="r-1")
    if road == "api":
        body = {name: value for name, value in request.items() if name != "app_id"}
        assert game.call_as_operator("POST", "/apps/my-game/notifications", body)[0] == 202
    elif road == "bus":
        game.publish("ChallengeReceived", request)
    else:
        game.send_request(request)
    game.work()
    assert texts(game, "pc") == [["Alex challenges you"]]
    summaries = [item for item in game.items("NotificationsTable") if item["sk"] == "summary"]
    assert [item["pk"] for item in summaries] == [Request.model_validate(request).notification_id]
    assert outcomes(game) == {"player-1#pc#toast": "delivered", "player-1#pc#badge": "delivered"}


def test_queue_messages_delivered_twice_tell_once(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    game.send_request(filled_challenge("player-1", request_id="r-1"))
    requests = sqs_event(game.messages("RequestQueue"))
    game.invoke("dispatcher", requests)
    game.invoke("dispatcher", requests)
    deliveries = sqs_event(game.messages("DeliveryQueue"))
    game.invoke("notification_sender", deliveries)
    game.invoke("notification_sender", deliveries)
    assert texts(game, "pc") == [["Alex challenges you"]]
    assert notify_requests(game) == 2  # one toast, one badge


def test_half_dispatched_request_is_finished_by_its_second_coming(game: Backend) -> None:
    for number in range(25):
        game.open_channel(f"player-{number}", f"pc-{number}")
    players = [f"player-{number}" for number in range(25)]
    game.send_request(maintenance("player-0", audience={"players": players}, request_id="r-1"))
    requests = sqs_event(game.messages("RequestQueue"))
    game.invoke("dispatcher", requests)
    lost_halfway = game.messages("DeliveryQueue")
    assert len(lost_halfway) == 3
    game.send_delivery(lost_halfway[0]["Body"])
    summary = {"pk": json.loads(lost_halfway[0]["Body"])["notification_id"], "sk": "summary"}
    game.table("NotificationsTable").update_item(
        Key=summary,
        UpdateExpression="SET #state = :accepted",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":accepted": "accepted"},
    )
    game.work()
    game.invoke("dispatcher", requests)
    game.work()
    for number in range(25):
        assert texts(game, f"pc-{number}") == [["Servers go down at 18:00"]]


def test_gone_channel_is_removed(game: Backend) -> None:
    game.wns.close_channel(game.open_channel("player-1", "pc"))
    game.send_request(maintenance("player-1"))
    game.work()
    assert outcomes(game) == {"player-1#pc#toast": "channel_gone"}
    assert game.channels() == []


def test_unknown_channel_is_removed(game: Backend) -> None:
    game.wns.forget_channel(game.open_channel("player-1", "pc"))
    game.send_request(maintenance("player-1"))
    game.work()
    assert outcomes(game) == {"player-1#pc#toast": "channel_gone"}
    assert game.channels() == []


def test_gone_channel_stays_if_it_was_renewed_meanwhile(game: Backend) -> None:
    game.wns.close_channel(game.open_channel("player-1", "pc"))
    game.send_request(maintenance("player-1"))
    game.invoke("dispatcher", sqs_event(game.messages("RequestQueue")))
    renewed = game.open_channel("player-1", "pc")
    game.work()
    assert [item["channel_uri"] for item in game.channels()] == [renewed]


def test_expired_channel_is_not_sent_to_before_dynamodb_deletes_it(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    game.advance(30 * 24 * 3600 + 1)
    game.refresh()
    game.send_request(maintenance("player-1"))
    game.work()
    assert len(game.channels()) == 1
    assert notify_requests(game) == 0


def test_rejected_token_is_replaced_by_a_newer_stored_one_and_sent_once_more(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    game.send_request(maintenance("player-1", request_id="before"))
    game.work()
    game.wns.revoke_tokens()
    game.advance(13 * 3600)
    assert game.refresh() == {"my-game": "refreshed"}
    game.clock.ahead -= 13 * 3600  # the sender still holds the old token in its cache
    game.send_request(maintenance("player-1", request_id="after"))
    game.work()
    assert outcomes(game) == {"player-1#pc#toast": "delivered"}
    assert len(texts(game, "pc")) == 2
    assert game.messages("own-events") == []


def test_rejected_token_without_a_newer_one_asks_for_one_and_sends_later(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    game.advance(1000)
    game.wns.revoke_tokens()
    game.send_request(maintenance("player-1"))
    game.work()
    assert texts(game, "pc") == []
    (event,) = [json.loads(message["Body"]) for message in game.messages("own-events")]
    assert event["detail-type"] == "AccessTokenRejected"
    assert event["detail"]["app_id"] == "my-game"
    assert game.invoke("token_refresher", event) == {"my-game": "refreshed"}
    game.advance(30)
    game.work()
    assert texts(game, "pc") == [["Servers go down at 18:00"]]
    assert outcomes(game) == {"player-1#pc#toast": "delivered"}


def test_notification_is_resent_once_at_most_for_a_rejected_token(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    game.wns.fail_share(1.0, code=401)
    game.send_request(maintenance("player-1"))
    for _ in range(5):
        game.work()
        for message in game.messages("own-events"):
            game.invoke("token_refresher", json.loads(message["Body"]))
        game.advance(900)
    assert outcomes(game) == {"player-1#pc#toast": "token_rejected"}
    assert notify_requests(game) == 2


def test_without_an_access_token_nothing_is_sent_until_there_is_one(backend: Backend) -> None:
    backend.wns.put_app(package_sid=PACKAGE_SID, client_secret=CLIENT_SECRET)
    settings = {"name": "My Game", "token_audiences": ["windows-game"]}
    backend.call_as_operator("PUT", "/apps/my-game", settings)
    backend.open_channel("player-1", "pc")
    backend.send_request(maintenance("player-1"))
    backend.work()
    assert notify_requests(backend) == 0
    backend.call_as_operator(
        "PUT",
        "/apps/my-game/credentials",
        {
            "identity": "package_sid",
            "package_sid": PACKAGE_SID,
            "client_secret": CLIENT_SECRET,
        },
    )
    backend.refresh()
    backend.advance(60)
    backend.work()
    assert texts(backend, "pc") == [["Servers go down at 18:00"]]


@pytest.mark.parametrize("fault", [{"code": 503}, {"code": 500}, {"reset": True}])
def test_unavailable_wns_is_tried_again_until_it_serves(
    game: Backend, fault: dict[str, Any]
) -> None:
    game.open_channel("player-1", "pc")
    game.wns.fail_next(3, **fault)
    game.send_request(maintenance("player-1"))
    for _ in range(4):
        game.work()
        game.advance(900)
    assert texts(game, "pc") == [["Servers go down at 18:00"]]
    assert outcomes(game) == {"player-1#pc#toast": "delivered"}
    assert game.messages("DeliveryDlq") == []


@pytest.mark.parametrize("lost", [{"reset": True}, {"code": 503}])
def test_toast_whose_answer_was_lost_is_on_the_device_once(
    game: Backend, lost: dict[str, Any]
) -> None:
    game.open_channel("player-1", "pc")
    game.wns.fail_next(1, accepted=True, **lost)
    game.send_request(maintenance("player-1"))
    game.work()
    game.advance(900)
    game.work()
    assert texts(game, "pc") == [["Servers go down at 18:00"]]
    assert outcomes(game) == {"player-1#pc#toast": "delivered"}


def test_toasts_of_different_notifications_do_not_replace_each_other(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    for number in range(3):
        game.send_request(maintenance("player-1", request_id=f"r-{number}"))
    game.work()
    assert len(texts(game, "pc")) == 3


def test_what_ends_differently_is_put_back_alone(game: Backend) -> None:
    throttled = game.open_channel("player-1", "pc")
    game.open_channel("player-2", "laptop")
    game.wns.throttle_channel(throttled, seconds=1200, retry_after=1200)
    game.send_request(maintenance("x", audience={"players": ["player-1", "player-2"]}))
    game.work()
    assert outcomes(game) == {"player-2#laptop#toast": "delivered"}
    for _ in range(3):
        game.advance(500)
        game.work()
    assert texts(game, "pc") == [["Servers go down at 18:00"]]
    assert texts(game, "laptop") == [["Servers go down at 18:00"]]
    assert notify_requests(game) == 3  # not once more before the 1,200 s were over


def test_notification_not_sent_in_time_expires(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    game.wns.fail_share(1.0, code=503)
    game.send_request(maintenance("player-1", options={"ttl_seconds": 600}))
    game.work()
    game.wns.clear_faults()
    game.advance(601)
    game.work()
    assert outcomes(game) == {"player-1#pc#toast": "expired"}
    assert texts(game, "pc") == []


def test_ttl_sent_to_wns_is_what_is_left_of_the_life(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    game.send_request(maintenance("player-1", options={"ttl_seconds": 600}))
    game.invoke("dispatcher", sqs_event(game.messages("RequestQueue")))
    game.advance(200)
    game.work()
    (sent,) = [each for each in game.wns.requests() if each["endpoint"] == "notify"]
    ttl = {name.lower(): value for name, value in sent["headers"].items()}["x-wns-ttl"]
    assert 390 <= int(ttl) <= 400


def test_host_changed_in_the_table_is_never_contacted(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    game.table("ChannelsTable").update_item(
        Key={"pk": "my-game#player-1", "sk": "pc"},
        UpdateExpression="SET channel_uri = :uri",
        ExpressionAttributeValues={":uri": "https://attacker.example/?token=x"},
    )
    before = len(game.wns.requests())
    game.send_request(maintenance("player-1"))
    game.work()
    assert outcomes(game) == {"player-1#pc#toast": "refused"}
    assert len(game.wns.requests()) == before


def test_killed_workers_successor_repeats_nothing_that_was_recorded(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        game.open_channel(f"player-{number // 10}", f"pc-{number}")
    players = [f"player-{number}" for number in range(6)]
    game.send_request(maintenance("x", audience={"players": players}))
    game.invoke("dispatcher", sqs_event(game.messages("RequestQueue")))
    (message,) = game.messages("DeliveryQueue")
    sender = game.handler("notification_sender")

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as killing:
        killing.setattr(type(sender.claims), "close", die)
        with pytest.raises(SystemExit):
            game.invoke("notification_sender", sqs_event([message]))
    recorded = set(outcomes(game))
    assert 50 <= len(recorded) < 60
    game.advance(400)
    assert game.invoke("notification_sender", sqs_event([message])) == {"batchItemFailures": []}
    told = {f"player-{n // 10}#pc-{n}#toast": len(texts(game, f"pc-{n}")) for n in range(60)}
    assert all(count >= 1 for count in told.values())
    assert {name for name, count in told.items() if count > 1}.isdisjoint(recorded)
    path = f"/apps/my-game/notifications/{json.loads(message['Body'])['notification_id']}"
    assert game.call_as_operator("GET", path)[1]["counts"] == {"delivered": 60}


def test_delivery_that_another_worker_holds_stays_on_the_queue(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    game.send_request(maintenance("player-1"))
    game.invoke("dispatcher", sqs_event(game.messages("RequestQueue")))
    (message,) = game.messages("DeliveryQueue")
    body = json.loads(message["Body"])
    game.table("NotificationsTable").put_item(
        Item={
            "pk": body["notification_id"],
            "sk": "chunk#0",
            "attempt": 0,
            "owner": message["MessageId"],
            "lease_until": int(game.clock.time()) + 60,
            "outcomes": {},
            "counted_through": -1,
            "finished": False,
        }
    )
    failures = game.invoke("notification_sender", sqs_event([message]))
    assert failures == {"batchItemFailures": [{"itemIdentifier": message["MessageId"]}]}
    assert texts(game, "pc") == []
    game.advance(120)
    assert game.invoke("notification_sender", sqs_event([message])) == {"batchItemFailures": []}
    assert texts(game, "pc") == [["Servers go down at 18:00"]]


def test_switched_off_template_suppresses(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    game.call_as_operator("PUT", TEMPLATE_PATH, CHALLENGE | {"push_enabled": False})
    game.send_request(filled_challenge("player-1"))
    game.work()
    assert texts(game, "pc") == []
    assert [item["state"] for item in game.items("NotificationsTable")] == ["suppressed"]


def test_switched_off_app_suppresses(game: Backend) -> None:
    game.open_channel("player-1", "pc")
    settings = {"name": "My Game", "token_audiences": ["windows-game"], "enabled": False}
    game.call_as_operator("PUT", "/apps/my-game", settings)
    game.send_request(filled_challenge("player-1"))
    game.work()
    assert texts(game, "pc") == []


def test_player_without_channels_completes_with_nothing_sent(game: Backend) -> None:
    body = {"audience": {"players": ["nobody"]}, "notification": {"badge": {"value": 3}}}
    _, answer = game.call_as_operator("POST", "/apps/my-game/notifications", body)
    game.work()
    path = f"/apps/my-game/notifications/{answer['notification_id']}"
    view = game.call_as_operator("GET", path)[1]
    assert view["state"] == "completed"
    assert view["counts"] == {}


BAD_REQUESTS: dict[str, tuple[Any, str]] = {
    "not JSON": ("{not JSON", "not valid JSON"),
    "a list": ([], "valid dictionary"),
    "null": ("null", "valid dictionary"),
    "without an app": ({"audience": {"players": ["p"]}, "template": "T"}, "app_id"),
    "unknown field": (maintenance("p", colour="red"), "colour"),
    "unknown app": (maintenance("p", app_id="nobodys-game"), "no app 'nobodys-game'"),
    "unknown template": (challenge("p", template="Nope"), "no template 'Nope'"),
    "missing parameter": (
        challenge("p", template="ChallengeReceived", parameters={}),
        "more parameters",
    ),
    "no content": (
        {"app_id": "my-game", "audience": {"players": ["p"]}},
        "either template or notif",
    ),
    "too many players": (maintenance("p", audience={"players": ["p"] * 1001}), "audience.players"),
    "too large": (
        maintenance("p", notification={"toast": {"texts": ["x" * 5001]}}),
        "WNS would reject",
    ),
}


@pytest.mark.parametrize("case", BAD_REQUESTS)
def test_bad_request_is_set_aside_with_its_reason_and_its_neighbour_delivered(
    game: Backend, case: str
) -> None:
    body, reason = BAD_REQUESTS[case]
    game.open_channel("player-1", "pc")
    game.send_request(body)
    game.send_request(maintenance("player-1"))
    game.work()
    (dead,) = game.messages("RequestDlq")
    assert dead["Body"] == (body if isinstance(body, str) else json.dumps(body))
    assert reason in dead["MessageAttributes"]["reason"]["StringValue"]
    assert texts(game, "pc") == [["Servers go down at 18:00"]]


@pytest.mark.parametrize("body", ["{", "[]", '{"notification_id": "x"}'])
def test_bad_delivery_is_set_aside_with_its_reason(game: Backend, body: str) -> None:
    game.send_delivery(body)
    game.work()
    (dead,) = game.messages("DeliveryDlq")
    assert dead["Body"] == body
    assert "not a delivery" in dead["MessageAttributes"]["reason"]["StringValue"]

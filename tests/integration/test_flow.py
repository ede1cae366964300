"""From a game event to what a device shows, through every handler."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from push.delivery.window import SIZES
from push.requests.models import Request
from tests.integration.backend import CLIENT_SECRET, PACKAGE_SID
from tests.integration.builders import (
    TEXT,
    dead_letter_reason,
    game_fixture,
    open_channel,
    outcomes,
    point_channel_at,
    post_request,
    put_app,
    put_credentials,
    put_template,
    records,
    request,
    requests_to_wns,
    summary,
    templated,
    texts,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

WINDOW = SIZES["direct"]

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
game = game_fixture(templates={"ChallengeReceived": CHALLENGE})


def challenge(*players: str, challenger: str = "Alex", **more: Any) -> dict[str, Any]:
    parameters = {"challenger": challenger}
    return templated(*players, **{"template": "ChallengeReceived", "parameters": parameters} | more)


def test_game_event_becomes_toast_sound_and_badge(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.publish("ChallengeReceived", challenge("player-1"))
    game.work()
    shown = game.wns.device("pc")
    assert texts(game, "pc") == [["Alex challenges you"]]
    assert shown.sounds == ["ms-winsoundevent:Notification.IM"]
    assert shown.badge == "1"


def test_every_device_of_every_player_is_notified_in_its_language(game: Backend) -> None:
    open_channel(game, "player-1", "pc", locale="en-GB")
    open_channel(game, "player-1", "laptop", locale="de-AT")
    open_channel(game, "player-2", "other-pc")
    open_channel(game, "player-3", "bystander")
    game.send_request(challenge("player-1", "player-2"))
    game.work()
    assert texts(game, "pc") == [["Alex challenges you"]]
    assert texts(game, "laptop") == [["Alex fordert dich heraus"]]
    assert texts(game, "other-pc") == [["Alex challenges you"]]
    assert texts(game, "bystander") == []


def test_parameters_are_escaped_once(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.send_request(challenge("player-1", challenger="<b>&amp; ${challenger}"))
    game.work()
    assert texts(game, "pc") == [["<b>&amp; ${challenger} challenges you"]]


def test_accepted_request_ends_in_an_outcome_for_every_device(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    status, answer = post_request(game, challenge("player-1"))
    assert status == 202
    assert summary(game, answer["notification_id"])["state"] == "accepted"
    game.work()
    view = summary(game, answer["notification_id"])
    assert view["state"] == "completed"
    assert view["counts"] == {"delivered": 2}
    assert (view["recipients"], view["deliveries"], view["finished"]) == (1, 1, 1)
    record = view["outcomes"]["player-1#pc#toast"]
    assert record["outcome"] == "delivered"
    assert record["status_code"] == 200
    assert record["device_status"] == "connected"
    assert record["msg_id"]


def test_same_request_again_is_the_same_notification_and_not_sent_twice(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    message = request("player-1", request_id="maintenance-7")
    first = post_request(game, message)
    game.work()
    game.send_request(message)
    game.publish("Whatever", message)
    game.work()
    again = post_request(game, message)
    game.work()
    assert first == again
    assert texts(game, "pc") == [[TEXT]]


@pytest.mark.parametrize("road", ["api", "bus", "queue"])
def test_api_bus_and_queue_make_the_same_notification(game: Backend, road: str) -> None:
    open_channel(game, "player-1", "pc")
    message = challenge("player-1", request_id="r-1")
    if road == "api":
        assert post_request(game, message)[0] == 202
    elif road == "bus":
        game.publish("ChallengeReceived", message)
    else:
        game.send_request(message)
    game.work()
    assert texts(game, "pc") == [["Alex challenges you"]]
    summaries = [item for item in game.items("NotificationsTable") if item["sk"] == "summary"]
    assert [item["pk"] for item in summaries] == [Request.model_validate(message).notification_id]
    assert outcomes(game) == {"player-1#pc#toast": "delivered", "player-1#pc#badge": "delivered"}


def test_queue_messages_delivered_twice_notify_once(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.send_request(challenge("player-1", request_id="r-1"))
    requests = game.messages("RequestQueue")
    game.handle("RequestQueue", requests)
    game.handle("RequestQueue", requests)
    deliveries = game.messages("DeliveryQueue")
    game.handle("DeliveryQueue", deliveries)
    game.handle("DeliveryQueue", deliveries)
    assert texts(game, "pc") == [["Alex challenges you"]]
    assert requests_to_wns(game) == 2  # one toast, one badge


def test_half_dispatched_request_is_finished_when_redelivered(game: Backend) -> None:
    for number in range(25):
        open_channel(game, f"player-{number}", f"pc-{number}")
    players = [f"player-{number}" for number in range(25)]
    game.send_request(request(*players, request_id="r-1"))
    requests = game.messages("RequestQueue")
    game.handle("RequestQueue", requests)
    lost_halfway = game.messages("DeliveryQueue")
    assert len(lost_halfway) == 3
    game.put("DeliveryQueue", lost_halfway[0]["Body"])
    summary = {"pk": json.loads(lost_halfway[0]["Body"])["notification_id"], "sk": "summary"}
    game.table("NotificationsTable").update_item(
        Key=summary,
        UpdateExpression="SET #state = :accepted",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":accepted": "accepted"},
    )
    game.work()
    game.handle("RequestQueue", requests)
    game.work()
    for number in range(25):
        assert texts(game, f"pc-{number}") == [[TEXT]]


def test_gone_channel_is_removed(game: Backend) -> None:
    game.wns.close_channel(open_channel(game, "player-1", "pc"))
    game.send_request(request("player-1"))
    game.work()
    assert outcomes(game) == {"player-1#pc#toast": "channel_gone"}
    assert game.channels() == []


def test_unknown_channel_is_removed(game: Backend) -> None:
    game.wns.forget_channel(open_channel(game, "player-1", "pc"))
    game.send_request(request("player-1"))
    game.work()
    assert outcomes(game) == {"player-1#pc#toast": "channel_gone"}
    assert game.channels() == []


def test_gone_channel_stays_if_it_was_renewed_meanwhile(game: Backend) -> None:
    game.wns.close_channel(open_channel(game, "player-1", "pc"))
    game.send_request(request("player-1"))
    game.handle("RequestQueue")
    renewed = open_channel(game, "player-1", "pc")
    game.work()
    assert [item["channel_uri"] for item in game.channels()] == [renewed]


def test_expired_channel_is_not_sent_to_before_dynamodb_deletes_it(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.advance(30 * 24 * 3600 + 1)
    game.refresh()
    game.send_request(request("player-1"))
    game.work()
    assert len(game.channels()) == 1
    assert requests_to_wns(game) == 0


def test_rejected_token_is_replaced_by_a_newer_stored_one_and_sent_once_more(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.send_request(request("player-1", request_id="before"))
    game.work()
    game.wns.revoke_tokens()
    game.advance(13 * 3600)
    assert game.refresh() == {"my-game": "refreshed"}
    game.clock.ahead -= 13 * 3600  # the sender still holds the old token in its cache
    game.send_request(request("player-1", request_id="after"))
    game.work()
    assert outcomes(game) == {"player-1#pc#toast": "delivered"}
    assert len(texts(game, "pc")) == 2
    assert game.messages("own-events") == []


def test_rejected_token_without_a_newer_one_requests_one_and_sends_later(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.advance(1000)
    game.wns.revoke_tokens()
    game.send_request(request("player-1"))
    game.work()
    assert texts(game, "pc") == []
    (event,) = [json.loads(message["Body"]) for message in game.messages("own-events")]
    assert event["detail-type"] == "AccessTokenRejected"
    assert event["detail"]["app_id"] == "my-game"
    assert game.invoke("token_refresher", event) == {"my-game": "refreshed"}
    game.advance(30)
    game.work()
    assert texts(game, "pc") == [[TEXT]]
    assert outcomes(game) == {"player-1#pc#toast": "delivered"}


def test_notification_is_sent_once_at_most_with_each_rejected_token(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.wns.fail_share(1.0, code=401)
    game.send_request(request("player-1"))
    refreshed = 0
    for _ in range(8):
        game.work()
        for message in game.messages("own-events"):
            event = json.loads(message["Body"])
            refreshed += game.invoke("token_refresher", event) == {"my-game": "refreshed"}
        game.advance(900)
    assert refreshed > 2
    assert 1 + refreshed >= requests_to_wns(game) > 2
    game.wns.clear_faults()
    game.advance(900)
    game.work()
    assert texts(game, "pc") == [[TEXT]]


def test_without_an_access_token_nothing_is_sent_until_there_is_one(backend: Backend) -> None:
    backend.wns.put_app(package_sid=PACKAGE_SID, client_secret=CLIENT_SECRET)
    put_app(backend)
    open_channel(backend, "player-1", "pc")
    backend.send_request(request("player-1"))
    backend.work()
    assert requests_to_wns(backend) == 0
    put_credentials(backend)
    backend.advance(60)
    backend.work()
    assert texts(backend, "pc") == [[TEXT]]


@pytest.mark.parametrize("fault", [{"code": 503}, {"code": 500}, {"reset": True}])
def test_unavailable_wns_is_retried_until_it_serves(game: Backend, fault: dict[str, Any]) -> None:
    open_channel(game, "player-1", "pc")
    game.wns.fail_next(3, **fault)
    game.send_request(request("player-1"))
    for _ in range(4):
        game.work()
        game.advance(900)
    assert texts(game, "pc") == [[TEXT]]
    assert outcomes(game) == {"player-1#pc#toast": "delivered"}
    assert game.messages("DeliveryDlq") == []


@pytest.mark.parametrize("lost", [{"reset": True}, {"code": 503}])
def test_toast_whose_response_was_lost_is_shown_once(game: Backend, lost: dict[str, Any]) -> None:
    open_channel(game, "player-1", "pc")
    game.wns.fail_next(1, accepted=True, **lost)
    game.send_request(request("player-1"))
    game.work()
    game.advance(900)
    game.work()
    assert texts(game, "pc") == [[TEXT]]
    assert outcomes(game) == {"player-1#pc#toast": "delivered"}


def test_toasts_of_different_notifications_do_not_replace_each_other(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    for number in range(3):
        game.send_request(request("player-1", request_id=f"r-{number}"))
    game.work()
    assert len(texts(game, "pc")) == 3


def test_only_throttled_channel_is_requeued(game: Backend) -> None:
    throttled = open_channel(game, "player-1", "pc")
    open_channel(game, "player-2", "laptop")
    game.wns.throttle_channel(throttled, seconds=1200, retry_after=1200)
    game.send_request(request("player-1", "player-2"))
    game.work()
    assert outcomes(game) == {"player-2#laptop#toast": "delivered"}
    for _ in range(3):
        game.advance(500)
        game.work()
    assert texts(game, "pc") == [[TEXT]]
    assert texts(game, "laptop") == [[TEXT]]
    assert requests_to_wns(game) == 3  # not once more before the 1,200 s were over


def test_notification_not_sent_in_time_expires(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.wns.fail_share(1.0, code=503)
    game.send_request(request("player-1", options={"ttl_seconds": 600}))
    game.work()
    game.wns.clear_faults()
    game.advance(601)
    game.work()
    assert outcomes(game) == {"player-1#pc#toast": "expired"}
    assert texts(game, "pc") == []


def test_ttl_sent_to_wns_is_what_is_left_of_the_life(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.send_request(request("player-1", options={"ttl_seconds": 600}))
    game.handle("RequestQueue")
    game.advance(200)
    game.work()
    (sent,) = [each for each in game.wns.requests() if each["endpoint"] == "notify"]
    ttl = {name.lower(): value for name, value in sent["headers"].items()}["x-wns-ttl"]
    assert 390 <= int(ttl) <= 400


def test_host_changed_in_the_table_is_never_contacted(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    point_channel_at(game, "player-1", "pc", "https://attacker.example/?token=x")
    before = len(game.wns.requests())
    game.send_request(request("player-1"))
    game.work()
    assert outcomes(game) == {"player-1#pc#toast": "refused"}
    assert len(game.wns.requests()) == before


def test_successor_of_a_killed_worker_repeats_nothing_that_was_recorded(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        open_channel(game, f"player-{number // 10}", f"pc-{number}")
    players = [f"player-{number}" for number in range(6)]
    game.send_request(request(*players))
    game.handle("RequestQueue")
    (message,) = game.messages("DeliveryQueue")
    sender = game.handler("notification_sender")

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as killing:
        killing.setattr(type(sender.records), "close", die)
        with pytest.raises(SystemExit):
            game.handle("DeliveryQueue", [message])
    recorded = set(outcomes(game))
    assert 60 - WINDOW <= len(recorded) < 60
    game.advance(400)
    assert game.handle("DeliveryQueue", [message]) == {"batchItemFailures": []}
    notified = {f"player-{n // 10}#pc-{n}#toast": len(texts(game, f"pc-{n}")) for n in range(60)}
    assert sum(notified.values()) <= 60 + WINDOW
    assert all(count >= 1 for count in notified.values())
    assert {name for name, count in notified.items() if count > 1}.isdisjoint(recorded)
    notification_id = json.loads(message["Body"])["notification_id"]
    assert summary(game, notification_id)["counts"] == {"delivered": 60}


def test_delivery_that_another_worker_holds_stays_on_the_queue(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.send_request(request("player-1"))
    game.handle("RequestQueue")
    (message,) = game.messages("DeliveryQueue")
    body = json.loads(message["Body"])
    game.table("NotificationsTable").put_item(
        Item={
            "pk": f"{body['notification_id']}#0",
            "sk": "claim",
            "attempt": 0,
            "owner": message["MessageId"],
            "lease_until": int(game.clock.time()) + 60,
            "started_through": "",
            "workers": 1,
            "finished": False,
        }
    )
    failures = game.handle("DeliveryQueue", [message])
    assert failures == {"batchItemFailures": [{"itemIdentifier": message["MessageId"]}]}
    assert texts(game, "pc") == []
    game.advance(120)
    assert game.handle("DeliveryQueue", [message]) == {"batchItemFailures": []}
    assert texts(game, "pc") == [[TEXT]]


def test_switched_off_template_suppresses(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    put_template(game, "ChallengeReceived", CHALLENGE | {"push_enabled": False})
    game.send_request(challenge("player-1"))
    game.work()
    assert texts(game, "pc") == []
    assert [record["state"] for record in records(game)] == ["suppressed"]


def test_switched_off_app_suppresses(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    put_app(game, enabled=False)
    game.send_request(challenge("player-1"))
    game.work()
    assert texts(game, "pc") == []


def test_player_without_channels_completes_with_nothing_sent(game: Backend) -> None:
    _, answer = post_request(game, request("nobody"))
    game.work()
    view = summary(game, answer["notification_id"])
    assert view["state"] == "completed"
    assert view["counts"] == {}


BAD_REQUESTS: dict[str, tuple[Any, str]] = {
    "not JSON": ("{not JSON", "not valid JSON"),
    "a list": ([], "valid dictionary"),
    "null": ("null", "valid dictionary"),
    "without an app": ({"audience": {"players": ["p"]}, "template": "T"}, "app_id"),
    "unknown field": (request("p", colour="red"), "colour"),
    "unknown app": (request("p", app_id="nobodys-game"), "app 'nobodys-game' does not exist"),
    "unknown template": (challenge("p", template="Nope"), "no template 'Nope'"),
    "missing parameter": (
        challenge("p", template="ChallengeReceived", parameters={}),
        "more parameters",
    ),
    "no content": (
        {"app_id": "my-game", "audience": {"players": ["p"]}},
        "either template or notif",
    ),
    "too many players": (request(*["p"] * 1001), "audience.players"),
    "too large": (
        request("p", notification={"toast": {"texts": ["x" * 5001]}}),
        "WNS would reject",
    ),
}


def without_id(text: str) -> str:
    """Return a dead letter as it was sent: without the id that was written into it."""
    try:
        fields = json.loads(text)
    except ValueError:
        return text
    if isinstance(fields, dict):
        fields.pop("request_id", None)
    return json.dumps(fields)


@pytest.mark.parametrize("case", BAD_REQUESTS)
def test_malformed_request_is_dead_lettered_with_its_reason_and_the_next_one_delivered(
    game: Backend, case: str
) -> None:
    body, reason = BAD_REQUESTS[case]
    open_channel(game, "player-1", "pc")
    game.send_request(body)
    game.send_request(request("player-1"))
    game.work()
    (dead,) = game.messages("RefusedDlq")
    assert without_id(dead["Body"]) == (body if isinstance(body, str) else json.dumps(body))
    assert reason in dead_letter_reason(dead)
    assert texts(game, "pc") == [[TEXT]]


@pytest.mark.parametrize("body", ["{", "[]", '{"notification_id": "x"}'])
def test_malformed_delivery_is_dead_lettered_with_its_reason(game: Backend, body: str) -> None:
    game.put("DeliveryQueue", body)
    game.work()
    (dead,) = game.messages("RefusedDlq")
    assert dead["Body"] == body
    assert "not a delivery" in dead_letter_reason(dead)

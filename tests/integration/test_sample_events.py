"""Every file in events/ does what its name says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from push.apps.table import Apps
from tests.integration.backend import CLIENT_SECRET, PACKAGE_SID
from tests.integration.builders import open_app, open_channel, outcomes, put_app, texts
from tools.template_yaml import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

EVENTS = ROOT / "events"
DEVICE = "living-room-pc"


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def replay(backend: Backend, name: str) -> Any:
    return backend.invoke(name.partition("-")[0], sample(name))


def registered(backend: Backend) -> list[str]:
    return [item["sk"] for item in backend.channels()]


def shown(backend: Backend) -> list[list[str]]:
    return texts(backend, DEVICE)


def check_register(backend: Backend) -> None:
    assert replay(backend, "channels_api-register")["statusCode"] == 201
    assert registered(backend) == [DEVICE]


def check_list(backend: Backend) -> None:
    replay(backend, "channels_api-register")
    answer = replay(backend, "channels_api-list")
    assert [each["device_id"] for each in json.loads(answer["body"])["channels"]] == [DEVICE]


def check_remove(backend: Backend) -> None:
    replay(backend, "channels_api-register")
    assert replay(backend, "channels_api-remove")["statusCode"] == 204
    assert registered(backend) == []


def check_put_presence(backend: Backend) -> None:
    replay(backend, "channels_api-register")
    assert replay(backend, "channels_api-put_presence")["statusCode"] == 204
    assert [item["in_game_until"] > backend.clock.time() for item in backend.channels()] == [True]


def check_list_apps(backend: Backend) -> None:
    answer = replay(backend, "operator_api-list_apps")
    assert [each["app_id"] for each in json.loads(answer["body"])["apps"]] == ["my-game"]


def check_delete_app(backend: Backend) -> None:
    assert replay(backend, "operator_api-delete_app")["statusCode"] == 204
    assert backend.items("AppsTable") == []


def check_app_credentials_changed(backend: Backend) -> None:
    replay(backend, "operator_api-put_credentials")
    answer = replay(backend, "token_refresher-app_credentials_changed")
    assert answer == {"my-game": "refreshed"}


def check_put_app(backend: Backend) -> None:
    assert replay(backend, "operator_api-put_app")["statusCode"] == 200
    assert [item["pk"] for item in backend.items("AppsTable")] == ["my-game"]


def check_resume_app(backend: Backend) -> None:
    Apps(backend.own_table("AppsTable")).stop("my-game", "quota_exceeded", 0)
    assert replay(backend, "operator_api-resume_app")["statusCode"] == 200
    assert "stopped" not in backend.items("AppsTable")[0]


def check_put_credentials(backend: Backend) -> None:
    assert replay(backend, "operator_api-put_credentials")["statusCode"] == 204


def check_put_template(backend: Backend) -> None:
    assert replay(backend, "operator_api-put_template")["statusCode"] == 201
    assert [item["sk"] for item in backend.items("TemplatesTable")] == ["ChallengeReceived"]


def check_request_notification(backend: Backend) -> None:
    replay(backend, "operator_api-put_template")
    open_channel(backend, "player-42", DEVICE)
    assert replay(backend, "notifications_api-request_notification")["statusCode"] == 202
    backend.work()
    assert shown(backend) == [["Alex challenges you", "Beat 12400 points"]]


def check_get_notification(backend: Backend) -> None:
    check_request_notification(backend)
    answer = replay(backend, "notifications_api-get_notification")
    view = json.loads(answer["body"])
    assert (view["state"], view["counts"]) == ("completed", {"delivered": 2})


def check_cancel_notification(backend: Backend) -> None:
    replay(backend, "operator_api-put_template")
    open_channel(backend, "player-42", DEVICE)
    replay(backend, "notifications_api-request_notification")
    answer = replay(backend, "notifications_api-cancel_notification")
    assert json.loads(answer["body"])["state"] == "cancelled"
    backend.work()
    assert shown(backend) == []


def check_challenge_received(backend: Backend) -> None:
    replay(backend, "operator_api-put_template")
    open_channel(backend, "player-42", DEVICE, locale="de-DE")
    assert replay(backend, "dispatcher-challenge_received") == {"batchItemFailures": []}
    backend.work()
    assert shown(backend) == [["Alex fordert dich heraus", "Schlage 12400 Punkte"]]
    assert backend.wns.device(DEVICE).badge == "1"


def check_put_template_high_score_beaten(backend: Backend) -> None:
    name = "operator_api-put_template_high_score_beaten"
    assert replay(backend, name)["statusCode"] == 201
    assert [item["sk"] for item in backend.items("TemplatesTable")] == ["HighScoreBeaten"]


def check_high_score_beaten(backend: Backend) -> None:
    replay(backend, "operator_api-put_template_high_score_beaten")
    open_channel(backend, "player-42", DEVICE)
    assert replay(backend, "dispatcher-high_score_beaten") == {"batchItemFailures": []}
    backend.work()
    device = backend.wns.device(DEVICE)
    assert shown(backend) == [["Kim beat your high score", "98000 points on Asteroids"]]
    assert device.sounds == ["ms-winsoundevent:Notification.Reminder"]
    assert device.badge == "2"


def check_direct_request(backend: Backend) -> None:
    open_channel(backend, "player-42", DEVICE)
    assert replay(backend, "dispatcher-direct_request") == {"batchItemFailures": []}
    backend.work()
    assert shown(backend) == [["Servers go down at 18:00"]]


def check_unreadable(backend: Backend) -> None:
    replay(backend, "operator_api-put_template")
    open_channel(backend, "player-42", DEVICE)
    assert replay(backend, "dispatcher-unreadable") == {"batchItemFailures": []}
    backend.work()
    assert [message["Body"] for message in backend.messages("RefusedDlq")] == ["not JSON"]
    assert len(shown(backend)) == 1


def check_delivery(backend: Backend) -> None:
    # It is older than ten seconds, and its player has no such channel: not sent.
    assert replay(backend, "notification_sender-delivery") == {"batchItemFailures": []}
    assert outcomes(backend) == {"player-42#living-room-pc#toast": "removed"}


def check_schedule(backend: Backend) -> None:
    backend.advance(13 * 3600)
    assert replay(backend, "token_refresher-schedule") == {"my-game": "refreshed"}


def check_access_token_rejected(backend: Backend) -> None:
    backend.advance(13 * 3600)
    assert replay(backend, "token_refresher-access_token_rejected") == {"my-game": "fresh"}


def check_list_notifications(backend: Backend) -> None:
    check_request_notification(backend)
    answer = replay(backend, "notifications_api-list_notifications")
    listed = json.loads(answer["body"])["notifications"]
    assert [(each["template"], each["state"]) for each in listed] == [
        ("ChallengeReceived", "completed")
    ]


def check_post_interactions(backend: Backend) -> None:
    put_app(backend, track=True)
    check_request_notification(backend)
    answer = replay(backend, "player_api-post_interactions")
    assert json.loads(answer["body"])["results"] == [{"status": "accepted", "reason": None}]
    events = [json.loads(each["Body"]) for each in backend.messages("own-events")]
    (event,) = [each for each in events if each["detail-type"] == "NotificationInteraction"]
    assert event["detail"]["inputs"] == {"message": "You are on!"}


def check_get_player(backend: Backend) -> None:
    open_channel(backend, "player-42", DEVICE)
    answer = replay(backend, "player_api-get_player")
    assert [each["device_id"] for each in json.loads(answer["body"])["devices"]] == [DEVICE]


def check_erase_player(backend: Backend) -> None:
    open_channel(backend, "player-42", DEVICE)
    answer = replay(backend, "player_api-erase_player")
    assert json.loads(answer["body"])["channels"] == 1
    assert registered(backend) == []


def check_erase_me(backend: Backend) -> None:
    open_channel(backend, "player-42", DEVICE)
    answer = replay(backend, "player_api-erase_me")
    assert json.loads(answer["body"])["channels"] == 1
    assert registered(backend) == []


CHECKS: dict[str, Callable[[Backend], None]] = {
    "channels_api-register": check_register,
    "channels_api-list": check_list,
    "channels_api-remove": check_remove,
    "channels_api-put_presence": check_put_presence,
    "operator_api-list_apps": check_list_apps,
    "operator_api-delete_app": check_delete_app,
    "operator_api-put_app": check_put_app,
    "operator_api-resume_app": check_resume_app,
    "operator_api-put_credentials": check_put_credentials,
    "operator_api-put_template": check_put_template,
    "notifications_api-request_notification": check_request_notification,
    "notifications_api-get_notification": check_get_notification,
    "notifications_api-cancel_notification": check_cancel_notification,
    "notifications_api-list_notifications": check_list_notifications,
    "player_api-post_interactions": check_post_interactions,
    "player_api-get_player": check_get_player,
    "player_api-erase_player": check_erase_player,
    "player_api-erase_me": check_erase_me,
    "dispatcher-challenge_received": check_challenge_received,
    "operator_api-put_template_high_score_beaten": check_put_template_high_score_beaten,
    "dispatcher-high_score_beaten": check_high_score_beaten,
    "dispatcher-direct_request": check_direct_request,
    "dispatcher-unreadable": check_unreadable,
    "notification_sender-delivery": check_delivery,
    "token_refresher-schedule": check_schedule,
    "token_refresher-access_token_rejected": check_access_token_rejected,
    "token_refresher-app_credentials_changed": check_app_credentials_changed,
}


@pytest.mark.parametrize("name", CHECKS)
def test_sample_event_does_what_its_name_says(backend: Backend, name: str) -> None:
    open_app(backend)
    CHECKS[name](backend)


def test_every_sample_event_is_replayed() -> None:
    assert {path.stem for path in EVENTS.iterdir()} == CHECKS.keys()


def test_sample_credentials_are_the_emulators() -> None:
    body = json.loads(sample("operator_api-put_credentials")["body"])
    assert body["package_sid"] == PACKAGE_SID
    assert body["client_secret"] == CLIENT_SECRET

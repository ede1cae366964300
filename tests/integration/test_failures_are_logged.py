"""Every failure of AWS or of WNS is logged once per delivery, with its notification, its app and an
error code; and a notification can be followed through every function's log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.integration.alarms import emitted
from tests.integration.builders import (
    APP,
    game_fixture,
    intercept_aws_calls,
    open_channel,
    post_request,
    records,
    request,
)
from tests.integration.logs import Log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.backend import Backend

pytestmark = pytest.mark.usefixtures("no_pauses")
game = game_fixture(devices={"pc": "player-1", "laptop": "player-1"})
CODE = "ProvisionedThroughputExceededException"


@pytest.fixture
def log(game: Backend) -> Iterator[Log]:
    with Log.of(game, "notifications_api", "dispatcher", "notification_sender") as log:
        yield log


def send(game: Backend) -> str:
    game.send_request(request("player-1"))
    game.work()
    (record,) = records(game)
    return str(record["pk"])


@pytest.mark.parametrize(
    "fault",
    [
        {"operation": "UpdateItem", "resource": "NotificationsTable"},  # claims and closes
        {"operation": "BatchGetItem", "count": 8},  # channels before the send
        {"resource": "AppsTable"},
        {"resource": "RatesTable"},
    ],
    ids=str,
)
def test_failure_of_dynamodb_is_logged_once_for_its_delivery(
    game: Backend, log: Log, fault: dict[str, Any]
) -> None:
    with game.limits.refused_calls(CODE, function="notification_sender", **fault):
        notification_id = send(game)
    (line,) = log.deliveries()
    assert (line["notification_id"], line["app_id"]) == (notification_id, APP)
    assert line["error_code"] == f"DynamoDB {CODE}"
    assert line["level"] == "WARNING"


def test_failure_to_queue_the_rest_is_logged(game: Backend, log: Log) -> None:
    game.wns.fail_next(2, code=503)
    with game.limits.refused_calls("InternalError", 500, service="sqs", operation="SendMessage"):
        game.limits.faults[-1].function = "notification_sender"
        send(game)
    (line,) = log.deliveries()
    assert line["error_code"] == "SQS InternalError, WNS 503"
    assert line["handling"] == "kept"


def test_failure_of_secrets_manager_is_logged_although_a_cached_token_serves(
    game: Backend, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(game)
    game.advance(61)

    def fail(call: Callable[[], Any], client: Any, *_: Any) -> Any:
        if client.meta.service_model.service_name == "secretsmanager":
            raise EndpointConnectionError(endpoint_url="https://secretsmanager")
        return call()

    intercept_aws_calls(monkeypatch, fail)
    log.deliveries()
    game.send_request(request("player-1"))
    game.work()
    (line,) = log.deliveries()
    assert line["error_code"] == "SecretsManager EndpointConnectionError"
    assert line["outcomes"] == {"delivered": 2}


def test_event_that_is_not_accepted_is_logged(game: Backend, log: Log) -> None:
    name = f"windows-push-test/apps/{APP}/access-token"
    game.secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    with game.limits.refused_calls("InternalException", 500, service="events"):
        send(game)
    (line,) = log.deliveries()
    assert line["error_code"] == "EventBridge InternalException"
    assert (line["handling"], line["retried"]) == ("postponed", {"no_token": 2})


@pytest.mark.parametrize(
    ("response", "code", "handling"),
    [
        ({"code": 503}, "WNS 503", "requeued"),
        ({"code": 400}, "WNS 400", "finished"),
        ({"code": 403}, "WNS 403", "finished"),
        ({"reset": True}, "WNS: ", "requeued"),
    ],
    ids=str,
)
def test_failure_of_wns_is_logged_once_for_its_delivery(
    game: Backend, log: Log, response: dict[str, Any], code: str, handling: str
) -> None:
    game.wns.fail_next(2, **response)
    notification_id = send(game)
    (line,) = log.deliveries()
    assert line["notification_id"] == notification_id
    assert line["error_code"].startswith(code)
    assert line["handling"] == handling


def test_failure_of_the_dispatcher_names_its_notification(game: Backend, log: Log) -> None:
    with game.limits.refused_calls(CODE, function="dispatcher", resource="NotificationsTable"):
        status, answer = post_request(game, request("player-1"))
        assert status == 202
        game.work()
    (line,) = log.lines("message failed; it will be retried", "dispatcher")
    assert line["error_code"] == f"DynamoDB {CODE}"
    assert (line["app_id"], line["notification_id"]) == (APP, answer["notification_id"])


def test_request_that_the_api_cannot_serve_is_logged(game: Backend, log: Log) -> None:
    with game.limits.refused_calls(CODE, service="dynamodb"):
        assert post_request(game, request("player-1"))[0] == 503
    (line,) = log.lines("request not served", "notifications_api")
    assert (line["error_code"], line["app_id"]) == (f"DynamoDB {CODE}", APP)


def test_notification_is_named_in_every_log_from_acceptance_to_outcome(
    game: Backend, log: Log
) -> None:
    _, answer = post_request(game, request("player-1"))
    game.work()
    named = [
        (each["service"], each["message"])
        for each in log.all()
        if each.get("notification_id") == answer["notification_id"] and each["app_id"] == APP
    ]
    assert named == [
        ("notifications_api", "request accepted"),
        ("dispatcher", "request dispatched"),
        ("notification_sender", "delivery handled"),
    ]


def test_latency_is_measured_from_the_request_to_wns(
    game: Backend, capfd: pytest.CaptureFixture[str]
) -> None:
    open_channel(game, "player-2", "tv")
    capfd.readouterr()
    game.send_request(request("player-1", "player-2"))
    game.work()
    (values,) = [v for (_, name, _), v in emitted(capfd.readouterr().out) if name == "EventToWns"]
    assert len(values) == 3
    assert all(0 <= each < 20_000 for each in values)

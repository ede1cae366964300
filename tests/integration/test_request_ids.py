"""A request's id: one request has it, keeps it, and may be repeated under it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from push.requests.models import NotificationRequest, Request
from push.requests.queue import read_request
from tests.integration.builders import (
    APP,
    APP_PATH,
    dead_letter_reason,
    game_fixture,
    intercept_aws_calls,
    post_request,
    records,
    request,
    requests_to_wns,
    summary,
    templated,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

OTHER: dict[str, Any] = {"notification": {"toast": {"texts": ["Other"]}}}
EVERYONE: dict[str, Any] = {"audience": {"everyone": True}}
game = game_fixture(devices={"pc": "player-1", "pc-2": "player-2"})
few_shards = pytest.mark.usefixtures("few_shards")

COPIES: dict[str, dict[str, Any]] = {
    "a default that is given": {"parameters": {}, "allow_repeat": True},
    "a player named twice": {"audience": {"players": ["player-1", "player-1"]}},
}
OTHERS: dict[str, dict[str, Any]] = {
    "another text": OTHER,
    "another player": {"audience": {"players": ["player-2"]}},
    "an option": {"options": {"ttl_seconds": 60}},
    "another time": {"send_at": "2026-12-01T18:00:00Z"},
}


def one(**more: Any) -> dict[str, Any]:
    return request("player-1", request_id="r", **more)


@pytest.mark.parametrize("copy", COPIES)
def test_copy_of_a_request_is_accepted_and_not_sent(game: Backend, copy: str) -> None:
    body = one() | COPIES[copy]
    assert post_request(game, one())[0] == 202
    game.work()
    assert post_request(game, body)[0] == 202
    game.publish("Whatever", body, source="matchmaker")
    game.work()
    assert game.messages("RefusedDlq") == []
    assert len(texts(game, "pc")) == 1


@pytest.mark.parametrize("other", OTHERS)
def test_other_content_under_the_same_id_conflicts(game: Backend, other: str) -> None:
    body = one() | OTHERS[other]
    first = post_request(game, one())[1]
    for is_sent in (False, True):
        status, answer = post_request(game, body)
        assert (status, answer["error"]["code"]) == (409, "conflict")
        assert "request_id" in answer["error"]["message"]
        if not is_sent:
            game.work()
    game.send_request(body)
    game.publish("Whatever", body)
    game.work()
    for dead in game.messages("RefusedDlq"):
        assert "other content" in dead_letter_reason(dead)
    assert summary(game, first["notification_id"])["state"] == "completed"
    assert requests_to_wns(game) == 1


def test_malformed_or_invalid_copy_does_not_fail_the_request_that_has_the_id(
    game: Backend,
) -> None:
    _, answer = post_request(game, one())
    accepted = game.messages("RequestQueue")
    game.send_request(templated("player-1", template="Nope", request_id="r"))
    game.work()
    assert len(game.messages("RefusedDlq")) == 1
    game.handle("RequestQueue", accepted)
    game.work()
    assert summary(game, answer["notification_id"])["state"] == "completed"


@pytest.mark.parametrize("kind", ["queue", "event"])
def test_null_is_no_request_id(game: Backend, kind: str) -> None:
    body = request("player-1", request_id=None)
    if kind == "queue":
        game.send_request(body)
    else:
        game.publish("Whatever", body)
    assert post_request(game, body)[0] == 202
    game.work()
    assert game.messages("RefusedDlq") == []
    assert len(texts(game, "pc")) == 2


def test_null_in_an_event_gives_way_to_the_events_id() -> None:
    detail = request("p", request_id=None)
    event = {"id": "e-1", "source": "game", "detail-type": "T", "detail": detail}
    assert read_request(json.dumps(event), "m").request.request_id == "e-1"
    body = NotificationRequest.model_validate(
        {"audience": {"players": ["p"]}, "template": "T", "request_id": None}
    )
    assert Request.of(APP, body, "u").request_id == "u"


def redrive(game: Backend) -> list[dict[str, Any]]:
    """Move dead letters back as SQS does: as new messages with new ids."""
    dead = game.messages("RefusedDlq")
    for message in dead:
        game.send_request(message["Body"])
    return dead


def test_message_without_an_id_keeps_it_when_its_dead_letter_is_moved_back_twice(
    game: Backend,
) -> None:
    game.send_request(templated("player-1", template="Late"))
    game.work()
    (dead,) = redrive(game)
    game.send_request(dead["Body"])  # an operator who moves it back twice
    template = {"default_locale": "en", "locales": {"en": {"toast": {"texts": ["Hi"]}}}}
    game.call_as_operator("PUT", f"{APP_PATH}/templates/Late", template)
    game.work()
    assert len(texts(game, "pc")) == 1
    assert len(records(game)) == 1


def test_message_without_an_id_that_fails_half_way_is_the_same_request_afterwards(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    game.send_request(request("player-1"))
    dispatcher = game.handler("dispatcher")

    def refuse(*_: object) -> None:
        raise ConnectionError("SQS does not answer")

    with monkeypatch.context() as dying:
        dying.setattr(type(dispatcher.dispatcher.queue), "put_all", refuse)
        assert game.handle("RequestQueue") == {"batchItemFailures": []}
    (message,) = game.messages("RequestQueue")
    (record,) = records(game)
    assert json.loads(message["Body"])["request_id"] == record["request_id"]
    for _ in range(2):
        game.send_request(message["Body"])  # SQS gives it another message id
    game.work()
    assert len(records(game)) == 1
    assert len(texts(game, "pc")) == 1


def test_message_without_an_id_that_is_received_again_gets_it_before_anything_else(
    game: Backend,
) -> None:
    """Its first worker may have died at any place, and SQS may give up on it at any receipt."""
    game.send_request(request("player-1"))
    event = game.receive("RequestQueue")
    assert event is not None
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "2"
    assert game.invoke("dispatcher", event) == {"batchItemFailures": []}
    game.delete(event, set())
    assert records(game) == []
    (message,) = game.messages("RequestQueue")
    assert json.loads(message["Body"])["request_id"] == event["Records"][0]["messageId"]


def test_request_that_failed_is_sent_once_its_cause_is_fixed(game: Backend) -> None:
    template = {"default_locale": "en", "locales": {"en": {"toast": {"texts": ["Hi"]}}}}
    path = f"{APP_PATH}/templates/Late"
    game.call_as_operator("PUT", path, template)
    body = templated("player-1", template="Late", request_id="r")
    _, answer = post_request(game, body)
    game.call_as_operator("DELETE", path)
    game.work()
    assert summary(game, answer["notification_id"])["state"] == "failed"
    game.call_as_operator("PUT", path, template)
    redrive(game)
    assert post_request(game, body)[0] == 202
    game.work()
    assert summary(game, answer["notification_id"])["state"] == "completed"
    assert len(texts(game, "pc")) == 1


def refuse_to_queue(monkeypatch: pytest.MonkeyPatch, *, done: bool) -> None:
    """Let RequestQueue's messages fail: not sent, or sent without a response."""

    def fail(
        call: Callable[[], Any], client: Any, operation: str, arguments: dict[str, Any]
    ) -> Any:
        if operation != "SendMessage" or "RequestQueue" not in arguments["QueueUrl"]:
            return call()
        if done:
            call()
            raise ReadTimeoutError(endpoint_url="https://sqs.example")
        raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, operation)

    intercept_aws_calls(monkeypatch, fail)


@few_shards
@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize(
    "more", [EVERYONE, EVERYONE | {"request_id": "r"}, {}, {"request_id": "r"}]
)
def test_request_that_could_not_be_queued_succeeds_when_it_is_repeated(
    game: Backend, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], done: bool
) -> None:
    body = request("player-1", **more)
    with monkeypatch.context() as failing:
        refuse_to_queue(failing, done=done)
        status, answer = post_request(game, body)
        assert (status, answer["error"]["code"]) == (503, "unavailable")
    status, answer = post_request(game, body)
    assert status == 202
    game.work()
    assert game.messages("RefusedDlq") == []
    assert len(texts(game, "pc")) == 1
    assert summary(game, answer["notification_id"])["counts"]["delivered"] >= 1
    states = {record["pk"]: summary(game, record["pk"])["state"] for record in records(game)}
    assert states.pop(answer["notification_id"]) == "completed"
    assert set(states.values()) <= {"cancelled"}


@few_shards
def test_copy_of_a_broadcast_does_not_shorten_its_half_hour(game: Backend) -> None:
    first = request(**EVERYONE, request_id="first")
    assert post_request(game, first)[0] == 202
    game.work()
    game.advance(60)
    assert post_request(game, first)[0] == 202
    game.advance(600)
    assert post_request(game, request(**EVERYONE, request_id="second"))[0] == 409


@few_shards
def test_broadcast_whose_sender_died_before_it_was_queued_blocks_others_for_minutes_only(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(call: Callable[[], Any], client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if operation == "SendMessage":
            raise KeyboardInterrupt
        return call()

    with monkeypatch.context() as dying:
        intercept_aws_calls(dying, die)
        with pytest.raises(KeyboardInterrupt):
            post_request(game, request(**EVERYONE))
    assert post_request(game, request(**EVERYONE))[0] == 409
    game.advance(301)
    assert post_request(game, request(**EVERYONE))[0] == 202

"""Requests for later: scheduled, sent when due, cancelled before."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.integration.builders import (
    APP_PATH,
    cancel,
    dead_letter_reason,
    game_fixture,
    post_request,
    put_template,
    request,
    summary,
    templated,
    texts,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

GROUP = "RequestSchedules"


game = game_fixture(devices={"pc": "player-1"})


def in_seconds(game: Backend, seconds: float) -> str:
    return datetime.fromtimestamp(game.clock.time() + seconds, UTC).isoformat()


def post(game: Backend, **more: Any) -> tuple[int, Any]:
    return post_request(game, request("player-1", **more))


def schedules() -> list[dict[str, Any]]:
    client = boto3.client("scheduler")
    names = [each["Name"] for each in client.list_schedules(GroupName=GROUP)["Schedules"]]
    return [dict(client.get_schedule(GroupName=GROUP, Name=name)) for name in names]


def state(game: Backend, answer: dict[str, str]) -> str:
    return str(summary(game, answer["notification_id"])["state"])


def toasts(game: Backend) -> int:
    return len(texts(game, "pc"))


def test_request_for_tomorrow_is_one_schedule_that_deletes_itself(game: Backend) -> None:
    send_at = in_seconds(game, 86_400)
    _, answer = post(game, send_at=send_at)
    game.work()
    (schedule,) = schedules()
    assert schedule["Name"] == answer["notification_id"]
    assert schedule["ScheduleExpression"] == f"at({send_at[:19]})"
    assert schedule["ScheduleExpressionTimezone"] == "UTC"
    assert schedule["ActionAfterCompletion"] == "DELETE"
    assert schedule["Target"]["Arn"].endswith(":RequestQueue")
    assert schedule["Target"]["DeadLetterConfig"]["Arn"].endswith(":RequestDlq")
    assert state(game, answer) == "scheduled"
    assert toasts(game) == 0


def test_scheduled_request_is_sent_once_when_it_is_due(game: Backend) -> None:
    _, answer = post(game, send_at=in_seconds(game, 86_400))
    game.work()
    (schedule,) = schedules()
    game.advance(86_401)
    game.refresh()
    for _ in range(2):
        game.send_request(schedule["Target"]["Input"])
        game.work()
    assert toasts(game) == 1
    assert state(game, answer) == "completed"


def test_request_due_within_minutes_waits_on_the_queue(game: Backend) -> None:
    _, answer = post(game, send_at=in_seconds(game, 600))
    game.work()
    assert schedules() == []
    assert (state(game, answer), toasts(game)) == ("accepted", 0)
    game.advance(300)
    game.work()
    assert toasts(game) == 0
    game.advance(301)
    game.work()
    assert toasts(game) == 1


def test_request_for_the_past_is_sent_at_once(game: Backend) -> None:
    post(game, send_at=in_seconds(game, -600))
    game.work()
    assert toasts(game) == 1


def test_request_for_later_than_a_year_is_refused(game: Backend) -> None:
    status, answer = post(game, send_at=in_seconds(game, 367 * 86_400))
    assert (status, answer["error"]["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("send_at", ["tomorrow", "2026-12-01T18:00:00", 5])
def test_time_without_zone_or_sense_is_refused(game: Backend, send_at: Any) -> None:
    assert post(game, send_at=send_at)[0] == 422


@pytest.mark.parametrize("seconds", [600, 86_400])
def test_cancelled_request_is_never_sent(game: Backend, seconds: int) -> None:
    _, answer = post(game, send_at=in_seconds(game, seconds))
    game.work()
    inputs = [schedule["Target"]["Input"] for schedule in schedules()]
    assert cancel(game, answer["notification_id"])["state"] == "cancelled"
    assert schedules() == []
    game.advance(seconds + 1)
    for text in inputs:
        game.send_request(text)
    game.work()
    assert toasts(game) == 0
    assert state(game, answer) == "cancelled"


def test_completed_notification_stays_completed_when_cancelled(game: Backend) -> None:
    _, answer = post(game)
    game.work()
    view = cancel(game, answer["notification_id"])
    assert (view["state"], view["counts"]) == ("completed", {"delivered": 1})


def test_request_whose_template_is_gone_when_due_fails_and_says_so(game: Backend) -> None:
    template = {"default_locale": "en", "locales": {"en": {"toast": {"texts": ["Hi"]}}}}
    put_template(game, "Hello", template)
    later = templated("player-1", template="Hello", send_at=in_seconds(game, 600))
    _, answer = post_request(game, later)
    game.call_as_operator("DELETE", f"{APP_PATH}/templates/Hello")
    game.advance(601)
    game.work()
    (dead,) = game.messages("RefusedDlq")
    assert "no template 'Hello'" in dead_letter_reason(dead)
    assert json.loads(dead["Body"])["app_id"] == "my-game"
    assert state(game, answer) == "failed"

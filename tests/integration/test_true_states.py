"""States are true beside the counts, reasons name what is wrong, absurd times are refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from push.notifications.counters import RECORD_LIFE_S
from tests.integration.builders import (
    APP_PATH,
    CHALLENGE,
    cancel,
    dead_letter_reason,
    game_fixture,
    open_channel,
    post_request,
    records,
    request,
    summary,
    templated,
    texts,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

game = game_fixture(devices={"pc": "player-1"}, templates={"Challenge": CHALLENGE})
few_shards = pytest.mark.usefixtures("few_shards")
EVERYONE: dict[str, Any] = {"audience": {"everyone": True}}


@few_shards
@pytest.mark.parametrize("more", [{}, EVERYONE])
def test_notification_that_is_cancelled_after_everything_was_sent_is_completed(
    game: Backend, more: dict[str, Any]
) -> None:
    """A call that read the summary before the last send was done."""
    _, answer = post_request(game, request("player-1", **more))
    game.work()
    game.handler("notifications_api").notifications.advance(answer["notification_id"], "cancelled")
    view = summary(game, answer["notification_id"])
    assert (view["state"], view["counts"]) == ("completed", {"delivered": 1})


def test_notification_of_which_a_part_was_cancelled_is_cancelled(game: Backend) -> None:
    players = [f"many-{number}" for number in range(12)]
    for player in players:
        open_channel(game, player, f"pc-{player}")
    _, answer = post_request(game, request(*players))
    game.handle("RequestQueue")
    first, second = game.messages("DeliveryQueue")
    game.handle("DeliveryQueue", [first])
    cancel(game, answer["notification_id"])
    game.handle("DeliveryQueue", [second])
    view = summary(game, answer["notification_id"])
    assert view["state"] == "cancelled"
    assert view["counts"]["cancelled"] >= 1


@few_shards
def test_broadcast_that_has_started_does_not_fail_when_its_template_goes(
    game: Backend,
) -> None:
    body = templated(template="Challenge", parameters={"challenger": "Kim"}, **EVERYONE)
    _, answer = post_request(game, body)
    messages = game.messages("RequestQueue")
    game.handle("RequestQueue", messages)
    game.call_as_operator("DELETE", f"{APP_PATH}/templates/Challenge")
    game.handle("RequestQueue", messages)
    game.work()
    view = summary(game, answer["notification_id"])
    assert (view["state"], view["counts"]) == ("completed", {"delivered": 1})


def test_dead_letters_reason_names_the_missing_parameters(game: Backend) -> None:
    game.send_request(templated("player-1", template="Challenge", parameters={"other": "CANARY"}))
    game.work()
    (dead,) = game.messages("RefusedDlq")
    assert "parameters.challenger: is missing" in dead_letter_reason(dead)
    assert "CANARY" not in dead_letter_reason(dead)


def at(game: Backend, seconds: float) -> str:
    return datetime.fromtimestamp(game.clock.time() + seconds, UTC).isoformat()


def test_request_up_to_a_day_late_is_sent_at_once(game: Backend) -> None:
    post_request(game, request("player-1", send_at=at(game, -23 * 3600)))
    game.work()
    assert len(texts(game, "pc")) == 1


@pytest.mark.parametrize("send_at", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", None])
def test_request_more_than_a_day_late_is_refused(game: Backend, send_at: str | None) -> None:
    body = request("player-1", send_at=send_at or at(game, -25 * 3600))
    status, answer = post_request(game, body)
    assert (status, answer["error"]["code"]) == (422, "invalid_request")
    game.send_request(body)
    game.work()
    (dead,) = game.messages("RefusedDlq")
    assert "more than a day past" in dead_letter_reason(dead)
    assert texts(game, "pc") == []


def test_time_to_live_beyond_the_records_life_is_cut(game: Backend) -> None:
    """Else a copy of a delivery could be sent when its record is gone."""
    game.send_request(request("player-1", options={"ttl_seconds": 10 * RECORD_LIFE_S}))
    game.handle("RequestQueue")
    (message,) = game.messages("DeliveryQueue")
    delivery = json.loads(message["Body"])
    (record,) = records(game)
    assert delivery["expires_at"] < record["expires_at"]
    assert delivery["expires_at"] - game.clock.time() > RECORD_LIFE_S - 2 * 24 * 3600
    game.put("DeliveryQueue", message["Body"])
    game.work()
    assert len(texts(game, "pc")) == 1


def test_record_of_a_request_that_waited_outlives_its_deliveries(game: Backend) -> None:
    ttl = {"ttl_seconds": RECORD_LIFE_S}
    post_request(game, request("player-1", options=ttl))
    game.advance(13 * 24 * 3600)  # a message may wait fourteen days on its queue
    game.handle("RequestQueue")
    (message,) = game.messages("DeliveryQueue")
    (record,) = records(game)
    assert json.loads(message["Body"])["expires_at"] < record["expires_at"]

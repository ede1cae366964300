"""The sender ends in time, whatever WNS and AWS do, and leaves nothing to be lost or repeated."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from push.delivery.sender import CLOSING_S
from push.dispatch.broadcast import CHANNELS_PER_PAGE
from push.dispatch.page_chunks import NOTIFICATIONS_PER_CHUNK
from tests.faults.crowd import arrivals, make_crowd
from tests.faults.test_wns_trouble import short_timeout
from tests.integration.builders import outcomes, set_shards

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws_limits.limits import AwsLimits
    from tests.integration.backend import Backend

TOAST = {"toast": {"texts": ["Your turn"]}}
LONGEST_SEND_S = 15


@pytest.mark.slow_fault
@pytest.mark.parametrize("call_s", [0.0, 1.0])
def test_ten_stalled_deliveries_end_before_lambda_does(
    game: Backend, monkeypatch: pytest.MonkeyPatch, found: Callable[[str], None], call_s: float
) -> None:
    """Even if each call of AWS takes a second."""
    set_shards(monkeypatch, shards=1, topic_shards=1)  # so that all deliveries are full
    size = CHANNELS_PER_PAGE - 1  # the last one's player may have more devices in the next page
    assert size <= NOTIFICATIONS_PER_CHUNK
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 10 * size, devices_per_player=1)
    game.send_request({"app_id": "my-game", "audience": {"everyone": True}, "notification": TOAST})
    game.handle("RequestQueue")
    for _ in range(10):  # pages
        game.handle("BroadcastQueue")
    deliveries = game.messages("BulkDeliveryQueue")
    assert [len(_channels(each)) for each in deliveries] == [size] * 10
    game.wns.pause_responses(600)
    started = time.monotonic()
    with game.limits.slow_calls(call_s, function="notification_sender"):
        kept = game.handle("BulkDeliveryQueue", deliveries)["batchItemFailures"]
    took = time.monotonic() - started
    found(f"10 stalled deliveries to {size} devices, AWS {call_s:g} s slower: {took:.0f} of 60 s")
    assert took < 60
    assert kept == []
    tried = sum(arrivals(game.wns).values())
    assert tried > 0
    # Everything is queued again, what was tried as the next attempt.
    game.advance(60)
    queued = game.messages("BulkDeliveryQueue")
    assert Counter(device for each in queued for device in _channels(each)) == crowd.once_each
    attempts = [json.loads(each["Body"]).get("attempt", 0) for each in queued]
    assert sum(attempts) >= tried / size
    for each in queued:
        game.put("BulkDeliveryQueue", each["Body"])
    game.wns.clear_faults()
    for _ in range(4):
        game.work()
        game.advance(60)
    # The emulator delivers what it does not respond to: these were resent.
    repeated = arrivals(game.wns) - crowd.once_each
    assert set(arrivals(game.wns)) == set(crowd.once_each)
    assert sum(repeated.values()) <= tried
    assert Counter(outcomes(game).values()) == {"delivered": 10 * size}


def _channels(message: dict[str, Any]) -> list[str]:
    return [channel["device_id"] for channel in json.loads(message["Body"])["channels"]]


def test_what_is_not_sent_in_time_is_queued_again(game: Backend) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 200)
    game.send_request(crowd.request())
    game.handle("RequestQueue")
    game.wns.fail_share(1.0, delay=0.5)
    event = game.receive("DeliveryQueue")
    assert event
    failures = game.invoke("notification_sender", event, seconds=CLOSING_S + 2)
    game.delete(event, {each["itemIdentifier"] for each in failures["batchItemFailures"]})
    sent = sum(arrivals(game.wns).values())
    assert 0 < sent < 200
    game.wns.clear_faults()
    game.advance(1)
    game.work()
    assert arrivals(game.wns) == crowd.once_each


@pytest.mark.parametrize(
    "operation", ["PutItem", "UpdateItem", "BatchGetItem", "TransactWriteItems"]
)
@pytest.mark.parametrize("seconds", [1, pytest.param(20, marks=pytest.mark.slow_fault)])
def test_slow_calls_make_no_answered_send_time_out(
    game: Backend, limits: AwsLimits, found: Callable[[str], None], operation: str, seconds: int
) -> None:
    """Calls that take longer than a send may: here sends have 0.6 s, or 15 s as in production."""
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 100)
    if operation == "TransactWriteItems":
        game.send_request(crowd.request(audience={"everyone": True}))
        game.handle("RequestQueue")
        game.handle("BroadcastQueue")
    else:
        game.send_request(crowd.request())
        game.handle("RequestQueue")
    game.wns.fail_share(1.0, delay=0.1)
    rule = limits.slow_calls(float(seconds), operation=operation, count=3)
    if seconds < LONGEST_SEND_S:
        with short_timeout(game, 0.6):
            game.work()
    else:
        game.work()
    game.wns.clear_faults()
    for _ in range(3):
        game.advance(400)
        game.work()
    notified = arrivals(game.wns)
    found(f"100 notifications, {rule.struck} {operation} of {seconds} s, each notified once")
    assert rule.struck
    assert notified == crowd.once_each

"""WNS fails, throttles, rejects the access token, or responds differently by channel."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.crowd import (
    arrivals,
    counted,
    make_crowd,
    wns_responses,
)
from tests.integration.backend import PACKAGE_SID
from tests.integration.builders import outcomes
from tests.integration.clock import held_by, replace_attribute
from wns.client import WnsClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.backend import Backend

DEAD_LETTER_QUEUES = ("RequestDlq", "BroadcastDlq", "DeliveryDlq", "BulkDeliveryDlq", "RefusedDlq")
# 64 concurrent requests, and as many more that start before the first response is read.
MOST_IN_FLIGHT = 128
DOWN: dict[str, dict[str, Any]] = {
    "reset": {"reset": True},
    "time-out": {"code": 503, "delay": 30.0},
    "503": {"code": 503},
}
FULL = pytest.mark.parametrize("size", [200, pytest.param(10_000, marks=pytest.mark.slow_fault)])


def assert_no_dead_letters(game: Backend) -> None:
    assert not [message for queue in DEAD_LETTER_QUEUES for message in game.messages(queue)]


def work_with_refresher(game: Backend) -> None:
    """Run the queues' triggers and the rule for rejected tokens by turns."""
    busy = True
    while busy:
        busy = game.work_once()
        for message in game.messages("own-events"):
            game.invoke("token_refresher", json.loads(message["Body"]))


def strike_half_way(game: Backend, size: int, strike: Callable[[], object]) -> threading.Thread:
    """Call `strike` once WNS has responded to half of the notifications. Until then its responses
    are slow, so that the other half is still to come."""
    game.wns.fail_share(1.0, delay=0.05)

    def watch() -> None:
        while game.wns.request_counts().get("notify 200", 0) < size // 2:
            time.sleep(0.001)
        strike()
        game.wns.clear_faults()

    watching = threading.Thread(target=watch)
    watching.start()
    return watching


@contextmanager
def short_timeout(game: Backend, seconds: float = 0.25) -> Iterator[None]:
    """Limit the time of the sender's requests to WNS."""
    clients = [
        each
        for each in held_by(game.handler("notification_sender"))
        if isinstance(each[2], WnsClient)
    ]
    assert clients
    with WnsClient(ca_file=str(game.wns.ca_file), total_timeout=seconds) as impatient:
        for holder, name, _ in clients:
            replace_attribute(holder, name, impatient)
        yield
    for holder, name, usual in clients:
        replace_attribute(holder, name, usual)


@pytest.mark.parametrize("fault", DOWN)
def test_notifications_of_a_five_minute_outage_are_delivered_afterwards(
    game: Backend, found: Callable[[str], None], fault: str
) -> None:
    size = 60
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size)
    game.wns.fail_share(1.0, **DOWN[fault])
    game.send_request(crowd.request())
    with short_timeout(game):
        for _ in range(10):
            game.work()
            game.advance(30)
    assert arrivals(game.wns) == {}
    tried = sum(wns_responses(game.wns).values())
    game.wns.clear_faults()
    waited = 0
    while len(arrivals(game.wns)) < size and waited < 1800:
        game.work()
        game.advance(30)
        waited += 30
    game.work()
    found(f"{size} notifications, {tried} failed attempts in 300 s, all delivered {waited} s after")
    assert arrivals(game.wns) == crowd.once_each
    assert counted(game.items("NotificationsTable"))["delivered"] == size
    assert_no_dead_letters(game)


@FULL
def test_throttled_app_is_paused_until_the_retry_time(
    game: Backend, found: Callable[[str], None], size: int
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size)
    game.send_request(crowd.request())
    until: list[float] = []

    def throttle() -> None:
        game.wns.throttle_app(PACKAGE_SID, retry_after=900)
        until.append(game.wns.now() + 900)

    watching = strike_half_way(game, size, throttle)
    game.work()
    watching.join()
    at_once = wns_responses(game.wns)
    delivered_before = sum(arrivals(game.wns).values())
    assert size // 2 <= delivered_before < size
    sent_early = 0
    while game.wns.now() + 10 < until[0]:
        game.advance(10)
        before = wns_responses(game.wns)
        game.work()
        # Real time passes as well: a worker still running at the retry time may send.
        if game.wns.now() < until[0]:
            sent_early += (wns_responses(game.wns) - before).total()
    game.advance(15)
    game.work()
    for _ in range(3):
        game.advance(10)
        game.work()
    found(
        f"{size} notifications, {delivered_before} delivered before, {at_once['406']} in flight"
        f" when WNS throttled, {sent_early} sent before the 900 s were up, all delivered after"
    )
    assert at_once["406"] <= MOST_IN_FLIGHT
    assert sent_early == 0
    assert arrivals(game.wns) == crowd.once_each
    assert_no_dead_letters(game)


@FULL
def test_expired_token_costs_one_token_request(
    game: Backend, found: Callable[[str], None], size: int
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size)
    game.messages("own-events")
    game.advance(3600)
    token_requests = game.wns.request_counts()["token 200"]
    game.send_request(crowd.request())
    watching = strike_half_way(game, size, game.wns.revoke_tokens)
    work_with_refresher(game)
    watching.join()
    for _ in range(4):
        game.advance(10)
        work_with_refresher(game)
    answers = wns_responses(game.wns)
    token_requests = game.wns.request_counts()["token 200"] - token_requests
    found(f"{size} notifications, {token_requests} token requests, answers {dict(answers)}")
    assert token_requests == 1
    assert arrivals(game.wns) == crowd.once_each
    assert answers["200"] == size
    assert 1 <= answers["401"] <= MOST_IN_FLIGHT
    assert_no_dead_letters(game)


@FULL
def test_each_channel_gets_the_outcome_of_its_response(
    game: Backend, found: Callable[[str], None], size: int
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size)
    devices = [(device, uri) for each in crowd.devices.values() for device, uri in each.items()]
    per_cent = size // 100
    gone = devices[: 10 * per_cent]
    dropped = devices[10 * per_cent : 15 * per_cent]
    throttled = devices[15 * per_cent : 20 * per_cent]
    failing = devices[20 * per_cent : 22 * per_cent]
    for _, uri in gone:
        game.wns.revoke_channel(uri)
    for device, _ in dropped:
        game.wns.set_notifications_enabled(device, enabled=False)
    for _, uri in throttled:
        game.wns.throttle_channel(uri, seconds=600, retry_after=600)
    for _, uri in failing:
        game.wns.fail_next(1, code=500, channel=uri)
    game.send_request(crowd.request())
    game.work()
    for _ in range(3):
        game.advance(301)
        game.work()
    notified, items = arrivals(game.wns), game.items("NotificationsTable")
    counts = counted(items)
    removed = size - len(game.channels())
    found(f"{size} notifications, counts {dict(counts)}, {removed} channels removed")
    expected = {
        "delivered": size - len(gone) - len(dropped),
        "dropped": len(dropped),
        "channel_gone": len(gone),
    }
    assert {name: counts[name] for name in expected} == expected
    assert Counter(outcomes(game).values()) == expected
    claims = [item for item in items if item["sk"] == "claim"]
    assert claims
    assert all(item["finished"] for item in claims)
    answers = {"200": size - len(gone) + len(throttled), "410": len(gone), "500": len(failing)}
    assert wns_responses(game.wns) == answers
    left_out = {device for device, _ in gone + dropped}
    assert notified == Counter({device: 1 for device, _ in devices if device not in left_out})
    gone_devices = {device for device, _ in gone}
    assert {item["sk"] for item in game.channels()} == {
        device for device, _ in devices if device not in gone_devices
    }
    assert_no_dead_letters(game)

"""Concurrency of publishers, dispatchers, senders and lanes."""

from __future__ import annotations

import threading
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.faults.cloud import wait_until
from tests.faults.crowd import arrivals, make_crowd, wns_responses
from tests.integration.builders import cancel, post_request, put_app, records, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.cloud import Cloud
    from tests.faults.crowd import Crowd


PUBLISHERS = 20


def arrived(cloud: Cloud, crowd: Crowd, player: str) -> int:
    """Return how many notifications a player's devices have received."""
    return sum(arrivals(cloud.wns)[device] for device in crowd.devices[player])


def has_arrived(cloud: Cloud, crowd: Crowd, player: str, count: int) -> bool:
    return arrived(cloud, crowd, player) >= count


def test_event_published_twenty_times_at_once_is_one_notification(
    cloud: Cloud, found: Callable[[str], None]
) -> None:
    crowd = make_crowd(cloud.wns, cloud.table("ChannelsTable"), 20, devices_per_player=1)
    for _ in range(3):
        cloud.spawn("RequestQueue", "dispatcher", visibility_seconds=30)
        cloud.spawn("DeliveryQueue", "notification_sender", visibility_seconds=30)
    start = threading.Barrier(PUBLISHERS)

    def publish() -> None:
        start.wait()
        cloud.publish("ChallengeReceived", crowd.request(request_id="one-challenge"))

    publishers = [threading.Thread(target=publish) for _ in range(PUBLISHERS)]
    for each in publishers:
        each.start()
    for each in publishers:
        each.join()
    wait_until(lambda: len(arrivals(cloud.wns)) == 20, 30, "all are notified")
    wait_until(
        lambda: not cloud.waiting("RequestQueue") and not cloud.waiting("DeliveryQueue"),
        60,
        "the queues are empty",
    )
    found(
        f"{PUBLISHERS} publishers, 3 dispatchers, 3 senders: {len(records(cloud))} notification, "
        f"{wns_responses(cloud.wns)['200']} requests to WNS for 20 devices"
    )
    assert len(records(cloud)) == 1
    assert arrivals(cloud.wns) == crowd.once_each
    assert wns_responses(cloud.wns) == {"200": 20}


@pytest.mark.slow_fault
def test_senders_share_the_budget_of_an_app(cloud: Cloud, found: Callable[[str], None]) -> None:
    size, rate = 900, 100
    put_app(cloud, send_rate=rate)
    crowd = make_crowd(cloud.wns, cloud.table("ChannelsTable"), size)
    cloud.send_request(crowd.request())
    cloud.dispatch_all()
    for _ in range(3):
        cloud.spawn("DeliveryQueue", "notification_sender", visibility_seconds=120)
    wait_until(lambda: len(arrivals(cloud.wns)) == size, 120, "all are notified")
    at = sorted(each["at"] for each in cloud.wns.requests(endpoint="notify"))
    busiest = Counter(int(each) for each in at).most_common(1)[0][1]
    took = at[-1] - at[0]
    found(
        f"{size} notifications, 3 senders, {rate} a second allowed: sent in {took:.1f} s, "
        f"{busiest} in the busiest second"
    )
    # What a worker takes at the end of a second may arrive in the next.
    assert busiest <= rate * 1.5
    assert size / rate - 2 <= took <= size / rate * 2


@pytest.mark.slow_fault
def test_direct_lane_does_not_wait_behind_a_broadcast(
    cloud: Cloud, found: Callable[[str], None]
) -> None:
    size, rate, direct = 3000, 150, 10
    put_app(cloud, send_rate=rate)
    crowd = make_crowd(cloud.wns, cloud.table("ChannelsTable"), size)
    few = make_crowd(cloud.wns, cloud.table("ChannelsTable"), direct, name="direct")
    cloud.send_request(crowd.request(audience={"everyone": True}))
    for queue in ("RequestQueue", "BroadcastQueue"):
        cloud.spawn(queue, "dispatcher", visibility_seconds=60)
    for queue in ("DeliveryQueue", "BulkDeliveryQueue"):
        cloud.spawn(queue, "notification_sender", visibility_seconds=120)
    wait_until(lambda: len(arrivals(cloud.wns)) > 100, 60, "the broadcast has begun")
    waits = []
    for number, player in enumerate(few.players):
        before = arrived(cloud, few, player)
        started = time.monotonic()
        cloud.send_request(
            few.request(audience={"players": [player]}, request_id=f"direct-{number}")
        )
        expected = before + len(few.devices[player])
        wait_until(partial(has_arrived, cloud, few, player, expected), 20, "the player is notified")
        waits.append(time.monotonic() - started)
    left = size - len(arrivals(cloud.wns))
    found(
        f"broadcast to {size} at {rate} a second; players notified after at most "
        f"{max(waits):.1f} s while {left} of the broadcast were still to be sent"
    )
    assert left > 0
    assert max(waits) < 5


@pytest.mark.slow_fault
def test_cancelled_broadcast_stops_within_seconds(
    cloud: Cloud, found: Callable[[str], None]
) -> None:
    size, rate = 3000, 100
    put_app(cloud, send_rate=rate)
    make_crowd(cloud.wns, cloud.table("ChannelsTable"), size)
    _, answer = post_request(cloud, request(audience={"everyone": True}))
    for queue in ("RequestQueue", "BroadcastQueue"):
        cloud.spawn(queue, "dispatcher", visibility_seconds=60)
    for _ in range(2):
        cloud.spawn("BulkDeliveryQueue", "notification_sender", visibility_seconds=120)
    wait_until(lambda: len(arrivals(cloud.wns)) > 100, 60, "the broadcast has begun")
    cancel(cloud, answer["notification_id"])
    cancelled_at = cloud.wns.now()
    wait_until(
        lambda: not cloud.waiting("BulkDeliveryQueue") and not cloud.waiting("BroadcastQueue"),
        120,
        "the queues are empty",
    )
    sent = cloud.wns.requests(endpoint="notify")
    late = [each["at"] - cancelled_at for each in sent if each["at"] > cancelled_at]
    found(
        f"broadcast to {size} at {rate} a second: cancelled after {len(sent) - len(late)}, the"
        f" last of {len(late)} more sent {max(late, default=0):.1f} s later"
    )
    assert max(late, default=0) < 5
    assert len(sent) < size

"""Workers that are killed at any moment."""

from __future__ import annotations

import random
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from push.delivery.window import SIZES
from tests.faults.cloud import wait_until
from tests.faults.crowd import arrivals, make_crowd, wns_responses
from tests.integration.builders import outcomes, records, summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.cloud import Cloud


SECONDS_AHEAD_OF_ANY_LEASE = 62


def redrive(cloud: Cloud, dead: str, queue: str) -> int:
    """Move what lies in a dead-letter queue back, as an operator does; return how many."""
    messages = cloud.messages(dead)
    for message in messages:
        cloud.sqs.send_message(QueueUrl=cloud.url(queue), MessageBody=message["Body"])
    return len(messages)


def wait_until_quiet(cloud: Cloud) -> None:
    """Wait until WNS has answered what a killed worker had sent."""
    seen = [-1]

    def is_quiet() -> bool:
        seen.append(sum(wns_responses(cloud.wns).values()))
        return seen[-1] == seen[-2]

    time.sleep(0.05)
    wait_until(is_quiet, 10, "WNS is quiet")


def sends(cloud: Cloud, queue: str, answered: int) -> bool:
    """Return whether WNS has responded to more than that, or nothing is left to send."""
    return wns_responses(cloud.wns).total() > answered or not cloud.waiting(queue)


def recorded(cloud: Cloud) -> set[str]:
    """The devices that have an outcome on record."""
    return {name.split("#")[1] for name in outcomes(cloud)}


def kill_senders(cloud: Cloud, queue: str, kills: int, *, seed: int) -> tuple[Counter[str], int]:
    """Kill one sender after the other at random moments, each once it has begun to send; return the
    devices that were notified without a record at a kill, and how many they were at most."""
    dice = random.Random(seed)
    in_flight: Counter[str] = Counter()
    notified_before: Counter[str] = Counter()
    most = 0
    for _ in range(kills):
        answered = wns_responses(cloud.wns).total()
        worker = cloud.spawn(queue, "notification_sender")
        wait_until(partial(sends, cloud, queue, answered), 20, "the worker sends")
        time.sleep(dice.random() * 0.5)
        cloud.kill(worker)
        wait_until_quiet(cloud)
        notified = arrivals(cloud.wns)
        unrecorded = (notified - notified_before).keys() - recorded(cloud)
        notified_before = notified
        most = max(most, len(unrecorded))
        in_flight.update(unrecorded)
        cloud.advance(SECONDS_AHEAD_OF_ANY_LEASE)
    return in_flight, most


def send_the_rest(cloud: Cloud, queue: str) -> int:
    """Let a sender finish what is left, dead letters too; return how many of these were moved."""
    cloud.spawn(queue, "notification_sender")
    dead, deadline, moved = queue.replace("Queue", "Dlq"), time.monotonic() + 300, 0
    while cloud.waiting(queue) or cloud.waiting(dead):
        assert time.monotonic() < deadline
        moved += redrive(cloud, dead, queue)
        cloud.advance(SECONDS_AHEAD_OF_ANY_LEASE)
        time.sleep(1)
    return moved


@pytest.mark.parametrize(
    ("size", "kills"), [(100, 2), pytest.param(5000, 50, marks=pytest.mark.slow_fault)]
)
def test_sender_killed_at_random_moments_loses_nothing_and_repeats_only_what_was_in_flight(
    cloud: Cloud, found: Callable[[str], None], size: int, kills: int
) -> None:
    crowd = make_crowd(cloud.wns, cloud.table("ChannelsTable"), size, devices_per_player=1)
    for start in range(0, size, 1000):
        players = crowd.players[start : start + 1000]
        cloud.send_request(crowd.request(audience={"players": players}, request_id=f"part-{start}"))
    cloud.dispatch_all()
    in_flight, most = kill_senders(cloud, "DeliveryQueue", kills, seed=size)
    moved = send_the_rest(cloud, "DeliveryQueue")
    notified = arrivals(cloud.wns)
    repeated = {device: count - 1 for device, count in notified.items() if count > 1}
    found(
        f"{size} notifications, {kills} kills, {size - len(notified)} lost, "
        f"{sum(in_flight.values())} in flight at a kill ({most} at most), "
        f"{sum(repeated.values())} notified again, "
        f"{moved} deliveries moved back from the dead-letter queue"
    )
    assert set(notified) == {device for each in crowd.devices.values() for device in each}
    assert all(count <= in_flight[device] for device, count in repeated.items())
    assert most <= SIZES["direct"]
    assert Counter(outcomes(cloud).values()) == {"delivered": size}


@pytest.mark.slow_fault
def test_broadcast_whose_page_worker_is_killed_notifies_each_device_exactly_once(
    cloud: Cloud, found: Callable[[str], None]
) -> None:
    size, kills = 20_000, 10
    crowd = make_crowd(cloud.wns, cloud.table("ChannelsTable"), size)
    cloud.send_request(crowd.request(audience={"everyone": True}))
    cloud.spawn("RequestQueue", "dispatcher", visibility_seconds=30)
    for _ in range(2):
        cloud.spawn("BulkDeliveryQueue", "notification_sender", visibility_seconds=60)
    dice = random.Random(10)
    started = time.monotonic()
    for _ in range(kills):
        worker = cloud.spawn("BroadcastQueue", "dispatcher", visibility_seconds=2)
        wait_until(lambda: cloud.waiting("BroadcastQueue") > 0, 30, "pages are queued")
        time.sleep(0.2 + dice.random() * 0.8)
        cloud.kill(worker)
    pages = cloud.waiting("BroadcastQueue")
    cloud.spawn("BroadcastQueue", "dispatcher", visibility_seconds=30)
    wait_until(lambda: not cloud.waiting("BroadcastQueue"), 120, "all pages are processed")
    wait_until(lambda: not cloud.waiting("BulkDeliveryQueue"), 300, "all deliveries are sent")
    notified = arrivals(cloud.wns)
    found(
        f"{size} channels, {kills} page workers killed with {pages} pages left, "
        f"{len(notified)} notified, {sum(notified.values()) - len(notified)} notified twice, "
        f"{time.monotonic() - started:.0f} s"
    )
    assert notified == crowd.once_each
    (notification_id,) = {each["pk"] for each in records(cloud)}
    view = summary(cloud, notification_id)
    assert view["state"] == "completed"
    assert view["counts"] == {"delivered": size}
    assert cloud.waiting("BroadcastDlq") == 0

"""Workers killed outright, in the middle of whatever they do."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.cloud import wait_until
from tests.faults.crowd import APP, arrivals, make_crowd, wns_responses
from tests.integration.builders import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.cloud import Cloud

pytestmark = pytest.mark.xdist_group("processes")  # which start once for all

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


def recorded(cloud: Cloud) -> set[str]:
    """The devices that have an outcome on record."""
    return {name.split("#")[1] for name in outcomes(cloud)}


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
    dice = random.Random(size)
    in_flight: Counter[str] = Counter()
    told_before: Counter[str] = Counter()
    most = 0
    for _ in range(kills):
        answered = sum(wns_responses(cloud.wns).values())
        worker = cloud.spawn("DeliveryQueue", "notification_sender")
        wait_until(
            lambda answered=answered: (
                sum(wns_responses(cloud.wns).values()) > answered
                or not cloud.waiting("DeliveryQueue")
            ),
            20,
            "the worker sends",
        )
        time.sleep(dice.random() * 0.5)
        cloud.kill(worker)
        wait_until_quiet(cloud)
        told = arrivals(cloud.wns)
        unrecorded = (told - told_before).keys() - recorded(cloud)
        told_before = told
        most = max(most, len(unrecorded))
        in_flight.update(unrecorded)
        cloud.advance(SECONDS_AHEAD_OF_ANY_LEASE)
    cloud.spawn("DeliveryQueue", "notification_sender")
    moved = 0
    deadline = time.monotonic() + 300
    while cloud.waiting("DeliveryQueue") or cloud.waiting("DeliveryDlq"):
        assert time.monotonic() < deadline
        moved += redrive(cloud, "DeliveryDlq", "DeliveryQueue")
        cloud.advance(SECONDS_AHEAD_OF_ANY_LEASE)
        time.sleep(1)
    told = arrivals(cloud.wns)
    repeated = {device: count - 1 for device, count in told.items() if count > 1}
    found(
        f"{size} notifications, {kills} kills, {size - len(told)} lost, "
        f"{sum(in_flight.values())} in flight at a kill ({most} at most), "
        f"{sum(repeated.values())} told again, {moved} deliveries moved back from the dead-letter "
        f"queue"
    )
    assert set(told) == {device for each in crowd.devices.values() for device in each}
    assert all(count <= in_flight[device] for device, count in repeated.items())
    assert Counter(outcomes(cloud).values()) == {"delivered": size}


@pytest.mark.slow_fault
def test_broadcast_whose_page_worker_is_killed_tells_each_device_exactly_once(
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
    wait_until(lambda: not cloud.waiting("BroadcastQueue"), 120, "all pages are worked on")
    wait_until(lambda: not cloud.waiting("BulkDeliveryQueue"), 300, "all deliveries are sent")
    told = arrivals(cloud.wns)
    found(
        f"{size} channels, {kills} page workers killed with {pages} pages left, "
        f"{len(told)} told, {sum(told.values()) - len(told)} told twice, "
        f"{time.monotonic() - started:.0f} s"
    )
    assert told == crowd.once_each
    view = summary(cloud)
    assert view["state"] == "completed"
    assert view["counts"] == {"delivered": size}
    assert cloud.waiting("BroadcastDlq") == 0


def summary(cloud: Cloud) -> dict[str, Any]:
    notifications = {
        str(item["pk"]) for item in cloud.items("NotificationsTable") if item["sk"] == "summary"
    }
    (notification_id,) = notifications
    return dict(cloud.call_as_operator("GET", f"/apps/{APP}/notifications/{notification_id}")[1])

"""AWS's limits hold in worker processes too, and a test adds to them from its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.aws_limits.sqs_limits import MESSAGE_BYTES
from tests.faults.cloud import wait_until
from tests.faults.crowd import arrivals, make_crowd
from tests.integration.builders import cancel, post_request, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.cloud import Cloud


def test_workers_whose_calls_are_slow_or_lose_their_response_notify_everybody_once(
    cloud: Cloud, found: Callable[[str], None]
) -> None:
    crowd = make_crowd(cloud.wns, cloud.table("ChannelsTable"), 30)
    record = {"service": "dynamodb", "resource": "NotificationsTable"}
    cloud.worker_limits.fault("lost", **record, chance=0.2, seed=5)
    cloud.worker_limits.fault("slow", **record, seconds=0.2, chance=0.5, seed=6)
    cloud.send_request(crowd.request())
    cloud.spawn("RequestQueue", "dispatcher", visibility_seconds=30)
    for _ in range(2):
        cloud.spawn("DeliveryQueue", "notification_sender", visibility_seconds=30)
    wait_until(lambda: arrivals(cloud.wns).total() >= 30, 60, "all are notified")
    wait_until(lambda: not cloud.waiting("DeliveryQueue"), 60, "the queue is empty")
    found(f"30 notifications, calls of 2 senders slow or lost: {arrivals(cloud.wns).total()} sent")
    assert arrivals(cloud.wns) == crowd.once_each


def test_refused_workers_do_nothing_until_the_rule_is_cleared(cloud: Cloud) -> None:
    crowd = make_crowd(cloud.wns, cloud.table("ChannelsTable"), 3)
    cloud.worker_limits.fault("refused", service="dynamodb", function="dispatcher")
    cloud.send_request(crowd.request())
    cloud.spawn("RequestQueue", "dispatcher", visibility_seconds=3)
    wait_until(lambda: receives(cloud, "RequestQueue") >= 1, 30, "the dispatcher has failed")
    assert not cloud.waiting("DeliveryQueue")
    cloud.worker_limits.clear()
    wait_until(lambda: cloud.waiting("DeliveryQueue") == 1, 30, "the request is dispatched")


def receives(cloud: Cloud, queue: str) -> int:
    """Return how many messages of a queue are in flight, so have been received."""
    name = "ApproximateNumberOfMessagesNotVisible"
    answer = cloud.sqs.get_queue_attributes(QueueUrl=cloud.url(queue), AttributeNames=[name])
    return int(answer["Attributes"][name])


def test_stale_reads_work_on_the_emulator_of_the_workers(cloud: Cloud) -> None:
    table = cloud.table("AppsTable")
    table.put_item(Item={"pk": "other", "name": "old"})
    cloud.limits.stale_reads("AppsTable")
    table.put_item(Item={"pk": "other", "name": "new"})
    assert table.get_item(Key={"pk": "other"})["Item"]["name"] == "old"
    assert table.get_item(Key={"pk": "other"}, ConsistentRead=True)["Item"]["name"] == "new"


def test_limits_hold_on_the_emulator_of_the_workers(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        cloud.put("RequestQueue", "x" * (MESSAGE_BYTES + 1))
    with pytest.raises(ClientError, match="Expression size"):
        cloud.table("AppsTable").get_item(
            Key={"pk": "other"}, ProjectionExpression=",".join(["name"] * 1000)
        )


def test_units_are_counted_on_the_emulator_of_the_workers(
    cloud: Cloud, found: Callable[[str], None]
) -> None:
    make_crowd(cloud.wns, cloud.table("ChannelsTable"), 1)
    with cloud.limits.counting() as units:
        _, response = post_request(cloud, request("p0"))
        cancel(cloud, response["notification_id"])
    found(units.line())
    assert units.of_table("NotificationsTable")[0] >= 2

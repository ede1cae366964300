"""The state of a whole stack at a glance."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from pushctl.client.apps import list_apps
from pushctl.client.aws import map_aws_errors
from pushctl.client.dead_letter_messages import QUEUES
from pushctl.client.tokens import changed_at, describe_secret

if TYPE_CHECKING:
    from push.apps.models import App
    from pushctl.client.stack import Stack

LANES = {
    "requests": "RequestQueue",
    "direct": "DeliveryQueue",
    "broadcast": "BroadcastQueue",
    "bulk": "BulkDeliveryQueue",
}
TOKEN_LIFE_S = 24 * 3600


class AppStatus(BaseModel):
    """An app at a glance."""

    model_config = ConfigDict(frozen=True)

    app_id: str
    name: str
    enabled: bool
    stopped: str | None
    paused_until: int | None = Field(
        None, description="WNS asked to wait until then, epoch seconds"
    )
    has_credentials: bool
    token_age_s: int | None = Field(None, description="Seconds since the access token was stored")

    @property
    def is_ready(self) -> bool:
        """Whether its notifications are sent now."""
        is_fresh = self.token_age_s is not None and self.token_age_s < TOKEN_LIFE_S
        return self.enabled and self.stopped is None and is_fresh


class QueueStatus(BaseModel):
    """A queue at a glance."""

    model_config = ConfigDict(frozen=True)

    name: str
    waiting: int
    in_flight: int
    delayed: int = 0
    oldest_s: int | None = Field(
        None, description="Age of the oldest message in seconds; unknown without CloudWatch"
    )


class AlarmStatus(BaseModel):
    """An alarm that is raised, or that has no data yet."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: str
    reason: str = ""


class Status(BaseModel):
    """A stack at a glance."""

    model_config = ConfigDict(frozen=True)

    stack: str
    at: int
    apps: list[AppStatus]
    lanes: list[QueueStatus]
    dead_letters: list[QueueStatus]
    alarms: list[AlarmStatus]
    alarms_known: int = Field(description="How many alarms the stack has")

    @property
    def is_well(self) -> bool:
        """Whether nothing needs an operator."""
        return (
            all(each.is_ready or not each.enabled for each in self.apps)
            and not any(each.waiting or each.in_flight for each in self.dead_letters)
            and not self.alarms
        )


def get_status(stack: Stack) -> Status:
    """Return the state of a stack: apps, lanes, dead letters, alarms that are raised."""
    apps = list_apps(stack).apps
    now = time.time()
    with map_aws_errors("read the stack's state"):
        alarms, known = _alarms(stack)
        return Status(
            stack=stack.name,
            at=int(now),
            apps=[_app(stack, each, now) for each in apps],
            lanes=[_queue(stack, name, logical_id) for name, logical_id in LANES.items()],
            dead_letters=[_queue(stack, name, logical_id) for name, logical_id in QUEUES.items()],
            alarms=alarms,
            alarms_known=known,
        )


def paused_until(stack: Stack, app_id: str, now: float) -> int | None:
    """Return until when WNS asked an app to wait, in epoch seconds, None if it does not wait."""
    item = (
        stack.table("RatesTable").get_item(Key={"pk": app_id}, ConsistentRead=True).get("Item", {})
    )
    until = int(float(str(item.get("paused_until", 0))))
    return until if until > now else None


def _app(stack: Stack, app: App, now: float) -> AppStatus:
    token = describe_secret(stack, app.app_id, "access-token")
    stored_at = None if token is None else changed_at(token)
    return AppStatus(
        app_id=app.app_id,
        name=app.name,
        enabled=app.enabled,
        stopped=app.stopped,
        paused_until=paused_until(stack, app.app_id, now),
        has_credentials=describe_secret(stack, app.app_id, "credentials") is not None,
        token_age_s=None if stored_at is None else max(0, int(now - stored_at)),
    )


def _queue(stack: Stack, name: str, logical_id: str) -> QueueStatus:
    url = stack.physical(logical_id)
    attributes = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
        "Attributes"
    ]
    waiting = int(attributes["ApproximateNumberOfMessages"])
    in_flight = int(attributes["ApproximateNumberOfMessagesNotVisible"])
    return QueueStatus(
        name=name,
        waiting=waiting,
        in_flight=in_flight,
        delayed=int(attributes.get("ApproximateNumberOfMessagesDelayed", 0)),
        oldest_s=_oldest(stack, url) if waiting or in_flight else 0,
    )


def _oldest(stack: Stack, url: str) -> int | None:
    # SQS itself does not say it; CloudWatch does, a few minutes late.
    now = datetime.now(UTC)
    points: list[dict[str, Any]] = stack.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": url.rpartition("/")[2]}],
        StartTime=now - timedelta(minutes=15),
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    latest = max(points, key=lambda each: each["Timestamp"], default=None)
    return None if latest is None else int(latest["Maximum"])


def _alarms(stack: Stack) -> tuple[list[AlarmStatus], int]:
    names = sorted(stack.having("Alarm").values())
    raised: list[AlarmStatus] = []
    cloudwatch = stack.client("cloudwatch")
    for start in range(0, len(names), 100):
        pages = cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNames=names[start : start + 100]
        )
        raised += [
            AlarmStatus(
                name=each["AlarmName"],
                state=each["StateValue"],
                reason=each.get("StateReason", ""),
            )
            for page in pages
            for each in page["MetricAlarms"]
            if each["StateValue"] == "ALARM"
        ]
    return raised, len(names)

"""One EventBridge Scheduler schedule per request with a `send_at` more than 15 minutes ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient


@dataclass(frozen=True, slots=True)
class ScheduleTarget:
    """ARNs of the queue for due requests, its dead-letter queue, and the role that may send to
    both."""

    queue_arn: str
    dead_letter_arn: str
    role_arn: str


class Schedules:
    """The schedules of a group, named by notification id. Each deletes itself when it has run."""

    def __init__(
        self, client: EventBridgeSchedulerClient, group: str, target: ScheduleTarget | None = None
    ) -> None:
        """`target` is required to create schedules."""
        self._client = client
        self._group = group
        self._target = target

    def put(self, notification_id: str, at: float, body: str) -> None:
        """Schedule a message to the target at a time (epoch seconds). Idempotent: an existing
        schedule stays.

        EventBridge Scheduler invokes within the minute (EventBridge Scheduler user guide,
        "Schedule types").
        """
        if self._target is None:
            raise TypeError("this function creates no schedules")
        when = datetime.fromtimestamp(at, UTC)
        try:
            self._client.create_schedule(
                Name=notification_id,
                GroupName=self._group,
                ScheduleExpression=f"at({when:%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self._target.queue_arn,
                    "RoleArn": self._target.role_arn,
                    "Input": body,
                    "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
                    "DeadLetterConfig": {"Arn": self._target.dead_letter_arn},
                },
            )
        except self._client.exceptions.ConflictException:
            return

    def delete(self, notification_id: str) -> None:
        """Delete a schedule. Idempotent."""
        try:
            self._client.delete_schedule(Name=notification_id, GroupName=self._group)
        except self._client.exceptions.ResourceNotFoundException:
            return

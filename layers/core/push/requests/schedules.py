"""Schedules: one EventBridge Scheduler schedule per request that is to be sent later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient


@dataclass(frozen=True, slots=True)
class ScheduleTarget:
    """Where a due request goes, by ARN: the queue, the dead-letter queue if that fails, the
    role."""

    queue_arn: str
    dead_letter_arn: str
    role_arn: str


class Schedules:
    """The schedules of a group, named by notification; each is deleted once it has run."""

    def __init__(
        self, client: EventBridgeSchedulerClient, group: str, target: ScheduleTarget | None = None
    ) -> None:
        """`target` is needed where schedules are made."""
        self._client = client
        self._group = group
        self._target = target

    def put(self, notification_id: str, at: float, body: str) -> None:
        """Have a message sent to the target at a time (epoch seconds); one that is there stays.

        EventBridge Scheduler is punctual to the minute.
        """
        if self._target is None:
            raise TypeError("this function makes no schedules")
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
        """Delete a schedule; that it is gone already is no error."""
        try:
            self._client.delete_schedule(Name=notification_id, GroupName=self._group)
        except self._client.exceptions.ResourceNotFoundException:
            return

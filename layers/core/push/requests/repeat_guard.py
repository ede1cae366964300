"""Rejects a broadcast whose content was sent to everyone in the last 30 minutes.

Microsoft regards the same notification to many users more often than every 30 minutes as abuse
("Windows Push Notification Services (WNS) overview").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.errors import ConflictError

if TYPE_CHECKING:
    from push.aws.table import Table
    from push.requests.models import Request

HALF_HOUR_S = 1800
ON_RECEIPT_S = 300
"""How long a request that is accepted but not dispatched yet holds its content, in seconds: should
its sender's call end before it is queued, only that long are others rejected."""


class RepeatGuard:
    """Items `everyone#<app_id>#<content>` of NotificationsTable, one per content."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @map_dynamodb_errors()
    def reserve(self, request: Request, now: float, life_s: int) -> None:
        """Reserve a request's content for `life_s` seconds from `now` (epoch seconds).

        The reservation belongs to the request's id: the request itself, and copies of it, may
        reserve again.

        Raises:
            ConflictError: another request has reserved it.
        """
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(pk) OR expires_at <= :now"
            " OR notification_id = :id",
            "ExpressionAttributeValues": {":now": int(now), ":id": request.notification_id},
        }
        item: dict[str, Any] = _key(request) | {
            "notification_id": request.notification_id,
            "expires_at": int(now) + life_s,
        }
        try:
            self._table.put_item(Item=item, **({} if request.allow_repeat else condition))
        except ConditionFailedError:
            raise ConflictError(
                "an identical broadcast was sent less than 30 minutes ago; set allow_repeat to"
                " send it anyway"
            ) from None

    @map_dynamodb_errors()
    def release(self, request: Request) -> None:
        """End a request's own reservation. Idempotent."""
        try:
            self._table.update_item(
                Key=_key(request),
                UpdateExpression="SET expires_at = :past",
                ConditionExpression="notification_id = :id",
                ExpressionAttributeValues={":past": 0, ":id": request.notification_id},
            )
        except ConditionFailedError:
            return


def _key(request: Request) -> dict[str, str]:
    return {"pk": f"everyone#{request.app_id}#{request.content_id}", "sk": "recent"}

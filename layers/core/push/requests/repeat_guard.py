"""Rejects a broadcast whose content was sent to everyone in the last 30 minutes.

Microsoft regards the same notification to many users more often than every 30 minutes as abuse
("Windows Push Notification Services (WNS) overview").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from push.errors import ConflictError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from push.requests.models import Request

_HALF_HOUR_S = 1800


class RepeatGuard:
    """Items `everyone#<app_id>#<content>` of NotificationsTable, one per content."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def reserve(self, request: Request, now: float) -> None:
        """Reserve a request's content for 30 minutes from `now` (epoch seconds). Idempotent.

        Raises:
            ConflictError: another request has reserved it.
        """
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(pk) OR expires_at <= :now"
            " OR notification_id = :id",
            "ExpressionAttributeValues": {":now": int(now), ":id": request.notification_id},
        }
        item: dict[str, Any] = {
            "pk": f"everyone#{request.app_id}#{request.content_id}",
            "sk": "recent",
            "notification_id": request.notification_id,
            "expires_at": int(now) + _HALF_HOUR_S,
        }
        try:
            self._table.put_item(Item=item, **({} if request.allow_repeat else condition))
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            raise ConflictError(
                "an identical broadcast was sent less than 30 minutes ago; set allow_repeat to"
                " send it anyway"
            ) from None

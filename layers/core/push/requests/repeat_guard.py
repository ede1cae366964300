"""What went to everyone lately: Microsoft regards the same notification to many players more often
than every 30 minutes as abuse ("Windows Push Notification Services (WNS) overview")."""

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

    def enter(self, request: Request, now: float) -> None:
        """Enter a request to everyone; the same request may be entered again.

        Raises:
            ConflictError: another one with the same content was, within half an hour.
        """
        condition = "attribute_not_exists(pk) OR expires_at <= :now OR notification_id = :id"
        values = {":now": int(now), ":id": request.notification_id}
        try:
            self._table.put_item(
                Item={
                    "pk": f"everyone#{request.app_id}#{request.content_id}",
                    "sk": "recent",
                    "notification_id": request.notification_id,
                    "expires_at": int(now) + _HALF_HOUR_S,
                },
                **({} if request.allow_repeat else _conditional(condition, values)),
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            raise ConflictError(
                "the same went to everyone less than 30 minutes ago, which WNS takes for abuse;"
                " say allow_repeat if you mean it"
            ) from None


def _conditional(condition: str, values: dict[str, Any]) -> dict[str, Any]:
    return {"ConditionExpression": condition, "ExpressionAttributeValues": values}

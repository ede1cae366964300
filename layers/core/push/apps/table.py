"""The apps in AppsTable."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from push.apps.models import App
from push.aws.dynamodb import map_dynamodb_errors
from push.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb.service_resource import Table


_MAX_AGE_S = 15.0


class Apps:
    """The apps in AppsTable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @map_dynamodb_errors()
    def get(self, app_id: str) -> App:
        """Return the app.

        Raises:
            NotFoundError: the app does not exist.
        """
        item = self._table.get_item(Key={"pk": app_id}, ConsistentRead=True).get("Item")
        if item is None:
            raise NotFoundError(f"app '{app_id}' does not exist")
        return _app(item)

    def put(self, app: App) -> bool:
        """Store the app; return whether it is new."""
        answer = self._table.put_item(
            Item={
                "pk": app.app_id,
                "app": app.model_dump_json(exclude_defaults=True, exclude={"stopped"}),
            },
            ReturnValues="ALL_OLD",
        )
        return "Attributes" not in answer

    def all(self) -> Iterator[App]:
        """Yield every app, by a scan: the table has an item per app."""
        pages = self._table.meta.client.get_paginator("scan").paginate(TableName=self._table.name)
        for page in pages:
            for item in page["Items"]:
                yield _app(item)

    def delete(self, app_id: str) -> None:
        """Delete an app. Idempotent."""
        self._table.delete_item(Key={"pk": app_id})

    def lease(self, app_id: str, now: float, until: int, *, at_once: bool) -> bool:
        """Lease the refresh of the app's access token until `until`; return False if another
        invocation holds the lease, or the app does not exist. Times are epoch seconds.

        Args:
            at_once: take the lease over from its holder.
        """
        free = "attribute_not_exists(refreshing_until) OR refreshing_until <= :now"
        taken = {} if at_once else {":now": int(now)}
        try:
            self._table.update_item(
                Key={"pk": app_id},
                UpdateExpression="SET refreshing_until = :until",
                ConditionExpression="attribute_exists(pk)" + ("" if at_once else f" AND ({free})"),
                ExpressionAttributeValues={":until": until} | taken,
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def end_lease(self, app_id: str, until: int) -> None:
        """Release the lease, unless another invocation has taken it over."""
        with suppress(self._table.meta.client.exceptions.ConditionalCheckFailedException):
            self._table.update_item(
                Key={"pk": app_id},
                UpdateExpression="REMOVE refreshing_until",
                ConditionExpression="refreshing_until = :until",
                ExpressionAttributeValues={":until": until},
            )

    @map_dynamodb_errors()
    def stop(self, app_id: str, reason: str) -> None:
        """Stop sending for an app until an operator puts it again."""
        self._table.update_item(
            Key={"pk": app_id},
            UpdateExpression="SET stopped = :reason",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":reason": reason},
        )


def _app(item: Mapping[str, Any]) -> App:
    app = App.model_validate_json(str(item["app"]))
    return app.model_copy(update={"stopped": item.get("stopped")})


class AppCache:
    """A cache of apps, each at most 15 seconds old."""

    def __init__(self, apps: Apps) -> None:
        self._apps = apps
        self._held: dict[str, tuple[float, App]] = {}

    def get(self, app_id: str, now: float) -> App:
        """Return the app.

        Raises:
            NotFoundError: the app does not exist.
        """
        read_at, app = self._held.get(app_id, (0.0, None))
        if app is None or now - read_at > _MAX_AGE_S:
            app = self._apps.get(app_id)
            self._held[app_id] = (now, app)
        return app

    def stop(self, app_id: str, reason: str) -> None:
        """Stop sending for an app until an operator puts it again."""
        self._apps.stop(app_id, reason)
        self._held.pop(app_id, None)

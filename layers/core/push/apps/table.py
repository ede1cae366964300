"""The apps in AppsTable."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from push.apps.models import App
from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.aws.items import read_item, readable_items
from push.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from push.aws.table import Table


_MAX_AGE_S = 15.0


class Apps:
    """The apps in AppsTable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @property
    def table(self) -> Table:
        """AppsTable."""
        return self._table

    @map_dynamodb_errors()
    def get(self, app_id: str) -> App:
        """Return the app.

        Raises:
            NotFoundError: the app does not exist.
            UnreadableItemError: it is stored in a form that this version cannot read.
        """
        item = self._table.get_item(Key={"pk": app_id}, ConsistentRead=True).get("Item")
        return self.of_item(app_id, item)

    def of_item(self, app_id: str, item: Mapping[str, Any] | None) -> App:
        """Return the app that an item holds, None standing for no item; raise as `get` does."""
        if item is None:
            raise NotFoundError(f"app '{app_id}' does not exist")
        return read_item("app", item, _app)

    @map_dynamodb_errors()
    def put(self, app: App) -> bool:
        """Store the app, not stopped; return whether it is new."""
        answer = self._table.put_item(
            Item={
                "pk": app.app_id,
                "app": app.model_dump_json(exclude_defaults=True, exclude={"stopped"}),
            },
            ReturnValues="ALL_OLD",
        )
        return "Attributes" not in answer

    @map_dynamodb_errors()
    def is_stopped(self, app_id: str) -> bool:
        """Return whether the app exists and is stopped; also of one that cannot be read."""
        answer = self._table.get_item(Key={"pk": app_id}, ConsistentRead=True)
        return "stopped" in answer.get("Item", {})

    def all(self) -> Iterator[App]:
        """Yield every app that can be read, by a scan: the table has an item per app."""
        with map_dynamodb_errors():
            yield from readable_items("app", self._table.scan_all(ConsistentRead=True), _app)

    @map_dynamodb_errors()
    def delete(self, app_id: str) -> None:
        """Delete an app. Idempotent."""
        self._table.delete_item(Key={"pk": app_id})

    @map_dynamodb_errors()
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
        except ConditionFailedError:
            return False
        return True

    @map_dynamodb_errors()
    def end_lease(self, app_id: str, until: int) -> None:
        """Release the lease, unless another invocation has taken it over."""
        with suppress(ConditionFailedError):
            self._table.update_item(
                Key={"pk": app_id},
                UpdateExpression="REMOVE refreshing_until",
                ConditionExpression="refreshing_until = :until",
                ExpressionAttributeValues={":until": until},
            )

    @map_dynamodb_errors()
    def resume(self, app_id: str) -> None:
        """Let notifications of a stopped app be sent again. Idempotent.

        Raises:
            NotFoundError: the app does not exist.
        """
        try:
            self._table.update_item(
                Key={"pk": app_id},
                UpdateExpression="REMOVE stopped, stopped_at",
                ConditionExpression="attribute_exists(pk)",
            )
        except ConditionFailedError:
            raise NotFoundError(f"app '{app_id}' does not exist") from None

    @map_dynamodb_errors()
    def stop(self, app_id: str, reason: str, now: float) -> int:
        """Stop sending for an app until an operator resumes it or puts it again; return since when
        it is stopped, `now` unless somebody has stopped it before. Times are epoch seconds.

        Raises:
            NotFoundError: the app does not exist.
        """
        try:
            stopped = self._table.update_item(
                Key={"pk": app_id},
                UpdateExpression="SET stopped = :reason,"
                " stopped_at = if_not_exists(stopped_at, :now)",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":reason": reason, ":now": int(now)},
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except ConditionFailedError:
            raise NotFoundError(f"app '{app_id}' does not exist") from None
        return int(str(stopped["stopped_at"]))


def _app(item: Mapping[str, Any]) -> App:
    app = App.model_validate_json(str(item["app"]), extra="ignore")
    return app.model_copy(update={"stopped": item.get("stopped")})


class AppCache:
    """A cache of apps, each at most 15 seconds old. Stopped ones are read each time, so that they
    resume at once."""

    def __init__(self, apps: Apps) -> None:
        self._apps = apps
        self._held: dict[str, tuple[float, App]] = {}

    def get(self, app_id: str, now: float) -> App:
        """Return the app.

        Raises:
            NotFoundError: the app does not exist.
            UnreadableItemError: it is stored in a form that this version cannot read.
        """
        read_at, app = self._held.get(app_id, (0.0, None))
        if app is None or app.stopped is not None or now - read_at > _MAX_AGE_S:
            app = self._apps.get(app_id)
            self._held[app_id] = (now, app)
        return app

    def stop(self, app_id: str, reason: str, now: float) -> int:
        """Stop sending for an app until an operator resumes it or puts it again; return since when
        it is stopped. Times are epoch seconds.

        Raises:
            NotFoundError: the app does not exist.
        """
        stopped_at = self._apps.stop(app_id, reason, now)
        self._held.pop(app_id, None)
        return stopped_at

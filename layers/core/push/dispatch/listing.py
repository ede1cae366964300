"""Puts the requests of a batch into the lists of their apps: before their records, all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from push.notifications.list_items import assign_place, reserve_place
from push.requests.intake import due_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from push.aws.table import Table
    from push.dispatch.tasks import Task


def reserve_places(table: Table, tasks: Sequence[Task], now: float) -> None:
    """Reserve places for the requests that are to be listed, with a write for each app; the records
    that are written afterwards name them. An error is the result of the app's requests.

    Args:
        table: NotificationsTable.
        now: epoch seconds.
    """
    by_app: dict[str, list[Task]] = {}
    for task in tasks:
        if task.is_to_be_listed:
            by_app.setdefault(task.request.app_id, []).append(task)
    for app_id, some in by_app.items():
        some.sort(key=lambda task: now if task.record is None else task.record.accepted_at)
        ids = [task.request.notification_id for task in reversed(some)]  # newest first
        latest = max(due_in(task.request, now) for task in some)
        try:
            place = reserve_place(table, app_id, ids, now, latest)
        except Exception as error:  # noqa: BLE001 - handed over
            for task in some:
                task.result = error
        else:
            for task in some:
                task.place = place


def list_others(table: Table, tasks: Sequence[Task]) -> None:
    """List the requests of the API that are recorded without a place and that no plan has given
    theirs: cancelled, suppressed or refused ones, and those that could not be dispatched.

    An error is a request's result, so that it is retried: it would never be listed otherwise.
    """
    for task in tasks:
        if task.place is None or task.record is None or task.plan is not None:
            continue
        try:
            assign_place(table, task.request.notification_id, task.place)
        except Exception as error:  # noqa: BLE001 - handed over
            task.result = error

"""What is stored for requests: their apps, templates and records, read together in one call."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from push.aws.batch_get import Wanted, batch_get_of_tables
from push.aws.dynamodb import map_dynamodb_errors
from push.notifications.entry import Record, summary_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from push.apps.models import App
    from push.apps.table import Apps
    from push.notifications.record import Notifications
    from push.requests.models import Request
    from push.templates.models import Template
    from push.templates.table import Templates


class StoredForRequests:
    """The apps, templates and records of some requests, as they were read.

    Read consistently and after the requests came, so that each finds what was put before it was
    made; held no longer than they are worked on.
    """

    def __init__(
        self,
        apps: Apps,
        templates: Templates,
        items: Mapping[str, Mapping[tuple[str, ...], Mapping[str, Any]]],
    ) -> None:
        """`items`: by kind (`app`, `template`, `record`) and key."""
        self._apps = apps
        self._templates = templates
        self._items = items
        self._read: dict[str, App] = {}

    def app(self, app_id: str) -> App:
        """Return an app.

        Raises:
            NotFoundError: it does not exist.
            UnreadableItemError: it is stored in a form that this version cannot read.
        """
        if app_id not in self._read:
            self._read[app_id] = self._apps.of_item(app_id, self._items["app"].get((app_id,)))
        return self._read[app_id]

    def template(self, app_id: str, template_id: str) -> Template:
        """Return a template.

        Raises:
            NotFoundError: the app has no such template.
            UnreadableItemError: it is stored in a form that this version cannot read.
        """
        item = self._items["template"].get((app_id, template_id))
        return self._templates.of_item(app_id, template_id, item)

    def record(self, notification_id: str) -> Record | None:
        """Return the record of a notification, None if there is none or it was not read."""
        item = self._items["record"].get((notification_id, "summary"))
        return None if item is None else Record(item)


@map_dynamodb_errors()
def read_for_requests(
    apps: Apps,
    templates: Templates,
    notifications: Notifications,
    requests: Sequence[Request],
    recorded: Iterable[Request],
) -> StoredForRequests:
    """Read what is stored for requests, 33 at most.

    Args:
        recorded: those among them whose records are read.

    Raises:
        TablesUnavailableError: DynamoDB failed.
    """
    tables = {
        "app": apps.table.name,
        "template": templates.table.name,
        "record": notifications.table.name,
    }
    keys: dict[str, dict[tuple[str, ...], dict[str, str]]] = {kind: {} for kind in tables}
    for request in requests:
        app_id, template_id = request.app_id, request.template
        keys["app"][(app_id,)] = {"pk": app_id}
        if template_id is not None:
            keys["template"][app_id, template_id] = {"pk": app_id, "sk": template_id}
    for request in recorded:
        key = summary_key(request.notification_id)
        keys["record"][tuple(key.values())] = key
    found = batch_get_of_tables(
        apps.table.dynamodb,
        {tables[kind]: Wanted(list(some.values())) for kind, some in keys.items()},
        sleep=time.sleep,
        jitter=random.random,
    )
    items = {
        kind: {
            tuple(str(item[name]) for name in ("pk", "sk") if name in item): item
            for item in found[table]
        }
        for kind, table in tables.items()
    }
    return StoredForRequests(apps, templates, items)

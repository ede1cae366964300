"""Lists of an app's notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict

from pushctl.client.api import path
from pushctl.client.notifications import Summary

if TYPE_CHECKING:
    from pushctl.client.stack import Stack

_PAGES = 20
"""Pages that one call reads at most, of 50 records each."""


class NotificationList(BaseModel):
    """Some of an app's notifications, newest first; `next_page` is None at the end."""

    model_config = ConfigDict(frozen=True)

    notifications: list[Summary]
    next_page: str | None = None


def list_notifications(
    stack: Stack,
    app_id: str,
    *,
    state: str | None = None,
    template: str | None = None,
    start: int | None = None,
    end: int | None = None,
    page: str | None = None,
    limit: int = 50,
) -> NotificationList:
    """Return an app's notifications, newest first.

    Args:
        state: only those in this state.
        template: only those of this template.
        start: listed then or later, in epoch seconds.
        end: listed before, in epoch seconds.
        page: `next_page` of an earlier call.
        limit: read pages until there are so many; the last page is returned whole, so there may be
            more. With filters that match little, fewer are returned although there is a
            `next_page`.

    Raises:
        NotFoundError: the app does not exist.
    """
    where = path("apps", app_id, "notifications")
    filters = {"state": state, "template": template, "from": start, "to": end}
    found: list[Summary] = []
    for _ in range(_PAGES):
        query = {key: each for key, each in (filters | {"page": page}).items() if each is not None}
        document = stack.api.call("GET", f"{where}?{urlencode(query)}" if query else where)
        found += [
            Summary.model_validate(each, extra="ignore") for each in document["notifications"]
        ]
        page = document["next_page"]
        if page is None or len(found) >= limit:
            break
    return NotificationList(notifications=found, next_page=page)

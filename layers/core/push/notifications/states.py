"""States of many notifications, for those who only need to know whether one is cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from push.aws.batch_get import Wanted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from push.notifications.entry import State


def wanted_states(notification_ids: Collection[str]) -> Wanted:
    """Return what is to be read of NotificationsTable."""
    keys = [{"pk": each, "sk": "summary"} for each in notification_ids]
    return Wanted(keys, ("pk", "state"))


def read_states(items: Iterable[Mapping[str, Any]]) -> dict[str, State]:
    """Return the recorded states of notifications by their ids."""
    return {str(item["pk"]): item["state"] for item in items}

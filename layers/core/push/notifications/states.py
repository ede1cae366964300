"""States of many notifications, for those who only need to know whether one is cancelled."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from push.aws.batch_get import batch_get
from push.aws.dynamodb import map_dynamodb_errors

if TYPE_CHECKING:
    from collections.abc import Collection

    from push.aws.table import Table
    from push.notifications.entry import State


class NotificationStates:
    """The recorded states in NotificationsTable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @map_dynamodb_errors()
    def of(self, notification_ids: Collection[str]) -> dict[str, State]:
        """Return the recorded states of notifications, read consistently.

        Raises:
            TablesUnavailableError: DynamoDB did not return all of them.
        """
        keys = [{"pk": each, "sk": "summary"} for each in notification_ids]
        found = batch_get(self._table, keys, sleep=time.sleep, jitter=random.random)
        return {str(item["pk"]): item["state"] for item in found}

"""Notices that a notification is finished: every delivery has an outcome on every channel.

Nobody polls and no counter is added to for it. Whoever finishes a delivery, or dispatches the last
page of a broadcast, reads whether all others are finished; of two that finish together, at least
one sees both. Only apps that want the event pay for the reads.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from push.apps.game_events import GameEvent
from push.aws.batch_get import batch_get
from push.aws.dynamodb import map_dynamodb_errors
from push.notifications.chunks import claim_keys, tally_claims
from push.notifications.counters import read_counters
from push.notifications.summary import is_direct, summary_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.apps.game_events import GameEvents
    from push.aws.table import Table
    from push.notifications.summary import Summary

# How many claims are read at once, the last ones first: deliveries are sent roughly in their order,
# so that most find the last one unfinished, at a read unit. The last to finish reads all.
_PORTIONS = (1, 4, 20, 100)


@dataclass(frozen=True, slots=True)
class FinishedNotifications:
    """Publishes `NotificationFinished`."""

    events: GameEvents
    table: Table

    @map_dynamodb_errors()
    def publish(self, app_id: str, notification_id: str, now: float) -> None:
        """Publish that a notification is finished, if it is and its app wants the event.

        Args:
            now: epoch seconds.

        Raises:
            TablesUnavailableError, EventBusUnavailableError: it may not be published.
        """
        if not self.events.wants(app_id, "NotificationFinished"):
            return
        key = {"pk": notification_id, "sk": "summary"}
        item = self.table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None:
            return
        counters = self._of_claims(item) if is_direct(item) else self._of_broadcast(item)
        if counters is not None:
            self.events.publish([_event(summary_of(item, counters), now)])

    def _of_claims(self, item: Mapping[str, Any]) -> Counter[str] | None:
        """Return the counts of a direct notification, None if a delivery is not finished."""
        keys = claim_keys(str(item["pk"]), int(str(item["deliveries"])))
        total: Counter[str] = Counter()
        portions = iter(_PORTIONS)
        size = next(portions)
        while keys:
            some, keys = keys[-size:], keys[:-size]
            claims = list(batch_get(self.table, some, sleep=time.sleep, jitter=random.random))
            counted = tally_claims(claims)
            if counted["finished"] < len(some):
                return None
            total += counted
            size = next(portions, size)
        return total

    def _of_broadcast(self, item: Mapping[str, Any]) -> Counter[str] | None:
        """Return the counts of a broadcast, None if a page or a delivery is not finished."""
        if item["state"] not in {"broadcasting", "cancelled"}:
            return None
        counters = read_counters(self.table, str(item["pk"]))
        is_whole = 0 < int(str(item.get("shards", 0))) <= counters["shards_done"]
        return counters if is_whole and counters["finished"] >= counters["deliveries"] else None


def _event(summary: Summary, now: float) -> GameEvent:
    kept = summary.model_dump(
        include={
            *("app_id", "notification_id", "request_id", "template", "audience", "state"),
            *("accepted_at", "recipients", "counts", "players"),
        }
    )
    times = {"finished_at": int(now), "duration_s": max(int(now) - summary.accepted_at, 0)}
    return GameEvent("NotificationFinished", (summary.notification_id,), kept | times)

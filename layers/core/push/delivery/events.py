"""Events about deliveries, for apps that want them: failures by device, and the end of each
notification.

They are published after an attempt is closed. If that fails, or the worker dies, the message is
received again, finds its attempt closed, and publishes what the record says: at least once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from push.apps.game_events import GameEvent
from push.aws.dynamodb import map_dynamodb_errors
from push.delivery.claims import partition
from push.notifications.chunks import outcomes_of_chunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from push.apps.game_events import GameEvents
    from push.apps.models import EventName
    from push.aws.table import Table
    from push.delivery.finished import FinishedNotifications
    from push.delivery.models import Delivery
    from push.notifications.outcomes import Outcomes

_EVENTS: tuple[EventName, ...] = ("DeliveryFailed", "NotificationFinished")
_DETAILS = ("outcome", "at", "status_code", "device_status", "error_description")


@dataclass(frozen=True, slots=True)
class DeliveryEvents:
    """Publishes events about deliveries. `clock` gives epoch seconds."""

    events: GameEvents
    table: Table
    finished: FinishedNotifications
    clock: Callable[[], float] = time.time

    def are_wanted(self, delivery: Delivery) -> bool:
        """Return whether the delivery's app wants any event about it.

        Raises:
            TablesUnavailableError: the app cannot be read now.
        """
        return any(self.events.wants(delivery.app_id, name) for name in _EVENTS)

    def publish_closed(self, delivery: Delivery, outcomes: Outcomes, *, is_finished: bool) -> None:
        """Publish the events of an attempt that is closed.

        Args:
            outcomes: the attempt's.
            is_finished: whether every recipient of the delivery has an outcome.

        Raises:
            TablesUnavailableError, EventBusUnavailableError: they may not be published.
        """
        if self.events.wants(delivery.app_id, "DeliveryFailed"):
            self.events.publish(
                [
                    _failure(delivery, name, outcome)
                    for name, outcome in outcomes.items()
                    if outcome["outcome"] != "delivered"
                ]
            )
        if is_finished:
            self.finished.publish(delivery.app_id, delivery.notification_id, self.clock())

    @map_dynamodb_errors()
    def publish_again(self, delivery: Delivery) -> None:
        """Publish the events of a delivery that is received again after an attempt was closed.

        Raises:
            TablesUnavailableError, EventBusUnavailableError: they may not be published.
        """
        outcomes: Outcomes = {}
        if self.events.wants(delivery.app_id, "DeliveryFailed"):
            outcomes = outcomes_of_chunk(self.table, partition(delivery))
        self.publish_closed(delivery, outcomes, is_finished=True)


def _failure(delivery: Delivery, name: str, outcome: dict[str, object]) -> GameEvent:
    device, _, kind = name.rpartition("#")
    player_id, _, device_id = device.rpartition("#")
    return GameEvent(
        "DeliveryFailed",
        (delivery.notification_id, name),
        {
            "app_id": delivery.app_id,
            "notification_id": delivery.notification_id,
            "player_id": player_id,
            "device_id": device_id,
            "kind": kind,
        }
        | {each: outcome[each] for each in _DETAILS if each in outcome},
    )

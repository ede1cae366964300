"""Finds the recipients that must not be notified any more: expired, cancelled, removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wns.result import Outcome

if TYPE_CHECKING:
    from push.channels.table import Channels
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.batch import Batch
    from push.delivery.models import Recipient
    from push.notifications.record import Notifications

RECHECK_EVERY_S = 2.0

CANCELLED = "cancelled"
"""Outcome of a recipient whose notification was cancelled before it was sent."""
REMOVED = "removed"
"""Outcome of a recipient whose channel was removed, or went to another player, before the send."""

_CHANNELS_IF_OLDER_S = 10.0  # until then, the dispatcher has only just read the channels


@dataclass(frozen=True, slots=True)
class Recheck:
    """Checks ready recipients against the record of their notification and their channels."""

    notifications: Notifications
    channels: Channels

    def apply(self, batch: Batch, attempt: DeliveryAttempt, now: float) -> None:
        """Finish the ready recipients that must not be sent to any more.

        Raises:
            TablesUnavailableError: nothing is known; all recipients are as they were.
        """
        attempt.mark_rechecked(now)
        batch.finish_unsent(attempt, self._withdrawn(attempt, now), now)

    def _withdrawn(self, attempt: DeliveryAttempt, now: float) -> dict[Recipient, str]:
        delivery, ready = attempt.delivery, attempt.ready
        if now >= delivery.expires_at:
            return dict.fromkeys(ready, str(Outcome.EXPIRED))
        if self.notifications.state(delivery.notification_id) == CANCELLED:
            return dict.fromkeys(ready, CANCELLED)
        if now - delivery.dispatched_at <= _CHANNELS_IF_OLDER_S:
            return {}
        devices = {(each.player_id, each.device_id) for each in ready}
        current = self.channels.current(delivery.app_id, devices, int(now))
        uris = {device: channel.channel_uri for device, channel in current.items()}
        return {
            each: REMOVED
            for each in ready
            if uris.get((each.player_id, each.device_id)) != each.channel_uri
        }

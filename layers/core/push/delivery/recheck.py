"""Finds the recipients that must not be notified any more: expired, cancelled, removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from push.channels.current_uris import current_uris
from push.notifications.outcomes import CANCELLED, REMOVED
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from push.aws.table import Table
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.batch import Batch
    from push.delivery.models import Delivery, Recipient
    from push.notifications.states import NotificationStates

RECHECK_EVERY_S = 2.0
STALE_S = 5.0
"""No send starts without a check within this time."""

_BULK_IF_OLDER_S = 10.0
"""From when on the channels of a broadcast's delivery are read again (seconds after it was
dispatched): until then, the dispatcher has only just read them. For a million channels, that is a
million read units. Those of direct deliveries are always read: one call for a whole batch."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What holds now for a delivery.

    Attributes:
        is_cancelled: whether its notification is cancelled.
        uris: the URIs of its channels by (player_id, device_id), without those that are removed or
            expired; None if they were not read.
    """

    is_cancelled: bool
    uris: Mapping[tuple[str, str], str] | None


@dataclass(frozen=True, slots=True)
class Recheck:
    """Reads the records of notifications, and channels."""

    states: NotificationStates
    channels: Table

    def read(
        self, parts: Sequence[tuple[Delivery, Sequence[Recipient]]], now: float
    ) -> Sequence[Findings]:
        """Return what holds now for deliveries and the recipients that they have left.

        Raises:
            TablesUnavailableError: nothing is known.
        """
        ids = {delivery.notification_id for delivery, _ in parts}
        states = self.states.of(ids) if ids else {}
        devices: dict[str, dict[tuple[str, str], None]] = {}
        for delivery, recipients in parts:
            if _reads_channels(delivery, now):
                of_app = devices.setdefault(delivery.app_id, {})
                of_app |= dict.fromkeys((each.player_id, each.device_id) for each in recipients)
        uris = {
            app_id: current_uris(self.channels, app_id, of_app, int(now))
            for app_id, of_app in devices.items()
        }
        return [
            Findings(
                states.get(delivery.notification_id) == CANCELLED,
                uris[delivery.app_id] if _reads_channels(delivery, now) else None,
            )
            for delivery, _ in parts
        ]


def apply_findings(batch: Batch, attempt: DeliveryAttempt, findings: Findings, now: float) -> None:
    """Finish the ready recipients that must not be sent to any more; send to a device's new URI if
    it has another one by now."""
    attempt.rechecked_at = now
    attempt.recheck_at = now + RECHECK_EVERY_S
    withdrawn: dict[Recipient, str] = {}
    for recipient in attempt.recipients.ready:
        if now >= attempt.delivery.expires_at:
            withdrawn[recipient] = str(Outcome.EXPIRED)
        elif findings.is_cancelled:
            withdrawn[recipient] = CANCELLED
        elif findings.uris is not None:
            uri = findings.uris.get((recipient.player_id, recipient.device_id))
            if uri is None:
                withdrawn[recipient] = REMOVED
            elif uri != recipient.channel_uri:
                attempt.recipients.readdress(recipient, uri)
    batch.finish_unsent(attempt, withdrawn, now)


def _reads_channels(delivery: Delivery, now: float) -> bool:
    return delivery.lane == "direct" or now - delivery.dispatched_at > _BULK_IF_OLDER_S

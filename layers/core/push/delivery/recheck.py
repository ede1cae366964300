"""Finds the recipients that must not be notified any more: expired, cancelled, removed."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from push.aws.batch_get import batch_get_of_tables
from push.aws.dynamodb import map_dynamodb_errors
from push.channels.current_uris import perhaps_changed, place_of, read_uris, wanted_uris
from push.notifications.outcomes import CANCELLED, REMOVED
from push.notifications.states import read_states, wanted_states
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from push.aws.table import Table
    from push.channels.current_uris import Place
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.batch import Batch
    from push.delivery.models import Delivery, Recipient

RECHECK_EVERY_S = 2.0
STALE_S = 5.0
"""No send starts without a check within this time."""
KNOWN_S = 1.0
"""For how long what was read of a notification's record holds for the other deliveries of the
batch: those of a broadcast are all one notification's."""

_BULK_IF_OLDER_S = 10.0
"""From when on the channels of a broadcast's delivery are read again (seconds after it was
dispatched): until then, the dispatcher has only just read them. Those of direct deliveries are
always read."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What holds now for a delivery.

    Attributes:
        read_at: when the notification's record was read (epoch seconds), 0 if it was known before.
        is_cancelled: whether its notification is cancelled.
        uris: the URIs of those channels that may have changed; None for one that is removed or
            expired.
    """

    is_cancelled: bool
    uris: Mapping[Place, str | None]
    read_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Recheck:
    """Reads the records of notifications, and channels, of a whole batch at once."""

    notifications: Table
    channels: Table

    @map_dynamodb_errors()
    def read(
        self,
        parts: Sequence[tuple[Delivery, Sequence[Recipient]]],
        now: float,
        known: Mapping[str, bool],
    ) -> Sequence[Findings]:
        """Return what holds now for deliveries and the recipients that they have left.

        Args:
            known: whether notifications are cancelled, of those whose records were just read.

        Raises:
            TablesUnavailableError: nothing is known.
        """
        ids = {delivery.notification_id for delivery, _ in parts} - known.keys()
        places = [self._places(*part, int(now)) for part in parts]
        wanted = {
            self.notifications.name: wanted_states(ids),
            self.channels.name: wanted_uris(dict.fromkeys(chain(*places))),
        }
        items = batch_get_of_tables(
            self.notifications.dynamodb, wanted, sleep=time.sleep, jitter=random.random
        )
        states = read_states(items[self.notifications.name])
        cancelled = {**known} | {each: states.get(each) == CANCELLED for each in ids}
        uris = read_uris(items[self.channels.name], int(now))
        return [
            Findings(
                cancelled[delivery.notification_id],
                {place: uris.get(place) for place in some},
                read_at=now if delivery.notification_id in ids else 0.0,
            )
            for (delivery, _), some in zip(parts, places, strict=True)
        ]

    def _places(
        self, delivery: Delivery, recipients: Sequence[Recipient], now: int
    ) -> Sequence[Place]:
        """Return where the channels are that have to be read again."""
        devices: Sequence[tuple[str, str]] = []
        if delivery.lane == "direct" or now - delivery.dispatched_at > _BULK_IF_OLDER_S:
            devices = list(dict.fromkeys((each.player_id, each.device_id) for each in recipients))
        if delivery.lane == "bulk" and devices:
            is_whole = len(recipients) == len(delivery.channels)
            in_range = delivery.channels_in_range if is_whole else None
            app_id, since = delivery.app_id, delivery.dispatched_at
            devices = perhaps_changed(self.channels, app_id, devices, since, now, in_range=in_range)
        return [place_of(delivery.app_id, *each) for each in devices]


def apply_findings(batch: Batch, attempt: DeliveryAttempt, findings: Findings, now: float) -> None:
    """Finish the ready recipients that must not be sent to any more; send to a device's new URI if
    it has another one by now."""
    if findings.read_at:
        notification_id = attempt.delivery.notification_id
        batch.states[notification_id] = findings.read_at, findings.is_cancelled
    attempt.rechecked_at = now
    attempt.recheck_at = now + RECHECK_EVERY_S
    is_expired = now >= attempt.delivery.expires_at
    if not (is_expired or findings.is_cancelled or findings.uris):
        return
    withdrawn: dict[str, str] = {}
    app_id = attempt.delivery.app_id
    for name, recipient in attempt.recipients.ready.items():
        if is_expired:
            withdrawn[name] = str(Outcome.EXPIRED)
        elif findings.is_cancelled:
            withdrawn[name] = CANCELLED
        else:
            place = place_of(app_id, recipient.player_id, recipient.device_id)
            uri = findings.uris.get(place, recipient.channel_uri)
            if uri is None:
                withdrawn[name] = REMOVED
            elif uri != recipient.channel_uri:
                attempt.recipients.readdress(name, uri)
    batch.finish_unsent(attempt, withdrawn, now)

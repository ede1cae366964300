"""A claimed delivery while it is worked on: which channels have their status, what of that is
recorded, and what goes back on the queue.

What has no outcome when the work is closed goes on as the delivery's next attempt, whatever the
reason; so nothing is left out that nobody thought of. What is left is recorded before it is queued:
if the worker dies in between, the message comes again, or is moved back from the dead-letter queue,
finds that it was superseded and that nobody has taken the rest up, and queues it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from push.delivery.claims import LostClaimError
from push.errors import QueueUnavailableError, TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from push.apps.models import App
    from push.delivery.claims import Claim, DeliveryClaims
    from push.delivery.models import Delivery, Recipient
    from push.delivery.outcomes import Outcomes
    from push.delivery.queue import DeliveryQueue
    from wns.oauth import AccessToken


FLUSH_COUNT = 25
FLUSH_S = 0.5


@dataclass(slots=True)
class Work:
    """A claimed delivery. `waiting` are its channels without a status, by their outcome's name;
    times are epoch seconds."""

    claim: Claim
    message_id: str
    waiting: dict[str, Recipient]
    app: App | None = None
    token: AccessToken | None = None
    budget: int = 0
    paused_until: float = 0.0
    looked_at: float = 0.0
    lost: bool = False
    closed: bool = False
    to_do: Sequence[Recipient] = ()
    rejected: list[Recipient] = field(default_factory=list)
    _later: list[Recipient] = field(default_factory=list)
    _wait_s: float = 0.0
    _unrecorded: Outcomes = field(default_factory=dict)
    _unrecorded_since: float = 0.0

    @property
    def delivery(self) -> Delivery:
        return self.claim.delivery

    def is_waiting(self, channel: Recipient) -> bool:
        return self._name(channel) in self.waiting

    def reject(self, channel: Recipient, fingerprint: str) -> None:
        """Note the access token that WNS rejected for a channel, not to be used for it again."""
        again = channel.model_copy(update={"rejected": fingerprint})
        self.waiting[self._name(channel)] = again
        self.rejected.append(again)

    def put_off(self, channel: Recipient, wait_s: float) -> None:
        """Leave a channel to the next attempt, which is to wait so many seconds."""
        del self.waiting[self._name(channel)]
        self._later.append(channel)
        self._wait_s = max(self._wait_s, wait_s)

    def conclude(self, channel: Recipient, record: dict[str, Any], now: float) -> None:
        """Note a final outcome."""
        name = self._name(channel)
        del self.waiting[name]
        if not self._unrecorded:
            self._unrecorded_since = now
        self._unrecorded[name] = record | {"attempt": self.delivery.attempt, "at": int(now)}

    def record_if_due(self, chunks: DeliveryClaims, now: float) -> None:
        """Record what has piled up, so that a killed worker's successor does not repeat it."""
        is_due = len(self._unrecorded) >= FLUSH_COUNT or now - self._unrecorded_since >= FLUSH_S
        if self.lost or not self._unrecorded or not is_due:
            return
        try:
            chunks.record(self.claim, self._unrecorded)
        except LostClaimError:
            self.lost = True
        except TablesUnavailableError:
            self._unrecorded_since = now  # it stays noted, and is tried again
            return
        self._unrecorded = {}

    def close(self, chunks: DeliveryClaims, queue: DeliveryQueue, now: float) -> bool:
        """Record the last outcomes and end the claim, and queue what is left; return whether all
        that was done, so that the message has served."""
        self.closed = True
        if self.lost:
            return False
        left = [*self._later, *self.waiting.values()]
        not_before = int(now + self._wait_s) if left else 0
        try:
            chunks.close(self.claim, self._unrecorded, now, not_before=not_before if left else None)
            if left:
                attempt = self.delivery.attempt + 1
                rest = self.delivery.remainder(left, attempt=attempt, not_before=not_before)
                queue.put(rest, now)
        except (LostClaimError, TablesUnavailableError, QueueUnavailableError):
            return False
        return True

    def _name(self, channel: Recipient) -> str:
        return channel.key(self.delivery.kind_for(channel))


def pending(delivery: Delivery, outcomes: Outcomes) -> dict[str, Recipient]:
    """Return the channels of a delivery that have no outcome, by the name it will have."""
    names = {channel.key(delivery.kind_for(channel)): channel for channel in delivery.channels}
    return {name: channel for name, channel in names.items() if name not in outcomes}

"""One attempt at a delivery: the state of its recipients, from the claim to the close.

Each recipient is in one place at a time:

    ready ──start──▶ in flight ──finish───────▶ outcome   recorded in groups, then counted
      ▲                  │    └──retry_later──▶ later     goes on as the delivery's next attempt
      └──────retry───────┘

Every recipient without an outcome goes on as the next attempt when this one is closed, whatever
kept it from being sent; so no branch can forget one. The next attempt is recorded before it is
queued: if the worker dies in between, the message is received again, or moved back from the
dead-letter queue, finds that its attempt is superseded by one that nobody has claimed, and queues
that (see `DeliveryClaims.claim`).
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from push.delivery.claims import LostClaimError
from push.errors import QueueUnavailableError, TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from push.delivery.claims import Claim, DeliveryClaims
    from push.delivery.models import Delivery, Recipient
    from push.delivery.outcomes import Outcomes
    from push.delivery.queue import DeliveryQueue

FLUSH_COUNT = 25
FLUSH_S = 0.5

_CLOSE_TRIES = 5
_CLOSE_PAUSE_S = 0.1  # doubles with each try


class AttemptState(StrEnum):
    """How far an attempt is."""

    OPEN = "open"
    """The delivery is claimed: recipients are sent to."""
    CLOSED = "closed"
    """Outcomes are recorded and counted, the rest is queued: the message can be deleted."""
    LOST = "lost"
    """The lease ran out and another worker claimed the delivery: only what it records counts."""
    FAILED = "failed"
    """The attempt could not be closed: the message stays on its queue, and is received again."""


class DeliveryAttempt:
    """A claimed delivery while it is sent. Only its own methods change it.

    Attributes:
        delivery: what is sent, and to whom.
        close_at: from when on the attempt may be closed (epoch seconds); later than the last send
            only if closing failed.
        message_id: of the SQS message that the delivery came with.
        state: how far the attempt is.
        rechecked_at: when the recipients were last checked for whether they still want the
            notification (epoch seconds).
    """

    def __init__(self, claim: Claim, message_id: str) -> None:
        self.delivery: Delivery = claim.delivery
        self.message_id = message_id
        self.state = AttemptState.OPEN
        self.rechecked_at = 0.0
        self.close_at = 0.0
        self._claim = claim
        self._ready = pending(claim.delivery, claim.outcomes)
        self._in_flight: dict[str, Recipient] = {}
        self._later: list[Recipient] = []
        self._not_before = 0.0
        self._unrecorded: Outcomes = {}
        self._unrecorded_since = 0.0
        self._close_tries = 0

    @property
    def ready(self) -> Sequence[Recipient]:
        """The recipients that are yet to be sent to in this attempt."""
        return tuple(self._ready.values())

    @property
    def ready_count(self) -> int:
        """How many recipients are ready."""
        return len(self._ready)

    @property
    def in_flight_count(self) -> int:
        """How many results are outstanding."""
        return len(self._in_flight)

    @property
    def flush_at(self) -> float:
        """When outcomes have to be recorded (epoch seconds); infinity if there are none."""
        return self._unrecorded_since + FLUSH_S if self._unrecorded else math.inf

    def start(self) -> Recipient:
        """Move the next ready recipient to those in flight."""
        name = next(iter(self._ready))
        recipient = self._in_flight[name] = self._ready.pop(name)
        return recipient

    def retry(self, recipient: Recipient, rejected_token: str) -> None:
        """Send to a recipient again in this attempt, with an access token other than the one with
        this fingerprint."""
        name = self._name(recipient)
        del self._in_flight[name]
        self._ready[name] = recipient.model_copy(update={"rejected": rejected_token})

    def retry_later(self, recipient: Recipient, not_before: float) -> None:
        """Leave a recipient to the next attempt, from `not_before` (epoch seconds) on."""
        self._remove(self._name(recipient))
        self._later.append(recipient)
        self._not_before = max(self._not_before, not_before)

    def retry_ready_later(self, not_before: float) -> None:
        """Leave every ready recipient to the next attempt."""
        for recipient in self.ready:
            self.retry_later(recipient, not_before)

    def finish(self, recipient: Recipient, record: dict[str, Any], now: float) -> None:
        """Note a recipient's outcome; `flush` or `close` records it."""
        name = self._name(recipient)
        self._remove(name)
        if not self._unrecorded:
            self._unrecorded_since = now
        self._unrecorded[name] = record | {"attempt": self.delivery.attempt, "at": int(now)}

    def mark_rechecked(self, now: float) -> None:
        """Note that the recipients were checked."""
        self.rechecked_at = now

    def flush_if_due(self, claims: DeliveryClaims, now: float) -> None:
        """Record the outcomes so far, so that a killed worker's successor does not repeat them."""
        if len(self._unrecorded) >= FLUSH_COUNT or now >= self.flush_at:
            self.flush(claims, now)

    def flush(self, claims: DeliveryClaims, now: float) -> None:
        """Record the outcomes so far."""
        if self.state is not AttemptState.OPEN or not self._unrecorded:
            return
        try:
            claims.record(self._claim, self._unrecorded)
        except LostClaimError:
            self.state = AttemptState.LOST
        except TablesUnavailableError:
            self._unrecorded_since = now  # kept, and recorded by the next flush
            return
        self._unrecorded = {}

    def close(self, claims: DeliveryClaims, queue: DeliveryQueue, now: float) -> None:
        """Record the last outcomes, end the claim, and queue the recipients that have none.

        If DynamoDB is unavailable the attempt stays open until `close_at`, for a few tries: what is
        not recorded would be sent again. `DeliveryClaims.close` recognizes a try that was committed
        and whose response was lost.
        """
        if self.state is not AttemptState.OPEN or now < self.close_at:
            return
        rest = [*self._later, *self._in_flight.values(), *self._ready.values()]
        not_before = int(max(self._not_before, now)) if rest else None
        try:
            claims.close(self._claim, self._unrecorded, now, not_before=not_before)
            if not_before is not None:
                attempt = self.delivery.attempt + 1
                remainder = self.delivery.remainder(rest, attempt=attempt, not_before=not_before)
                queue.put(remainder, now)
        except LostClaimError:
            self.state = AttemptState.LOST
        except TablesUnavailableError:
            self._close_tries += 1
            self.close_at = now + _CLOSE_PAUSE_S * 2**self._close_tries
            if self._close_tries == _CLOSE_TRIES:
                self.state = AttemptState.FAILED
        except QueueUnavailableError:
            # Closed, but the rest is not queued: whoever receives the message next queues it.
            self.state = AttemptState.FAILED
        else:
            self.state = AttemptState.CLOSED

    def abandon(self, claims: DeliveryClaims, now: float) -> None:
        """Record what can be recorded and leave the message on its queue.

        Nothing is queued: the message itself is the next try, once the lease has ended.
        """
        self.flush(claims, now)
        if self.state is AttemptState.OPEN:
            self.state = AttemptState.FAILED

    def _remove(self, name: str) -> None:
        if self._in_flight.pop(name, None) is None:
            del self._ready[name]

    def _name(self, recipient: Recipient) -> str:
        return recipient.key(self.delivery.kind_for(recipient))


def pending(delivery: Delivery, outcomes: Outcomes) -> dict[str, Recipient]:
    """Return the recipients of a delivery that have no outcome, by the name of their outcome."""
    names = {each.key(delivery.kind_for(each)): each for each in delivery.channels}
    return {name: each for name, each in names.items() if name not in outcomes}

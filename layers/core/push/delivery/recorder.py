"""Records outcomes while deliveries are sent, and closes the attempts that are through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from push.delivery.attempt import AttemptState
from push.delivery.records import LostClaimError
from push.errors import (
    EventBusUnavailableError,
    QueueUnavailableError,
    TablesUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from push.aws.background import Background
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.batch import Batch
    from push.delivery.events import DeliveryEvents
    from push.delivery.models import Lane
    from push.delivery.queue import DeliveryQueue
    from push.delivery.records import DeliveryRecords


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes the records of attempts, in the background. `clock` gives epoch seconds."""

    records: DeliveryRecords
    queues: Mapping[Lane, DeliveryQueue]
    background: Background
    events: DeliveryEvents
    clock: Callable[[], float]

    def record_due(self, batch: Batch, *, is_closing: bool) -> None:
        """Close the attempts that are through; record the outcomes of others that are due."""
        now = self.clock()
        for attempt in batch.open:
            if attempt.is_through(is_closing=is_closing):
                if now >= attempt.close_at:
                    self._close(attempt, now)
            elif attempt.needs_record(now):
                self._record(attempt, now)

    def abandon(self, attempt: DeliveryAttempt) -> None:
        """Record what can be recorded and leave the message on its queue.

        Nothing is queued: the message itself is the next try, once the lease has ended.
        """
        attempt.state = AttemptState.FAILED
        outcomes, number, through = attempt.begin_record()
        self.records.record(attempt.claim, outcomes, number, through, self.clock())

    def _record(self, attempt: DeliveryAttempt, now: float) -> None:
        outcomes, number, through = attempt.begin_record()

        def write() -> bool:
            try:
                self.records.record(attempt.claim, outcomes, number, through, now)
            except TablesUnavailableError:
                return False
            return True

        def note(is_written: bool) -> None:  # noqa: FBT001 - a result
            attempt.end_record(outcomes, through, self.clock(), is_written=is_written)

        self.background.run(write, note)

    def _close(self, attempt: DeliveryAttempt, now: float) -> None:
        """Record the last outcomes, end the claim, and queue the recipients that have none.

        If DynamoDB is unavailable the attempt stays open, for a few tries: what is not recorded
        would be sent again. `DeliveryRecords.close` recognizes a try that was committed and whose
        response was lost.
        """
        recorded, unrecorded, number, remainder = attempt.begin_close(now)
        not_before = None if remainder is None else remainder.not_before
        queue = self.queues[attempt.delivery.lane]

        def write() -> AttemptState:
            try:
                self.records.close(
                    attempt.claim, recorded, unrecorded, now, number=number, not_before=not_before
                )
                if remainder is not None:
                    queue.put(remainder, now)
            except LostClaimError:
                return AttemptState.LOST
            except TablesUnavailableError:
                return AttemptState.OPEN
            except QueueUnavailableError:
                # Closed, but the rest is not queued: whoever receives the message next queues it.
                return AttemptState.FAILED
            try:
                outcomes = {**recorded, **unrecorded}
                self.events.publish_closed(
                    attempt.delivery, outcomes, is_finished=remainder is None
                )
            except (TablesUnavailableError, EventBusUnavailableError):
                return AttemptState.FAILED  # whoever receives the message next publishes them
            return AttemptState.CLOSED

        def note(state: AttemptState) -> None:
            attempt.end_close(state, self.clock())

        self.background.run(write, note)

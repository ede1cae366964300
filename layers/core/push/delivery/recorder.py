"""Records outcomes while deliveries are sent, and closes the attempts that are through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from push.delivery.attempt import AttemptState
from push.delivery.records import LostClaimError
from push.delivery.report import Handling
from push.errors import AwsUnavailableError, TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from push.aws.background import Background
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.batch import Batch
    from push.delivery.events import DeliveryEvents
    from push.delivery.models import Lane
    from push.delivery.queue import DeliveryQueue
    from push.delivery.records import DeliveryRecords

_HANDLING: Mapping[tuple[AttemptState, bool], Handling] = {
    (AttemptState.CLOSED, True): Handling.FINISHED,
    (AttemptState.CLOSED, False): Handling.REQUEUED,
    (AttemptState.LOST, True): Handling.LOST,
    (AttemptState.LOST, False): Handling.LOST,
}


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
                    self._close(batch, attempt, now)
            elif attempt.needs_record(now):
                self._record(batch, attempt, now)

    def abandon(self, attempt: DeliveryAttempt) -> None:
        """Record what can be recorded and leave the message on its queue.

        Nothing is queued: the message itself is the next try, once the lease has ended.
        """
        attempt.state = AttemptState.FAILED
        outcomes, number, through = attempt.begin_record()
        self.records.record(attempt.claim, outcomes, number, through, self.clock())

    def _record(self, batch: Batch, attempt: DeliveryAttempt, now: float) -> None:
        outcomes, number, through = attempt.begin_record()

        def write() -> None:
            self.records.record(attempt.claim, outcomes, number, through, now)

        def note(_: None) -> None:
            attempt.end_record(outcomes, through, self.clock(), is_written=True)

        def fail(error: AwsUnavailableError) -> None:
            batch.note_failure(attempt.message_id, error)
            attempt.end_record(outcomes, through, self.clock(), is_written=False)

        self.background.run(write, note, fail)

    def _close(self, batch: Batch, attempt: DeliveryAttempt, now: float) -> None:
        """Record the last outcomes, end the claim, and queue the recipients that have none.

        If DynamoDB is unavailable the attempt stays open, for a few tries: what is not recorded
        would be sent again. `DeliveryRecords.close` recognizes a try that was committed and whose
        response was lost.
        """
        recorded, unrecorded, number, remainder = attempt.begin_close(now)
        if remainder is not None:
            remainder = batch.reports[attempt.message_id].dated(remainder)
        not_before = None if remainder is None else remainder.not_before
        queue = self.queues[attempt.delivery.lane]

        def write() -> tuple[AttemptState, AwsUnavailableError | None]:
            try:
                self.records.close(
                    attempt.claim, recorded, unrecorded, now, number=number, not_before=not_before
                )
            except LostClaimError:
                return AttemptState.LOST, None
            except TablesUnavailableError as error:
                return AttemptState.OPEN, error
            try:
                if remainder is not None:
                    queue.put(remainder, now)
                outcomes = {**recorded, **unrecorded}
                self.events.publish_closed(
                    attempt.delivery, outcomes, is_finished=remainder is None
                )
            except AwsUnavailableError as error:
                # Closed, but the rest is not queued or the events are not published: whoever
                # receives the message next does so.
                return AttemptState.FAILED, error
            return AttemptState.CLOSED, None

        def note(result: tuple[AttemptState, AwsUnavailableError | None]) -> None:
            state, error = result
            attempt.end_close(state, self.clock())
            if error is not None:
                batch.note_failure(attempt.message_id, error)
            else:
                batch.note_handling(attempt.message_id, _HANDLING[state, remainder is None])

        self.background.run(write, note)

"""Records outcomes while deliveries are sent, and closes the attempts that are through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from push.delivery.attempt import AttemptState
from push.delivery.records import Closing, LostClaimError
from push.delivery.report import Handling
from push.errors import AwsUnavailableError, TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from push.aws.background import Background
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.batch import Batch
    from push.delivery.events import DeliveryEvents
    from push.delivery.models import Delivery, Lane
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
        in_batch: list[DeliveryAttempt] = []
        is_scarce = batch.is_window_scarce
        for attempt in batch.open:
            if attempt.is_through(is_closing=is_closing):
                if now < attempt.close_at:
                    continue
                if attempt.may_close_in_batch:
                    in_batch.append(attempt)
                else:
                    self._close(batch, attempt, now)
            elif attempt.needs_record(now, is_scarce=is_scarce):
                self._record(batch, attempt, now)
        if in_batch and (is_closing or batch.may_close(in_batch, now)):
            self._close_all(batch, in_batch, now)

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
        closing, remainder = _begin(batch, attempt, now)

        def write() -> _Closed:
            error: LostClaimError | TablesUnavailableError | None = None
            try:
                self.records.close(closing, now)
            except (LostClaimError, TablesUnavailableError) as raised:
                error = raised
            return _Closed(attempt, closing, remainder, error, self._has_more(attempt, remainder))

        self.background.run(write, lambda closed: self._end(batch, closed, now))

    def _close_all(self, batch: Batch, attempts: Sequence[DeliveryAttempt], now: float) -> None:
        """Close attempts as `_close` does, in one call."""
        begun = [(each, *_begin(batch, each, now)) for each in attempts]
        batch.closing_calls += 1

        def write() -> list[_Closed]:
            errors = self.records.close_all([closing for _, closing, _ in begun], now)
            return [
                _Closed(*each, error, self._has_more(each[0], each[2]))
                for each, error in zip(begun, errors, strict=True)
            ]

        def note(closed: list[_Closed]) -> None:
            batch.closing_calls -= 1
            for each in closed:
                self._end(batch, each, now)

        self.background.run(write, note)

    def _has_more(self, attempt: DeliveryAttempt, remainder: Delivery | None) -> bool:
        """Return whether anything is to be done once an attempt is closed."""
        try:
            return remainder is not None or self.events.are_wanted(attempt.delivery)
        except TablesUnavailableError:
            return True  # not known; it is asked for again

    def _end(self, batch: Batch, closed: _Closed, now: float) -> None:
        """Note how a close ended; queue the rest and publish the events if there are any."""
        attempt, closing, remainder, error, has_more = closed
        message_id = attempt.message_id

        def end(state: AttemptState) -> None:
            attempt.end_close(state, self.clock())
            if (state, remainder is None) in _HANDLING:
                batch.note_handling(message_id, _HANDLING[state, remainder is None])

        def finish() -> None:
            if remainder is not None:
                self.queues[attempt.delivery.lane].put(remainder, now)
            outcomes = {**closing.recorded, **closing.unrecorded}
            self.events.publish_closed(attempt.delivery, outcomes, is_finished=remainder is None)

        def fail(error: AwsUnavailableError) -> None:
            # Closed, but the rest is not queued or the events are not published: whoever receives
            # the message next does so.
            batch.note_failure(message_id, error)
            end(AttemptState.FAILED)

        if isinstance(error, TablesUnavailableError):
            batch.note_failure(message_id, error)
            end(AttemptState.OPEN)
        elif error is not None:
            end(AttemptState.LOST)
        elif has_more:
            self.background.run(finish, lambda _: end(AttemptState.CLOSED), fail)
        else:
            end(AttemptState.CLOSED)


class _Closed(NamedTuple):
    """An attempt whose close was tried, and how that ended.

    Attributes:
        error: why it is not closed, None if it is.
        has_more: whether there is a rest to queue, or there may be events to publish.
    """

    attempt: DeliveryAttempt
    closing: Closing
    remainder: Delivery | None
    error: LostClaimError | TablesUnavailableError | None
    has_more: bool


def _begin(batch: Batch, attempt: DeliveryAttempt, now: float) -> tuple[Closing, Delivery | None]:
    """Return what a close writes, and the next attempt's delivery."""
    recorded, unrecorded, number, remainder = attempt.begin_close(now)
    if remainder is not None:
        remainder = batch.reports[attempt.message_id].dated(remainder)
    not_before = None if remainder is None else remainder.not_before
    return Closing(attempt.claim, recorded, unrecorded, number, not_before), remainder

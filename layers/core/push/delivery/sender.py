"""Sends batches of deliveries to WNS: each recipient once, every outcome recorded.

One thread, one loop, three steps a round: start what may start, take results, flush what is due.
What changes is kept in three places: a `DeliveryAttempt` per delivery, an `AppGate` per app, and
the connections of the `WnsClient`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from push.delivery.batch import Batch
from push.delivery.recheck import RECHECK_EVERY_S
from push.delivery.results import Reference
from push.errors import TablesUnavailableError
from wns.client import Send
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.batch import AppTurn, Report
    from push.delivery.claims import DeliveryClaims
    from push.delivery.intake import DeliveryIntake
    from push.delivery.models import Delivery, Lane
    from push.delivery.queue import DeliveryQueue
    from push.delivery.recheck import Recheck
    from push.delivery.results import ResultHandler
    from wns.client import WnsClient

CLOSING_S = 10.0
"""How long before its time is up the sender stops starting sends: those in flight complete,
outcomes are recorded, the rest is queued again."""

_MAX_INLINE_WAIT_S = 2.0
_LONGEST_POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends deliveries. `clock` gives epoch seconds, `sleep` takes seconds."""

    wns: WnsClient
    intake: DeliveryIntake
    recheck: Recheck
    results: ResultHandler
    claims: DeliveryClaims
    queues: Mapping[Lane, DeliveryQueue]
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    def send(
        self, messages: Sequence[tuple[str, Delivery]], time_left: Callable[[], float]
    ) -> Report:
        """Send a batch of (message id, delivery).

        Nothing is raised: an unexpected error is part of the report, and every delivery that is
        still open then stays on its queue. So a delivery is queued again or kept, never both.

        Args:
            time_left: seconds until this process may be ended; also the length of the claims.
        """
        batch = Batch()
        try:
            self.intake.open(batch, messages, lease_s=time_left(), clock=self.clock)
            self._run(batch, time_left)
        except Exception as error:  # noqa: BLE001 - reported, and the messages are kept
            batch.unfinished += [each for each, _ in messages if each not in batch.opened]
            for attempt in batch.open:
                with suppress(Exception):  # whatever it is, the message is kept
                    attempt.abandon(self.claims, self.clock())
            return batch.report(error)
        finally:
            self.wns.cancel()
        return batch.report()

    def _run(self, batch: Batch, time_left: Callable[[], float]) -> None:
        is_closing = False
        while batch.open or self.wns.in_flight:
            is_closing = is_closing or time_left() <= CLOSING_S
            next_start = None if is_closing else self._start(batch)
            self._take_results(batch, next_start, is_closing=is_closing)
            self._flush(batch, is_closing=is_closing)

    def _start(self, batch: Batch) -> float | None:
        """Start what may start; return when more may start, None if only results can change that.

        Apps take turns, one send each, so that an app without budget or access token does not hold
        up the next one.
        """
        next_start: float | None = None
        idle = 0  # turns in a row that started nothing
        while self.wns.free and idle < len(batch.turns):
            turn = batch.turns[0]
            batch.turns.rotate(-1)
            idle += 1
            attempt = turn.next_attempt
            if attempt is None:
                continue
            now = self.clock()
            admitted_at = self._start_one(batch, turn, attempt, now)
            if admitted_at <= now:
                idle = 0
            elif admitted_at - now <= _MAX_INLINE_WAIT_S:
                next_start = min(next_start or admitted_at, admitted_at)
            else:
                for each in turn.attempts:
                    each.retry_ready_later(admitted_at)
        return next_start

    def _start_one(
        self, batch: Batch, turn: AppTurn, attempt: DeliveryAttempt, now: float
    ) -> float:
        """Start an attempt's next send; return `now`, or when the app may send again."""
        delivery = attempt.delivery
        if now - attempt.rechecked_at >= RECHECK_EVERY_S:
            with suppress(TablesUnavailableError):
                self.recheck.apply(batch, attempt, now)
            return now
        life_left_s = int(delivery.expires_at - now)
        if life_left_s <= 0:
            expired = dict.fromkeys(attempt.ready, str(Outcome.EXPIRED))
            batch.finish_unsent(attempt, expired, now)
            return now
        admitted = turn.gate.admit(delivery.lane, turn.count_ready, now)
        if isinstance(admitted, float):
            return admitted
        recipient = attempt.start()
        self.wns.submit(
            Send(
                channel_uri=recipient.channel_uri,
                access_token=admitted.value,
                notification=delivery.payloads[recipient.payload].notification(life_left_s),
                reference=Reference(attempt, recipient, turn.gate, admitted.fingerprint),
            )
        )
        return now

    def _take_results(self, batch: Batch, next_start: float | None, *, is_closing: bool) -> None:
        """Wait for results, at most until there is something else to do, and handle them."""
        now = self.clock()
        due = [
            each.close_at if _is_through(each, is_closing=is_closing) else each.flush_at
            for each in batch.open
        ]
        wake_at = min(now + _LONGEST_POLL_S, next_start or now + _LONGEST_POLL_S, *due)
        wait_s = max(wake_at - now, 0.0)
        if not self.wns.in_flight:
            self.sleep(wait_s)
        for result in self.wns.poll(wait_s):
            sent = cast("Reference", result.reference)
            self.results.handle(batch, sent, result, self.clock())
            # One poll may return many results: this bounds what is unrecorded within a round. What
            # is left when an attempt is through is recorded by its close.
            if not _is_through(sent.attempt, is_closing=is_closing):
                sent.attempt.flush_if_due(self.claims, self.clock())

    def _flush(self, batch: Batch, *, is_closing: bool) -> None:
        """Close the attempts that are through; record the outcomes of others that are due."""
        for attempt in batch.open:
            if _is_through(attempt, is_closing=is_closing):
                attempt.close(self.claims, self.queues[attempt.delivery.lane], self.clock())
            else:
                attempt.flush_if_due(self.claims, self.clock())


def _is_through(attempt: DeliveryAttempt, *, is_closing: bool) -> bool:
    """Return whether an attempt has nothing left to start and no result to wait for."""
    return not attempt.in_flight_count and (is_closing or not attempt.ready_count)

"""Sends batches of deliveries to WNS: each recipient once, every outcome recorded.

One loop, whose steps are in `Sender._run`. It alone sends, receives and decides, and waits for WNS
only: calls of AWS run in the background, so that a slow one never keeps a response of WNS unread
until libcurl takes the send for timed out. What changes is kept in four places: a `DeliveryAttempt`
per delivery, an `AppGate` per app, the `Window` of sends in doubt, and the connections of the
`WnsClient`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from push.delivery.attempt import AttemptState
from push.delivery.batch import Batch, Message
from push.delivery.claims import LostClaimError
from push.delivery.recheck import Findings, apply_findings
from push.delivery.results import Reference, rejected_wait_s
from push.delivery.send_budget import Wait
from push.delivery.window import SIZES, Window
from push.errors import QueueUnavailableError, TablesUnavailableError
from wns.client import Send
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from push.aws.background import Background
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.batch import AppTurn, Report
    from push.delivery.claims import DeliveryClaims
    from push.delivery.intake import DeliveryIntake
    from push.delivery.models import Delivery, Lane
    from push.delivery.queue import DeliveryQueue
    from push.delivery.recheck import Recheck
    from push.delivery.results import ResultHandler
    from wns.client import WnsClient

CLOSING_S = 22.0
"""How long before its time is up the sender stops starting sends. A send in flight may take 15 s
more (`WnsClient`), and to record and queue what is left a call or two of AWS, each at most 5 s (the
time-outs of the function's clients)."""

_LONGEST_WAITING_S: Mapping[Lane, float] = {"direct": 1.0, "bulk": 10.0}
"""How long after its first wait an app without budget keeps its claimed deliveries: the next batch,
perhaps another app's, waits as well."""
_LONGEST_POLL_S = 1.0
_BUSY_POLL_S = 0.005  # while calls of AWS are pending, which do not wake libcurl
_FAILED_RECHECK_S = 0.5


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends deliveries. `clock` gives epoch seconds, `sleep` takes seconds."""

    wns: WnsClient
    intake: DeliveryIntake
    recheck: Recheck
    results: ResultHandler
    claims: DeliveryClaims
    queues: Mapping[Lane, DeliveryQueue]
    background: Background
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
        size = min((SIZES[delivery.lane] for _, delivery in messages), default=1)
        batch = Batch(Window(size))
        try:
            self.intake.begin(batch, [Message(*each) for each in messages], self.clock())
            self._run(batch, time_left)
        except Exception as error:  # noqa: BLE001 - reported, and the messages are kept
            self.background.drop()
            for attempt in batch.open:
                with suppress(Exception):  # whatever it is, the message is kept
                    self._abandon(attempt)
            return batch.report(error)
        finally:
            self.wns.cancel()
        return batch.report()

    def _run(self, batch: Batch, time_left: Callable[[], float]) -> None:
        is_closing = False
        while batch.waiting or batch.open or self.wns.in_flight or self.background.pending:
            is_closing = is_closing or time_left() <= CLOSING_S
            self.intake.open(batch, self.clock(), lease_s=time_left(), is_closing=is_closing)
            if not is_closing:
                self._recheck_due(batch)
            next_start = None if is_closing else self._start(batch)
            self._take_results(batch, next_start, is_closing=is_closing)
            self._record_due(batch, is_closing=is_closing)

    def _recheck_due(self, batch: Batch) -> None:
        """Check, in the background, whether ready recipients may still be notified."""
        now = self.clock()
        for attempt in batch.open:
            if attempt.is_rechecking or not attempt.ready_count or now < attempt.recheck_at:
                continue
            attempt.is_rechecking = True
            self._recheck(batch, attempt, now)

    def _recheck(self, batch: Batch, attempt: DeliveryAttempt, now: float) -> None:
        part = attempt.delivery, attempt.ready

        def read() -> Findings | None:
            try:
                return self.recheck.read([part], now)[0]
            except TablesUnavailableError:
                return None

        def apply(findings: Findings | None) -> None:
            attempt.is_rechecking = False
            if findings is None:
                attempt.recheck_at = self.clock() + _FAILED_RECHECK_S
            elif attempt.state is AttemptState.OPEN:
                apply_findings(batch, attempt, findings, self.clock())

        self.background.run(read, apply)

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
            now = self.clock()
            attempt = turn.next_attempt(now)
            if attempt is None:
                continue
            wait = self._start_one(batch, turn, attempt, now)
            if wait is None:
                idle = 0
            elif wait.until > now:
                next_start = min(next_start or wait.until, wait.until)
        return next_start

    def _start_one(
        self, batch: Batch, turn: AppTurn, attempt: DeliveryAttempt, now: float
    ) -> Wait | None:
        """Start an attempt's next send; return how long the app has to wait if it may not.

        A wait that is over already means: until a call in the background has completed.
        """
        delivery = attempt.delivery
        life_left_s = int(delivery.expires_at - now)
        if life_left_s <= 0:
            expired = dict.fromkeys(attempt.ready, str(Outcome.EXPIRED))
            batch.finish_unsent(attempt, expired, now)
            return None
        recipient = attempt.next_ready
        if recipient.rejected is not None and turn.gate.has_rejected(recipient.rejected):
            if turn.gate.is_reading:
                return Wait(now)
            turn.gate.request_newer(now)
            wait_s = rejected_wait_s(recipient, attempt.share)
            attempt.retry_later(recipient, now + wait_s, tries=recipient.tries + 1)
            return None
        admitted = turn.gate.admit(delivery.lane, turn.count_ready, now)
        if admitted is None:
            return Wait(now)
        if isinstance(admitted, Wait):
            self._wait_or_leave(turn, delivery.lane, admitted.until, now)
            return admitted
        recipient = attempt.start()
        turn.gate.in_flight += 1
        self.wns.submit(
            Send(
                channel_uri=recipient.channel_uri,
                access_token=admitted.value,
                notification=delivery.payloads[recipient.payload].notification(life_left_s),
                reference=Reference(attempt, recipient, turn.gate, admitted.fingerprint),
            )
        )
        return None

    @staticmethod
    def _wait_or_leave(turn: AppTurn, lane: Lane, until: float, now: float) -> None:
        """Leave an app's ready recipients to later attempts if it would have to wait for long."""
        if turn.waiting_since is None:
            turn.waiting_since = now
        if until - turn.waiting_since > _LONGEST_WAITING_S[lane]:
            for each in turn.attempts:
                each.retry_ready_later(until)

    def _take_results(self, batch: Batch, next_start: float | None, *, is_closing: bool) -> None:
        """Wait for results, at most until there is something else to do, and handle them."""
        now = self.clock()
        due = [
            each.close_at if each.is_through(is_closing=is_closing) else each.flush_at
            for each in batch.open
            if not each.is_recording
        ]
        wake_at = min(now + _LONGEST_POLL_S, next_start or now + _LONGEST_POLL_S, *due)
        wait_s = max(wake_at - now, 0.0)
        if not self.wns.in_flight:
            if self.background.pending:
                self.background.complete(wait_s)
            else:
                self.sleep(wait_s)
            return
        if self.background.pending:
            self.background.complete()
            wait_s = min(wait_s, _BUSY_POLL_S)
        for result in self.wns.poll(wait_s):
            sent = cast("Reference", result.reference)
            self.results.handle(batch, sent, result, self.clock())

    def _record_due(self, batch: Batch, *, is_closing: bool) -> None:
        """Close the attempts that are through; record the outcomes of others that are due."""
        now = self.clock()
        for attempt in batch.open:
            if attempt.is_through(is_closing=is_closing):
                if now >= attempt.close_at and not attempt.is_rechecking:
                    self._close(attempt, now)
            elif attempt.needs_record(now):
                self._record(attempt, now)

    def _record(self, attempt: DeliveryAttempt, now: float) -> None:
        outcomes, number, through = attempt.begin_record()

        def write() -> bool:
            try:
                self.claims.record(attempt.claim, outcomes, number, through, now)
            except TablesUnavailableError:
                return False
            return True

        def note(is_written: bool) -> None:  # noqa: FBT001 - a result
            attempt.end_record(outcomes, through, self.clock(), is_written=is_written)

        self.background.run(write, note)

    def _close(self, attempt: DeliveryAttempt, now: float) -> None:
        """Record the last outcomes, end the claim, and queue the recipients that have none.

        If DynamoDB is unavailable the attempt stays open, for a few tries: what is not recorded
        would be sent again. `DeliveryClaims.close` recognizes a try that was committed and whose
        response was lost.
        """
        recorded, unrecorded, number, remainder = attempt.begin_close(now)
        not_before = None if remainder is None else remainder.not_before
        queue = self.queues[attempt.delivery.lane]

        def write() -> AttemptState:
            try:
                self.claims.close(
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
            return AttemptState.CLOSED

        def note(state: AttemptState) -> None:
            attempt.end_close(state, self.clock())

        self.background.run(write, note)

    def _abandon(self, attempt: DeliveryAttempt) -> None:
        """Record what can be recorded and leave the message on its queue.

        Nothing is queued: the message itself is the next try, once the lease has ended.
        """
        attempt.state = AttemptState.FAILED
        outcomes, number, through = attempt.begin_record()
        self.claims.record(attempt.claim, outcomes, number, through, self.clock())

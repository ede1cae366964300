"""Starts sends: of deliveries whose recipients may be notified, by apps that may send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from push.delivery.attempt import AttemptState
from push.delivery.recheck import apply_findings
from push.delivery.report import Retry
from push.delivery.results import Reference, rejected_wait_s
from push.delivery.send_budget import Wait
from wns.client import Send
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from push.aws.background import Background
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.batch import AppTurn, Batch
    from push.delivery.recheck import Findings, Recheck
    from push.errors import AwsUnavailableError
    from wns.client import WnsClient

_FAILED_RECHECK_S = 0.5


@dataclass(frozen=True, slots=True)
class Starter:
    """Starts the sends of a batch. `clock` gives epoch seconds."""

    wns: WnsClient
    recheck: Recheck
    background: Background
    clock: Callable[[], float]

    def start(self, batch: Batch) -> float | None:
        """Start what may start; return when more may start, None if only results can change that.

        Apps take turns, one send each, so that an app without budget or access token does not hold
        up the next one. One that is alone starts as many as it may.
        """
        self._recheck_due(batch)
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
            most = self.wns.free if len(batch.turns) == 1 else 1
            wait = self._start_some(batch, turn, attempt, most, now)
            if wait is None:
                idle = 0
            elif wait.until > now:
                next_start = min(next_start or wait.until, wait.until)
        return next_start

    def _start_some(
        self, batch: Batch, turn: AppTurn, attempt: DeliveryAttempt, most: int, now: float
    ) -> Wait | None:
        """Start an attempt's next sends, up to `most`; return how long the app has to wait if the
        next one may not be started."""
        life_left_s = int(attempt.delivery.expires_at - now)
        if life_left_s <= 0:
            expired = dict.fromkeys(attempt.recipients.ready, str(Outcome.EXPIRED))
            batch.finish_unsent(attempt, expired, now)
            return None
        wait: Wait | None = None
        while most and wait is None and attempt.may_start:
            wait = self._start_one(batch, turn, attempt, life_left_s, now)
            most -= 1
        return wait

    def _start_one(
        self, batch: Batch, turn: AppTurn, attempt: DeliveryAttempt, life_left_s: int, now: float
    ) -> Wait | None:
        """Start an attempt's next send; return how long the app has to wait if it may not.

        A wait that is over already means: until a call in the background has completed.
        """
        name, recipient = attempt.recipients.next
        if recipient.rejected is not None and turn.gate.token.is_same(recipient.rejected):
            if turn.gate.token.is_looking:
                return Wait(now)
            turn.gate.token.request_newer(now)
            is_accepted = turn.gate.token.is_accepted(now)
            reason = Retry.CHANNEL_REJECTED if is_accepted else Retry.TOKEN_REJECTED
            batch.note_retry(attempt.message_id, reason)
            wait_s = rejected_wait_s(recipient, attempt.share)
            attempt.recipients.retry_later(name, now + wait_s, tries=recipient.tries + 1)
            return None
        lane = attempt.delivery.lane
        admitted = turn.gate.admit(lane, lambda: batch.count_to_send(turn), now)
        if admitted is None:
            return Wait(now)
        if isinstance(admitted, Wait):
            if turn.waits_for_long(lane, admitted.until, now):
                for each in turn.open:
                    waiting = each.recipients.ready_count
                    batch.note_retry(each.message_id, admitted.reason, waiting)
                    each.recipients.retry_ready_later(admitted.until)
            return admitted
        attempt.recipients.start()
        turn.gate.in_flight += 1
        self.wns.submit(
            Send(
                recipient.channel_uri,
                admitted.value,
                attempt.notifications.of(recipient.payload, life_left_s),
                Reference(attempt, name, recipient, turn.gate, turn.gate.token.fingerprint),
            )
        )
        return None

    def _recheck_due(self, batch: Batch) -> None:
        """Check, in the background, whether ready recipients may still be notified."""
        now = self.clock()
        for attempt in batch.open:
            if (
                attempt.is_rechecking
                or not attempt.recipients.ready_count
                or now < attempt.recheck_at
            ):
                continue
            attempt.is_rechecking = True
            self._recheck(batch, attempt, now)

    def _recheck(self, batch: Batch, attempt: DeliveryAttempt, now: float) -> None:
        part = attempt.delivery, list(attempt.recipients.ready.values())
        known = batch.known_states(now)

        def apply(findings: Findings) -> None:
            attempt.is_rechecking = False
            if attempt.state is AttemptState.OPEN:
                apply_findings(batch, attempt, findings, self.clock())

        def fail(error: AwsUnavailableError) -> None:
            attempt.is_rechecking = False
            batch.note_failure(attempt.message_id, error)
            attempt.recheck_at = self.clock() + _FAILED_RECHECK_S

        self.background.run(lambda: self.recheck.read([part], now, known)[0], apply, fail)

"""Claims the deliveries of a batch, and opens an attempt for each that is to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from push.delivery.app_gate import AppGate
from push.delivery.attempt import DeliveryAttempt, pending
from push.delivery.batch import AppTurn
from push.delivery.claims import Busy, Claim, Finished, Superseded
from push.errors import QueueUnavailableError, TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from push.apps.access_tokens import AccessTokenCache
    from push.apps.events import AppEvents
    from push.apps.table import AppCache
    from push.delivery.batch import Batch
    from push.delivery.claims import DeliveryClaims
    from push.delivery.models import Delivery, Lane
    from push.delivery.queue import DeliveryQueue
    from push.delivery.recheck import Recheck
    from push.delivery.send_budget import SendBudgets


@dataclass(frozen=True, slots=True)
class DeliveryIntake:
    """Opens attempts. `jitter` gives a random number in [0, 1)."""

    claims: DeliveryClaims
    queues: Mapping[Lane, DeliveryQueue]
    recheck: Recheck
    apps: AppCache
    tokens: AccessTokenCache
    budgets: SendBudgets
    events: AppEvents
    jitter: Callable[[], float]

    def open(
        self,
        batch: Batch,
        messages: Sequence[tuple[str, Delivery]],
        *,
        lease_s: float,
        clock: Callable[[], float],
    ) -> None:
        """Claim each (message id, delivery) for `lease_s` seconds and add its attempt to a batch.

        A message that cannot be processed now is added to the unfinished ones. `clock` gives epoch
        seconds.
        """
        for message_id, delivery in messages:
            try:
                is_done = self._open_one(batch, message_id, delivery, lease_s, clock())
            except (TablesUnavailableError, QueueUnavailableError):
                is_done = False
            batch.opened.add(message_id)
            if not is_done:
                batch.unfinished.append(message_id)

    def _open_one(
        self, batch: Batch, message_id: str, delivery: Delivery, lease_s: float, now: float
    ) -> bool:
        """Claim a delivery; return False if its message must stay on the queue.

        not due yet                     → queue it again with the rest of its delay
        claimed                         → open an attempt
        superseded, the rest not queued → its worker died in between: queue the rest
        superseded, the rest queued     → a copy: nothing to do
        finished                        → a copy: nothing to do
        leased through this message     → its worker may have died: keep it until the lease ends
        leased through another message  → a copy: nothing to do
        """
        queue = self.queues[delivery.lane]
        if delivery.not_before > now:
            queue.put(delivery, now)
            return True
        # A claim that was written but whose response was lost is recognized by its nonce.
        nonce = f"{int(self.jitter() * 2**53):x}"
        match self.claims.claim(delivery, message_id, nonce, now, lease_s):
            case Claim() as claim:
                self._add(batch, DeliveryAttempt(claim, message_id), now)
            case Superseded(requeued=False) as later:
                rest = list(pending(delivery, later.outcomes).values())
                not_before = later.not_before
                queue.put(
                    delivery.remainder(rest, attempt=later.attempt, not_before=not_before), now
                )
            case Busy(same_message=True):
                return False
            case Superseded() | Busy() | Finished():
                pass
        return True

    def _add(self, batch: Batch, attempt: DeliveryAttempt, now: float) -> None:
        self.recheck.apply(batch, attempt, now)
        if attempt.ready_count:
            self._turn(batch, attempt, now).attempts.append(attempt)
        batch.attempts.append(attempt)

    def _turn(self, batch: Batch, attempt: DeliveryAttempt, now: float) -> AppTurn:
        rejected = next((each.rejected for each in attempt.ready if each.rejected), None)
        turn = batch.turn_of(attempt.delivery.app_id)
        if turn is None:
            gate = AppGate(
                attempt.delivery.app_id,
                apps=self.apps,
                tokens=self.tokens,
                budgets=self.budgets,
                events=self.events,
            )
            gate.load(now, rejected)
            turn = AppTurn(gate)
            batch.turns.append(turn)
        elif rejected is not None:
            turn.gate.reject_token(rejected, now)
        return turn

"""Opens the deliveries of a batch: postpones those whose app cannot send, claims the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from push.delivery.app_gate import AppGate, postponed_until
from push.delivery.attempt import DeliveryAttempt, first_starts
from push.delivery.batch import AppTurn
from push.delivery.opener import Opener, Opening
from push.delivery.recheck import apply_findings
from push.delivery.recipients import Recipients
from push.delivery.report import Handling
from push.errors import TablesUnavailableError
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from push.aws.background import Background
    from push.delivery.app_gate import AppSources
    from push.delivery.batch import Batch, Message
    from push.delivery.claims import DeliveryClaims
    from push.delivery.events import DeliveryEvents
    from push.delivery.models import Delivery, Lane
    from push.delivery.opener import Opened
    from push.delivery.queue import DeliveryQueue
    from push.delivery.recheck import Recheck
    from push.errors import AwsUnavailableError

_ENOUGH = 4  # a delivery is claimed when a quarter of the window is free, or enough for all of it
_READY_WINDOWS = 3
"""A delivery is not claimed while the recipients that are ready fill the window this often:
deliveries that share it need more records."""


@dataclass(frozen=True, slots=True)
class DeliveryIntake:
    """Opens deliveries. `jitter` gives a random number in [0, 1). Times are epoch seconds."""

    claims: DeliveryClaims
    queues: Mapping[Lane, DeliveryQueue]
    recheck: Recheck
    sources: AppSources
    events: DeliveryEvents
    background: Background
    jitter: Callable[[], float]
    _gates: dict[str, AppGate] = field(default_factory=dict)

    def begin(self, batch: Batch, messages: Iterable[Message], now: float) -> None:
        """Read the apps of the messages, and take budget for each app. Nothing is in flight yet, so
        these calls hold up nothing."""
        by_app: dict[str, list[Message]] = {}
        for message in messages:
            batch.add_report(message)
            by_app.setdefault(message.delivery.app_id, []).append(message)
        for app_id, some in by_app.items():
            gate = self._gates.setdefault(app_id, AppGate(app_id, self.sources, self.background))
            try:
                gate.begin_batch(now)
            except TablesUnavailableError as error:
                _keep(batch, some, error)
                continue
            batch.turns.append(AppTurn(gate))
            batch.waiting += some
            wanted = sum(len(each.delivery.channels) for each in some)
            if wanted and gate.closed(now) is None:
                gate.take_budget(some[0].delivery.lane, wanted, now)

    def open(self, batch: Batch, now: float, *, lease_s: float, is_closing: bool) -> None:
        """Start to claim the waiting deliveries that may be sent, for `lease_s` seconds, and to
        postpone those that may not; the background goes on with it."""
        to_claim: list[Opening] = []
        to_postpone: list[Message] = []
        for message in tuple(batch.waiting):
            delivery, turn = message.delivery, batch.turn_of(message.delivery.app_id)
            if delivery.expires_at <= now or not delivery.channels:  # nothing is sent
                to_claim.append(Opening(message, Recipients(delivery, now), "", 0))
            elif is_closing or delivery.not_before > now or turn.is_closed(delivery.lane, now):
                to_postpone.append(message)
            elif _may_open(batch, message, now):
                recipients = Recipients(delivery, now)
                taken = first_starts(recipients, batch.window)
                to_claim.append(Opening(message, recipients, *taken))
            else:
                continue
            batch.waiting.remove(message)
            batch.opening.append(message)
        if to_postpone:
            self._postpone(batch, to_postpone, now)
        if to_claim:
            known = batch.known_states(now)
            opener = Opener(self.claims, self.queues, self.recheck, self.events, self.jitter)
            self.background.run(
                lambda: opener.claim_all(to_claim, known, now, lease_s),
                lambda opened: _add_all(batch, opened, self.jitter, now),
            )

    def _postpone(self, batch: Batch, messages: Sequence[Message], now: float) -> None:
        """Queue deliveries again, unclaimed: those that are not due, with the rest of their delay;
        those whose app cannot send, the later the longer it could not; others at once."""
        share = self.jitter()
        postponed = [_postponed(batch, each, share, now) for each in messages]

        def put_back() -> None:
            for lane, queue in self.queues.items():
                queue.put_back([each for each in postponed if each.lane == lane], now)

        def note(_: None) -> None:
            for message in messages:
                batch.opening.remove(message)
                batch.note_postponed(message)

        def fail(error: AwsUnavailableError) -> None:
            for message in messages:
                batch.opening.remove(message)
            _keep(batch, messages, error)

        self.background.run(put_back, note, fail)


def _add_all(
    batch: Batch, opened: Sequence[Opened], jitter: Callable[[], float], now: float
) -> None:
    """Add an attempt for each claim to the batch."""
    for each in opened:
        message_id = each.opening.message.message_id
        batch.opening.remove(each.opening.message)
        batch.window.give_back(each.opening.taken)
        if each.failure is not None:
            batch.note_failure(message_id, each.failure)
        if each.is_done:
            batch.note_handling(message_id, Handling.COPY)
        elif each.claim is None:
            batch.kept.append(message_id)
        if each.claim is None:
            continue
        recipients = each.opening.recipients
        attempt = DeliveryAttempt(each.claim, message_id, recipients, batch.window, jitter())
        batch.attempts.append(attempt)
        batch.turn_of(attempt.delivery.app_id).attempts.append(attempt)
        _settle_doubts(batch, attempt, now)
        if each.findings is not None:
            apply_findings(batch, attempt, each.findings, now)


def _keep(batch: Batch, messages: Sequence[Message], error: AwsUnavailableError) -> None:
    """Leave messages on their queue, because a call of AWS failed."""
    for message in messages:
        batch.kept.append(message.message_id)
        batch.note_failure(message.message_id, error)


def _postponed(batch: Batch, message: Message, share: float, now: float) -> Delivery:
    delivery = message.delivery
    closed = batch.turn_of(delivery.app_id).gate.closed(now)
    if delivery.not_before > now or closed is None:
        return delivery
    batch.note_retry(message.message_id, closed.reason, len(delivery.channels))
    until = postponed_until(closed, delivery, share, now)
    return delivery.postpone(int(min(until, delivery.expires_at)) + 1)


def _may_open(batch: Batch, message: Message, now: float) -> bool:
    """Return whether the window and the app's budget have room for a delivery."""
    delivery = message.delivery
    enough = max(batch.window.size // _ENOUGH, 1)
    if batch.window.free < min(len(delivery.channels), enough):
        return False
    turn = batch.turn_of(delivery.app_id)
    if turn.gate.closed(now) is not None:
        return False
    ready = turn.count_ready() + batch.count_opening(delivery.app_id)
    if ready >= _READY_WINDOWS * batch.window.size:
        return False
    if not turn.gate.has_budget(delivery.lane, ready):
        turn.gate.request_budget(delivery.lane, len(delivery.channels), now)
        return False
    return True


def _settle_doubts(batch: Batch, attempt: DeliveryAttempt, now: float) -> None:
    """Resend, or leave, to the recipients whose sends an earlier worker may have made."""
    ready = attempt.recipients.ready
    left = [
        name
        for name in attempt.doubtful
        if attempt.delivery.payloads[ready[name].payload].on_doubt == "leave"
    ]
    batch.finish_unsent(attempt, dict.fromkeys(left, str(Outcome.UNKNOWN)), now)
    batch.resent += len(attempt.doubtful) - len(left)

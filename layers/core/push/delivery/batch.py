"""The deliveries of one invocation while they are sent, by app, and the report about them."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from push.delivery.attempt import AttemptState
from push.delivery.recheck import STALE_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from push.delivery.app_gate import AppGate
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.models import Delivery, Lane, Recipient
    from push.delivery.window import Window


_LONGEST_WAITING_S: Mapping[Lane, float] = {"direct": 1.0, "bulk": 10.0}
_LONGEST_UNCLAIMED_S: Mapping[Lane, float] = {"direct": 0.0, "bulk": 1.0}
"""How long a delivery may wait without a claim. To queue it again costs less than a worker that
waits, unless there is budget in the next second anyway and nobody waits for this one."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a batch.

    Attributes:
        unfinished: ids of the messages that must stay on their queue.
        counts: outcomes of this batch, by name.
        postponed: deliveries that were queued again unclaimed, because their app could not send.
        resent: sends that an earlier worker, which was killed, may have made before.
        tokens_rejected: responses 401 that were not the channel's own fault.
        error: what ended the batch early; the deliveries still open then are unfinished.
    """

    unfinished: Sequence[str]
    counts: Mapping[str, int]
    postponed: int = 0
    resent: int = 0
    tokens_rejected: int = 0
    error: Exception | None = None


class Message(NamedTuple):
    """A delivery and the id of the SQS message that it came with."""

    message_id: str
    delivery: Delivery


@dataclass(slots=True)
class AppTurn:
    """An app's gate, and those attempts of the batch that go through it."""

    gate: AppGate
    attempts: list[DeliveryAttempt] = field(default_factory=list)
    waiting_since: float | None = None
    """When the app's sends had to wait for the first time in this batch (epoch seconds)."""

    def waits_for_long(self, lane: Lane, until: float, now: float) -> bool:
        """Note that the app has to wait; return whether it waits for longer than a worker may be
        kept for it: the next batch, perhaps another app's, waits as well."""
        if self.waiting_since is None:
            self.waiting_since = now
        return until - self.waiting_since > _LONGEST_WAITING_S[lane]

    def is_closed(self, lane: Lane, now: float) -> bool:
        """Return whether unclaimed deliveries of the app are to be queued again."""
        until = self.gate.closed_until(now)
        if until <= now:
            return False
        return until - now > _LONGEST_UNCLAIMED_S[lane] or self.waits_for_long(lane, until, now)

    def next_attempt(self, now: float) -> DeliveryAttempt | None:
        """Return the first attempt whose next send may start."""
        return next(
            (each for each in self.open if each.may_start and now - each.rechecked_at <= STALE_S),
            None,
        )

    def count_ready(self) -> int:
        """Return how many sends of the app are ready."""
        return sum(each.recipients.ready_count for each in self.open)

    @property
    def open(self) -> list[DeliveryAttempt]:
        """The attempts that are yet to be closed."""
        return [each for each in self.attempts if each.state is AttemptState.OPEN]


@dataclass(slots=True)
class Batch:
    """The attempts of one invocation, and the apps in the order in which they take turns.

    Attributes:
        window: how many sends may be in doubt.
        waiting: messages that are yet to be claimed.
        opening: messages that are being claimed or postponed.
        kept: ids of the messages without an attempt that must stay on their queue.
    """

    window: Window
    waiting: list[Message] = field(default_factory=list)
    opening: list[Message] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    attempts: list[DeliveryAttempt] = field(default_factory=list)
    turns: deque[AppTurn] = field(default_factory=deque)
    counts: Counter[str] = field(default_factory=Counter)
    postponed: int = 0
    resent: int = 0
    tokens_rejected: int = 0

    @property
    def open(self) -> list[DeliveryAttempt]:
        """The attempts that are yet to be closed."""
        return [each for each in self.attempts if each.state is AttemptState.OPEN]

    def turn_of(self, app_id: str) -> AppTurn:
        """Return the turn of an app that has one."""
        return next(each for each in self.turns if each.gate.app_id == app_id)

    def count_opening(self, app_id: str) -> int:
        """Return how many recipients of an app are in deliveries that are being claimed."""
        deliveries = (each.delivery for each in self.opening)
        return sum(len(each.channels) for each in deliveries if each.app_id == app_id)

    def finish_unsent(
        self, attempt: DeliveryAttempt, recipients: Mapping[Recipient, str], now: float
    ) -> None:
        """Finish recipients that are not sent to, each with its outcome."""
        for recipient, outcome in recipients.items():
            attempt.finish(recipient, {"outcome": outcome}, now)
            self.counts[outcome] += 1

    def report(self, error: Exception | None = None) -> Report:
        """Return what is to be done with the messages of the batch."""
        kept = [
            *self.kept,
            *(each.message_id for each in (*self.waiting, *self.opening)),
            *(each.message_id for each in self.attempts if each.state is not AttemptState.CLOSED),
        ]
        return Report(kept, self.counts, self.postponed, self.resent, self.tokens_rejected, error)

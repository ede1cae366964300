"""The deliveries of one invocation while they are sent, by app, and the report about them."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from push.delivery.attempt import AttemptState
from push.delivery.recheck import KNOWN_S, STALE_S
from push.delivery.report import DeliveryReport, Handling, Report, Retry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from push.delivery.app_gate import AppGate
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.models import Delivery, Lane
    from push.delivery.window import Window
    from push.errors import AwsUnavailableError


_LONGEST_WAITING_S: Mapping[Lane, float] = {"direct": 1.0, "bulk": 10.0}
_LONGEST_UNCLAIMED_S: Mapping[Lane, float] = {"direct": 0.0, "bulk": 1.0}
"""How long a delivery may wait without a claim. To queue it again costs less than a worker that
waits, unless there is budget in the next second anyway and nobody waits for this one."""


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
        closed = self.gate.closed(now)
        if closed is None:
            return False
        until = closed.until
        return until - now > _LONGEST_UNCLAIMED_S[lane] or self.waits_for_long(lane, until, now)

    def next_attempt(self, now: float) -> DeliveryAttempt | None:
        """Return the first attempt whose next send may start."""
        for each in self.attempts:
            is_checked = now - each.rechecked_at <= STALE_S
            if is_checked and each.state is AttemptState.OPEN and each.may_start:
                return each
        return None

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
        closing_calls: how many calls that close several attempts are being made.
        states: by notification, when its record was read, and whether it is cancelled.
        kept: ids of the messages without an attempt that must stay on their queue.
        reports: by message id.
    """

    window: Window
    waiting: list[Message] = field(default_factory=list)
    opening: list[Message] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    attempts: list[DeliveryAttempt] = field(default_factory=list)
    turns: deque[AppTurn] = field(default_factory=deque)
    postponed: int = 0
    resent: int = 0
    closing_calls: int = 0
    states: dict[str, tuple[float, bool]] = field(default_factory=dict)
    reports: dict[str, DeliveryReport] = field(default_factory=dict)

    def add_report(self, message: Message) -> None:
        """Start the report on a message's delivery."""
        self.reports.setdefault(message.message_id, DeliveryReport(message.delivery))

    def note_handling(self, message_id: str, handling: Handling) -> None:
        """Note what was done with a message."""
        self.reports[message_id].handling = handling

    def note_postponed(self, message: Message) -> None:
        """Note that a delivery is queued again, unclaimed."""
        self.postponed += 1
        self.note_handling(message.message_id, Handling.POSTPONED)

    def note_failure(self, message_id: str, error: AwsUnavailableError) -> None:
        """Note that a call of AWS for a message's delivery failed."""
        self.reports[message_id].aws_errors[error.code] += 1

    def note_retry(self, message_id: str, reason: Retry, sends: int = 1) -> None:
        """Note that sends of a message's delivery are made later, or again."""
        self.reports[message_id].retried[reason] += sends

    def count(self, attempt: DeliveryAttempt, outcome: str) -> None:
        """Count an outcome."""
        self.reports[attempt.message_id].outcomes[outcome] += 1

    @property
    def open(self) -> list[DeliveryAttempt]:
        """The attempts that are yet to be closed."""
        return [each for each in self.attempts if each.state is AttemptState.OPEN]

    @property
    def is_window_scarce(self) -> bool:
        """Whether sends wait for room in the window."""
        return bool(self.waiting) or any(
            each.recipients.ready_count and not each.may_start for each in self.open
        )

    def known_states(self, now: float) -> Mapping[str, bool]:
        """Return whether notifications are cancelled, of those whose records were just read."""
        return {
            each: is_cancelled
            for each, (read_at, is_cancelled) in self.states.items()
            if now - read_at <= KNOWN_S
        }

    def may_close(self, attempts: Sequence[DeliveryAttempt], now: float) -> bool:
        """Return whether attempts that are through are closed now. While such a call is being made,
        others gather for the next one, but for no longer than outcomes may go unrecorded."""
        return not self.closing_calls or any(each.flush_at <= now for each in attempts)

    def turn_of(self, app_id: str) -> AppTurn:
        """Return the turn of an app that has one."""
        return next(each for each in self.turns if each.gate.app_id == app_id)

    def count_to_send(self, turn: AppTurn) -> int:
        """Return how many recipients of an app are ready, or in deliveries that are yet to be
        claimed."""
        app_id = turn.gate.app_id
        waiting = (each.delivery for each in self.waiting)
        more = sum(len(each.channels) for each in waiting if each.app_id == app_id)
        return turn.count_ready() + self.count_opening(app_id) + more

    def count_opening(self, app_id: str) -> int:
        """Return how many recipients of an app are in deliveries that are being claimed."""
        deliveries = (each.delivery for each in self.opening)
        return sum(len(each.channels) for each in deliveries if each.app_id == app_id)

    def finish_unsent(
        self, attempt: DeliveryAttempt, outcomes: Mapping[str, str], now: float
    ) -> None:
        """Finish recipients that are not sent to, each with its outcome, by their names."""
        for name, outcome in outcomes.items():
            attempt.finish(name, {"outcome": outcome}, now)
            self.count(attempt, outcome)

    def report(self, error: Exception | None = None) -> Report:
        """Return what is to be done with the messages of the batch."""
        kept = [
            *self.kept,
            *(each.message_id for each in (*self.waiting, *self.opening)),
            *(each.message_id for each in self.attempts if each.state is not AttemptState.CLOSED),
        ]
        return Report(
            kept,
            self.postponed,
            self.resent,
            error,
            deliveries=list(self.reports.values()),
            app_errors={each.gate.app_id: Counter(each.gate.errors) for each in self.turns},
        )

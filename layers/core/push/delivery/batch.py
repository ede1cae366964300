"""The deliveries of one invocation while they are sent, by app, and the report about them."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from push.delivery.attempt import AttemptState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from push.delivery.app_gate import AppGate
    from push.delivery.attempt import DeliveryAttempt
    from push.delivery.models import Recipient


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a batch.

    Attributes:
        unfinished: ids of the messages that must stay on their queue.
        counts: outcomes of this batch, by name.
        error: what ended the batch early; the deliveries still open then are unfinished.
    """

    unfinished: Sequence[str]
    counts: Mapping[str, int]
    error: Exception | None = None


@dataclass(slots=True)
class AppTurn:
    """An app's gate, and those attempts of the batch that go through it."""

    gate: AppGate
    attempts: list[DeliveryAttempt] = field(default_factory=list)

    @property
    def next_attempt(self) -> DeliveryAttempt | None:
        """The first attempt that has a recipient to send to."""
        return next((each for each in self.attempts if each.ready_count), None)

    def count_ready(self) -> int:
        """Return how many sends of the app are ready."""
        return sum(each.ready_count for each in self.attempts)


@dataclass(slots=True)
class Batch:
    """The attempts of one invocation, and the apps in the order in which they take turns.

    Attributes:
        opened: ids of the messages that intake is done with: they have an attempt, or need none.
        unfinished: ids of the messages without an attempt that must stay on their queue.
    """

    attempts: list[DeliveryAttempt] = field(default_factory=list)
    turns: deque[AppTurn] = field(default_factory=deque)
    opened: set[str] = field(default_factory=set)
    unfinished: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def open(self) -> list[DeliveryAttempt]:
        """The attempts that are yet to be closed."""
        return [each for each in self.attempts if each.state is AttemptState.OPEN]

    def turn_of(self, app_id: str) -> AppTurn | None:
        """Return the turn of an app, None if it has none yet."""
        return next((each for each in self.turns if each.gate.app_id == app_id), None)

    def finish_unsent(
        self, attempt: DeliveryAttempt, recipients: Mapping[Recipient, str], now: float
    ) -> None:
        """Finish recipients that are not sent to, each with its outcome."""
        for recipient, outcome in recipients.items():
            attempt.finish(recipient, {"outcome": outcome}, now)
            self.counts[outcome] += 1

    def report(self, error: Exception | None = None) -> Report:
        """Return what is to be done with the messages of the batch."""
        kept = [each.message_id for each in self.attempts if each.state is not AttemptState.CLOSED]
        return Report([*self.unfinished, *kept], self.counts, error)

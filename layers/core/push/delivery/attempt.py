"""One attempt at a delivery: the state of its recipients, from the claim to the close.

Each recipient is in one place at a time:

    ready ──start──▶ in flight ──finish───────▶ outcome   recorded in groups, then counted
      ▲                  │    └──retry_later──▶ later     goes on as the delivery's next attempt
      └──────retry───────┘

Every recipient without an outcome goes on as the next attempt when this one is closed, whatever
kept it from being sent; so no branch can forget one. The next attempt is recorded before it is
queued: if the worker dies in between, the message is received again, or moved back from the
dead-letter queue, finds that its attempt is superseded by one that nobody has claimed, and queues
that (see `DeliveryClaims.claim`).

A recipient is in doubt from the moment its send may start until its outcome is recorded: a worker
that is killed in between leaves no trace of the response. `Window` bounds how many are in doubt.
Only recipients up to the name in the last record may start (`claims`), so that name, and the
window, are extended together with each record of outcomes.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from push.delivery.claims import Claim
    from push.delivery.models import Delivery, Recipient
    from push.delivery.window import Window
    from push.notifications.outcomes import Outcomes

FLUSH_COUNT = 25
FLUSH_S = 0.5

CLOSE_TRIES = 5
_CLOSE_PAUSE_S = 0.1  # doubles with each try


class AttemptState(StrEnum):
    """How far an attempt is."""

    OPEN = "open"
    """The delivery is claimed: recipients are sent to."""
    CLOSED = "closed"
    """Outcomes are recorded and counted, the rest is queued: the message can be deleted."""
    LOST = "lost"
    """The lease ran out and another worker claimed the delivery: only what it records counts."""
    FAILED = "failed"
    """The attempt could not be closed: the message stays on its queue, and is received again."""


class DeliveryAttempt:
    """A claimed delivery while it is sent. Only its own methods change it.

    Attributes:
        claim: the claim, and the delivery.
        message_id: of the SQS message that the delivery came with.
        state: how far the attempt is.
        is_recording: whether a record or a close is being written; only one is at a time.
        close_at: from when on the attempt may be closed (epoch seconds); later than the last send
            only if closing failed.
        share: random, in [0, 1): which part of the back-off the attempt's recipients wait. One for
            all of them, so that they are due together.
        rechecked_at: when the recipients were last checked for whether they may be notified (epoch
            seconds, 0 for not yet).
        recheck_at: when to check them again.
        is_rechecking: whether they are being checked.
        doubtful: recipients whose sends an earlier worker may have started.
    """

    def __init__(
        self, claim: Claim, message_id: str, window: Window, now: float, share: float
    ) -> None:
        self.claim = claim
        self.message_id = message_id
        self.state = AttemptState.OPEN
        self.is_recording = False
        self.close_at = 0.0
        self.share = share
        self.rechecked_at = self.recheck_at = 0.0
        self.is_rechecking = False
        self._window = window
        self._flush_count = min(FLUSH_COUNT, window.size // 2)
        waiting = sorted(pending(claim.delivery, claim.outcomes).items())
        self._ready = {name: each for name, each in waiting if each.not_before <= now}
        self._later = [each for _, each in waiting if each.not_before > now]
        self._again: dict[str, Recipient] = {}
        self._in_flight: dict[str, Recipient] = {}
        self._wake_at = min((each.not_before for each in self._later), default=math.inf)
        self._through = claim.started_through
        # In doubt: the recipients that may have been started and have no recorded outcome.
        self._held = {name for name in self._ready if name <= self._through}
        window.give_back(-len(self._held))
        self._extended: set[str] = set()
        self._to_give_back = (0, 0)
        self.doubtful = [self._ready[name] for name in sorted(self._held) if claim.is_taken_over]
        self._unrecorded: Outcomes = {}
        self._unrecorded_since = 0.0
        self._recorded = claim.outcomes
        self._records = 0
        self._close_tries = 0

    @property
    def delivery(self) -> Delivery:
        """What is sent, and to whom."""
        return self.claim.delivery

    @property
    def ready(self) -> Sequence[Recipient]:
        """The recipients that are yet to be sent to in this attempt."""
        return (*self._again.values(), *self._ready.values())

    @property
    def next_ready(self) -> Recipient:
        """The recipient that is started next."""
        return next(iter((self._again or self._ready).values()))

    @property
    def ready_count(self) -> int:
        """How many recipients are ready."""
        return len(self._again) + len(self._ready)

    @property
    def in_flight_count(self) -> int:
        """How many results are outstanding."""
        return len(self._in_flight)

    @property
    def may_start(self) -> bool:
        """Whether the next ready recipient may be started before another record."""
        if self._again:
            return True
        return bool(self._ready) and next(iter(self._ready)) <= self._through

    @property
    def _has_room(self) -> bool:
        """Whether a record would let enough sends start to be worth its write."""
        freed = len(self._unrecorded) + self._window.free
        return freed >= min(self._flush_count, len(self._ready))

    @property
    def flush_at(self) -> float:
        """When outcomes have to be recorded (epoch seconds); infinity if there are none."""
        return self._unrecorded_since + FLUSH_S if self._unrecorded else math.inf

    def is_through(self, *, is_closing: bool) -> bool:
        """Return whether nothing is left to start and no result is awaited.

        An attempt is also through if it is stuck: its part of the window is full of recipients that
        are to be retried later. To close it frees the window.
        """
        if self._in_flight or self.is_recording:
            return False
        is_stuck = bool(self._held) and not self.may_start and not self._has_room
        return is_closing or not self.ready_count or (is_stuck and not self._unrecorded)

    def needs_record(self, now: float) -> bool:
        """Return whether outcomes are due to be recorded: they are many or old, or the next send
        has to wait for the record."""
        if self.is_recording or self.state is not AttemptState.OPEN:
            return False
        if len(self._unrecorded) >= self._flush_count or now >= self.flush_at:
            return True
        return bool(self._ready) and not self.may_start and self._has_room

    def start(self) -> Recipient:
        """Move the first ready recipient to those in flight; return it."""
        source = self._again or self._ready
        name = next(iter(source))
        recipient = self._in_flight[name] = source.pop(name)
        return recipient

    def retry(self, recipient: Recipient, *, rejected: str) -> None:
        """Make a recipient ready again, to be started next; `rejected` is the fingerprint of the
        token that it must not be sent to with."""
        name = self._name(recipient)
        self._remove(name)
        self._again[name] = recipient.model_copy(update={"rejected": rejected})

    def readdress(self, recipient: Recipient, channel_uri: str) -> None:
        """Send to the URI that a ready recipient's device has by now."""
        name = self._name(recipient)
        place = self._again if name in self._again else self._ready
        place[name] = recipient.model_copy(update={"channel_uri": channel_uri})

    def retry_later(self, recipient: Recipient, not_before: float, **changes: Any) -> None:
        """Leave a recipient, with these changes, to the next attempt, from `not_before` (epoch
        seconds) on. Its wait holds up no other recipient."""
        self._remove(self._name(recipient))
        wait = {"not_before": math.ceil(not_before)}
        self._later.append(recipient.model_copy(update=wait | changes))
        self._wake_at = min(self._wake_at, not_before)

    def retry_ready_later(self, not_before: float) -> None:
        """Leave every ready recipient to the next attempt."""
        for recipient in self.ready:
            self.retry_later(recipient, not_before)

    def finish(self, recipient: Recipient, record: Mapping[str, Any], now: float) -> None:
        """Note a recipient's outcome; the next record or the close writes it."""
        name = self._name(recipient)
        self._remove(name)
        if not self._unrecorded:
            self._unrecorded_since = now
        self._unrecorded[name] = {**record, "attempt": self.delivery.attempt, "at": int(now)}

    def begin_record(self) -> tuple[Outcomes, int, str]:
        """Return what is to be recorded now: outcomes, the number of the record, and the name up to
        which sends may start once it is written. `end_record` must follow."""
        outcomes, self._unrecorded = self._unrecorded, {}
        self.is_recording = True
        self._records += 1
        freed = len(self._held & outcomes.keys())
        beyond = [name for name in self._ready if name > self._through]
        taken = self._window.take(len(beyond) - freed)
        extended = beyond[: freed + taken]
        self._extended = set(extended)
        self._to_give_back = (freed - len(extended) + taken, taken)  # if it is written, if not
        return outcomes, self._records, extended[-1] if extended else self._through

    def end_record(self, outcomes: Outcomes, through: str, now: float, *, is_written: bool) -> None:
        """Note that outcomes are recorded, or that they are left to the next record."""
        self.is_recording = False
        if_written, if_not = self._to_give_back
        if is_written:
            self._held = self._held - outcomes.keys() | self._extended
            self._recorded = self._recorded | outcomes
            self._through = through
            self._window.give_back(if_written)
            return
        self._window.give_back(if_not)
        self._unrecorded = outcomes | self._unrecorded
        self._unrecorded_since = now  # not at once: DynamoDB has just failed

    def begin_close(self, now: float) -> tuple[Outcomes, Outcomes, int, Delivery | None]:
        """Return what a close writes: recorded and unrecorded outcomes, the number of the record,
        and the next attempt's delivery, None if every recipient has an outcome."""
        self.is_recording = True
        rest = [*self._later, *self._in_flight.values(), *self.ready]
        has_more = self.ready_count or self._in_flight
        wake_at = int(now) if has_more else math.ceil(max(self._wake_at, now)) if rest else 0
        remainder = None
        if rest:
            attempt = self.delivery.attempt + 1
            remainder = self.delivery.remainder(rest, attempt=attempt, not_before=wake_at)
        return self._recorded, self._unrecorded, self._records + 1, remainder

    def end_close(self, state: AttemptState, now: float) -> None:
        """Note how closing ended; OPEN means that it failed, and is tried a few times again."""
        self.is_recording = False
        if state is AttemptState.OPEN:
            self._close_tries += 1
            self.close_at = now + _CLOSE_PAUSE_S * 2**self._close_tries
            if self._close_tries < CLOSE_TRIES:
                return
            state = AttemptState.FAILED
        self.state = state
        self._window.give_back(len(self._held))
        self._held = set()

    def _remove(self, name: str) -> None:
        for place in (self._in_flight, self._ready, self._again):
            if place.pop(name, None) is not None:
                return
        raise KeyError(name)

    def _name(self, recipient: Recipient) -> str:
        return recipient.key(self.delivery.kind_for(recipient))


def pending(delivery: Delivery, outcomes: Outcomes) -> dict[str, Recipient]:
    """Return the recipients of a delivery that have no outcome, by the name of their outcome."""
    names = {each.key(delivery.kind_for(each)): each for each in delivery.channels}
    return {name: each for name, each in names.items() if name not in outcomes}


def first_starts(delivery: Delivery, window: Window, now: float) -> tuple[str, int]:
    """Take from the window what a delivery may start once it is claimed.

    Returns:
        The name up to which its sends may start, empty for none, and how many those are.
    """
    due = sorted(name for name, each in pending(delivery, {}).items() if each.not_before <= now)
    count = window.take(len(due))
    return due[count - 1] if count else "", count

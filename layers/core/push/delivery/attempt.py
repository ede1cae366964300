"""One attempt at a delivery: from the claim to the close.

`recipients` says where each recipient is, `window` how many may be started before outcomes are
recorded. The next attempt is recorded before it is queued: if the worker dies in between, the
message is received again, or moved back from the dead-letter queue, finds that its attempt is
superseded by one that nobody has claimed, and queues that (see `DeliveryClaims.claim`).
"""

from __future__ import annotations

import math
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Any

from push.delivery.models import SentNotifications
from push.delivery.window import WindowShare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.delivery.claims import Claim
    from push.delivery.models import Delivery
    from push.delivery.recipients import Recipients
    from push.delivery.window import Window
    from push.notifications.outcomes import Outcomes

FLUSH_COUNT = 25
FLUSH_S = 0.5

# While sends wait for room in the window, outcomes are recorded earlier: once the responses pause,
# because those to sends that started together arrive together. Fewer than this are not worth a
# write.
_SCARCE_COUNT = 8
_PAUSE_S = 0.002

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
        recipients: those without an outcome.
        notifications: what is sent to them.
        doubtful: names of those whose sends an earlier worker may have started, in order.
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
    """

    def __init__(
        self, claim: Claim, message_id: str, recipients: Recipients, window: Window, share: float
    ) -> None:
        self.claim = claim
        self.message_id = message_id
        self.recipients = recipients
        recipients.settle(claim.outcomes)
        self.notifications = SentNotifications(claim.delivery.payloads)
        self.state = AttemptState.OPEN
        self.is_recording = False
        self.close_at = 0.0
        self.share = share
        self.rechecked_at, self.recheck_at, self.is_rechecking = 0.0, 0.0, False
        self._in_doubt = WindowShare(window, claim.started_through, self.recipients.names_to_start)
        self.doubtful = sorted(self._in_doubt.names) if claim.is_taken_over else []
        self._flush_count = min(FLUSH_COUNT, window.size // 2)
        self._unrecorded: Outcomes = {}
        self._unrecorded_since = self._last_outcome_at = 0.0
        self._recorded = claim.outcomes
        self._records = 0
        self._close_tries = 0

    @property
    def delivery(self) -> Delivery:
        """What is sent, and to whom."""
        return self.claim.delivery

    @property
    def may_start(self) -> bool:
        """Whether the next ready recipient may be started before another record."""
        return self.recipients.may_start(self._in_doubt.through)

    @property
    def flush_at(self) -> float:
        """When outcomes have to be recorded (epoch seconds); infinity if there are none."""
        return self._unrecorded_since + FLUSH_S if self._unrecorded else math.inf

    @property
    def pause_at(self) -> float:
        """When outcomes are recorded if room in the window is scarce and no more come before (epoch
        seconds)."""
        few = len(self._unrecorded) < min(self._flush_count, _SCARCE_COUNT)
        return math.inf if few else self._last_outcome_at + _PAUSE_S

    def is_through(self, *, is_closing: bool) -> bool:
        """Return whether nothing is left to start and no result is awaited.

        An attempt is also through if it is stuck: its part of the window is full of recipients that
        are to be retried later. To close it frees the window.
        """
        if self.recipients.in_flight_count or self.is_recording or self.is_rechecking:
            return False
        if is_closing or not self.recipients.ready_count:
            return True
        is_stuck = bool(self._in_doubt.names) and not self.may_start and not self._has_room
        return is_stuck and not self._unrecorded

    def needs_record(self, now: float, *, is_scarce: bool = False) -> bool:
        """Return whether outcomes are due to be recorded: they are many or old, or the next send
        has to wait for the record.

        Args:
            is_scarce: whether sends, of this attempt or of others, wait for room in the window.
        """
        if self.is_recording or self.state is not AttemptState.OPEN:
            return False
        if len(self._unrecorded) >= self._flush_count or now >= self.flush_at:
            return True
        if is_scarce and now >= self.pause_at:
            return True
        return bool(self.recipients.ready_count) and not self.may_start and self._has_room

    def finish(self, name: str, record: Mapping[str, Any], now: float) -> None:
        """Note a recipient's outcome; the next record or the close writes it."""
        self.recipients.remove(name)
        self._last_outcome_at = now
        if not self._unrecorded:
            self._unrecorded_since = now
        self._unrecorded[name] = {**record, "attempt": self.delivery.attempt, "at": int(now)}

    def begin_record(self) -> tuple[Outcomes, int, str]:
        """Return what is to be recorded now: outcomes, the number of the record, and the name
        through which sends may start once it is written. `end_record` must follow."""
        outcomes, self._unrecorded = self._unrecorded, {}
        self.is_recording = True
        self._records += 1
        through = self._in_doubt.begin_record(outcomes, self.recipients.names_to_start)
        return outcomes, self._records, through

    def end_record(self, outcomes: Outcomes, through: str, now: float, *, is_written: bool) -> None:
        """Note that outcomes are recorded, or that they are left to the next record."""
        self.is_recording = False
        self._in_doubt.end_record(outcomes, through, is_written=is_written)
        if is_written:
            self._recorded = self._recorded | outcomes
        else:
            self._unrecorded = outcomes | self._unrecorded
            self._unrecorded_since = now  # not at once: DynamoDB has just failed

    @property
    def may_close_in_batch(self) -> bool:
        """Whether the close can be one of many in a call. If that failed, it is made alone: its
        trouble must not be the others'."""
        return self.delivery.lane == "direct" and not self._close_tries

    def begin_close(self, now: float) -> tuple[Outcomes, Outcomes, int, Delivery | None]:
        """Return what a close writes: recorded and unrecorded outcomes, the number of the record,
        and the next attempt's delivery, None if every recipient has an outcome."""
        self.is_recording = True
        remainder = self.recipients.next_attempt(now)
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
        self._in_doubt.end()

    @property
    def _has_room(self) -> bool:
        """Whether a record would let enough sends start to be worth its write."""
        enough = min(self._flush_count, self.recipients.ready_count)
        return self._in_doubt.room_with(self._unrecorded) >= enough


def first_starts(recipients: Recipients, window: Window) -> tuple[str, int]:
    """Take from the window what a delivery may start once it is claimed.

    Returns:
        The name through which its sends may start, empty for none, and how many those are.
    """
    count = window.take(recipients.ready_count)
    return next(islice(recipients.names_to_start, count - 1, None)) if count else "", count

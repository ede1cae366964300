"""Sends batches of deliveries to WNS: each recipient once, every outcome recorded.

One loop of four steps: open deliveries, start sends, take results, record what is due. It waits for
WNS only: calls of AWS run in the background, so that a slow one never keeps a response of WNS
unread until libcurl takes the send for timed out. What changes is kept in four places: a
`DeliveryAttempt` per delivery, an `AppGate` per app, the `Window` of sends in doubt, and the
connections of the `WnsClient`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from push.delivery.batch import Batch, Message
from push.delivery.window import SIZES, Window
from push.errors import AwsUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from push.aws.background import Background
    from push.delivery.intake import DeliveryIntake
    from push.delivery.models import Delivery
    from push.delivery.recorder import Recorder
    from push.delivery.report import Report
    from push.delivery.results import Reference, ResultHandler
    from push.delivery.starter import Starter
    from wns.client import WnsClient

CLOSING_S = 22.0
"""How long before its time is up the sender stops starting sends. A send in flight may take 15 s
more (`WnsClient`), and to record and queue what is left a call or two of AWS, each at most 5 s (the
time-outs of the function's clients)."""

_LONGEST_POLL_S = 1.0
_BUSY_POLL_S = 0.002  # while calls of AWS are pending, which do not wake libcurl


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends deliveries. `clock` gives epoch seconds, `sleep` takes seconds."""

    wns: WnsClient
    intake: DeliveryIntake
    starter: Starter
    results: ResultHandler
    recorder: Recorder
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
                try:
                    self.recorder.abandon(attempt)
                except AwsUnavailableError as failure:
                    batch.note_failure(attempt.message_id, failure)
                except Exception:  # noqa: BLE001, S110 - whatever it is, the message is kept
                    pass
            return batch.report(error)
        finally:
            self.wns.cancel()
            self.background.drop()
        return batch.report()

    def _run(self, batch: Batch, time_left: Callable[[], float]) -> None:
        is_closing = False
        while batch.waiting or batch.open or self.wns.in_flight or self.background.pending:
            is_closing = is_closing or time_left() <= CLOSING_S
            self.intake.open(batch, self.clock(), lease_s=time_left(), is_closing=is_closing)
            next_start = None if is_closing else self.starter.start(batch)
            self._take_results(batch, next_start, is_closing=is_closing)
            self.recorder.record_due(batch, is_closing=is_closing)

    def _take_results(self, batch: Batch, next_start: float | None, *, is_closing: bool) -> None:
        """Wait for results, at most until there is something else to do, and handle them."""
        now = self.clock()
        due = [
            each.flush_at
            if (each.may_close_in_batch and batch.closing_calls)
            or not each.is_through(is_closing=is_closing)
            else each.close_at
            for each in batch.open
            if not each.is_recording
        ]
        if batch.is_window_scarce:
            due += [each.pause_at for each in batch.open if not each.is_recording]
        wake_at = min(now + _LONGEST_POLL_S, next_start or now + _LONGEST_POLL_S, *due)
        wait_s = max(wake_at - now, 0.0)
        if not self.wns.in_flight:
            if self.background.pending:
                self.background.complete(wait_s)
            else:
                self.sleep(wait_s)
            return
        if pending := self.background.pending:
            self.background.complete()
            # A call that has completed may let sends start.
            wait_s = 0.0 if self.background.pending < pending else min(wait_s, _BUSY_POLL_S)
        for result in self.wns.poll(wait_s):
            sent = cast("Reference", result.reference)
            self.results.handle(batch, sent, result, self.clock())

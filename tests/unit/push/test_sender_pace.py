"""How fast one sender is behind a WNS that takes 50 ms, in virtual time: nothing is measured.

Each send costs CPU, each response of WNS comes 50 ms after its send, and each call of AWS takes a
few milliseconds in the background. What is left is how well the window of sends in doubt is used.
"""

from __future__ import annotations

import heapq
from collections import deque
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from push.delivery.intake import DeliveryIntake
from push.delivery.recorder import Recorder
from push.delivery.sender import Sender
from push.delivery.starter import Starter
from tests.unit.push.test_attempt import NOW, delivery
from tests.unit.push.test_sender import TOKEN, Budgets, Claims, Clock, Queue, Recheck, Results
from wns.result import Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from push.delivery.claims import Claim
    from wns.client import Send

WNS_S = 0.05
INLINE = 20  # outcomes that fit into the claim
CPU_S = 0.00015  # a send and its response, together


class Background:
    """Four threads; each call takes `call_s`."""

    def __init__(self, clock: Clock, call_s: float) -> None:
        self._clock = clock
        self._call_s = call_s
        self._threads = [0.0] * 4
        self._completed: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    @property
    def pending(self) -> int:
        return len(self._completed)

    def run(self, call: Callable[[], Any], then: Callable[[Any], None], failed: Any = None) -> None:
        begins = max(heapq.heappop(self._threads), self._clock.now)
        heapq.heappush(self._threads, begins + self._call_s)
        result = call()
        self._number += 1
        self._completed.append((begins + self._call_s, self._number, lambda: then(result)))
        heapq.heapify(self._completed)

    def complete(self, wait_s: float = 0.0) -> None:
        if self._completed and self._completed[0][0] <= self._clock.now + wait_s:
            self._clock.now = max(self._clock.now, self._completed[0][0])
        elif wait_s:
            self._clock.now += wait_s
        while self._completed and self._completed[0][0] <= self._clock.now:
            heapq.heappop(self._completed)[2]()

    def drop(self) -> None:
        self._completed.clear()


class Wns:
    """Responds to each send after 50 ms."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._in_flight: deque[tuple[float, Send]] = deque()

    @property
    def free(self) -> int:
        return 64 - len(self._in_flight)

    @property
    def in_flight(self) -> int:
        return len(self._in_flight)

    def submit(self, send: Send) -> None:
        self._clock.now += CPU_S / 2
        self._in_flight.append((self._clock.now + WNS_S, send))

    def poll(self, timeout: float) -> list[SendResult]:
        ready_at = self._in_flight[0][0] if self._in_flight else self._clock.now + timeout
        self._clock.now = max(self._clock.now, min(ready_at, self._clock.now + timeout))
        results = []
        while self._in_flight and self._in_flight[0][0] <= self._clock.now:
            _, send = self._in_flight.popleft()
            results.append(SendResult(Outcome.DELIVERED, reference=send.reference))
        self._clock.now += len(results) * CPU_S / 2
        return results

    def cancel(self) -> None:
        self._in_flight.clear()


class Storage(Claims):
    """Counts write units: a claim one, a record one, a close in a transaction four."""

    units = 0

    def claim_all(self, requests: Any, *rest: object) -> Any:
        self.units += len(requests)
        return super().claim_all(requests, *rest)

    def record(self, claim: Claim, outcomes: Any, *rest: object) -> None:
        self.units += 1
        super().record(claim, outcomes, *rest)

    def close(self, closing: Any, now: float) -> None:
        self.units += 4 + (len(closing.unrecorded) > INLINE)
        super().close(closing, now)


def pace(devices: int, deliveries: int, call_s: float) -> tuple[float, float]:
    """Send deliveries in batches of ten; return notifications a second and write units each."""
    clock = Clock()
    wns, storage, background = Wns(clock), Storage(clock), Background(clock, call_s)
    queue: Any = Queue()
    app = SimpleNamespace(may_send=True, send_rate=10_000)
    sources: Any = SimpleNamespace(
        apps=SimpleNamespace(get=lambda *_: app),
        tokens=SimpleNamespace(get=lambda *_, **__: TOKEN),
        budgets=Budgets(clock),
        events=SimpleNamespace(publish_token_rejected=lambda *_: None),
    )
    queues: Any = {"bulk": queue, "direct": queue}
    recheck: Any = Recheck()
    events: Any = SimpleNamespace(are_wanted=lambda _: False)
    stands_in: Any = storage
    runs: Any = background
    sends: Any = wns
    sender = Sender(
        wns=sends,
        intake=DeliveryIntake(
            stands_in, queues, recheck, sources, events, runs, jitter=lambda: 0.5
        ),
        starter=Starter(sends, recheck, runs, clock),
        results=cast("Any", Results()),
        recorder=Recorder(stands_in, queues, runs, events, clock),
        background=runs,
        clock=clock,
        sleep=clock.sleep,
    )
    for batch in range(deliveries // 10):
        messages = [(f"message {batch} {number}", delivery(devices)) for number in range(10)]
        report = sender.send(messages, lambda: 60.0)
        assert report.error is None
        assert report.unfinished == []
    count = devices * deliveries
    return count / (clock.now - NOW), storage.units / count


@pytest.mark.parametrize(
    ("call_s", "least", "units"), [(0.002, 1_050, 0.11), (0.005, 930, 0.11), (0.01, 830, 0.11)]
)
def test_bulk_sender_uses_its_window_well(call_s: float, least: float, units: float) -> None:
    per_second, units_each = pace(devices=100, deliveries=20, call_s=call_s)
    assert per_second >= least
    assert units_each <= units

"""The sender's loop: apps take turns, due outcomes are recorded, a delivery is queued or kept."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from push.delivery.attempt import FLUSH_S, DeliveryAttempt
from push.delivery.batch import AppTurn, Batch, Report
from push.delivery.sender import CLOSING_S, Sender
from tests.unit.push.test_attempt import NOW, Claims, Queue, attempt
from wns.oauth import AccessToken
from wns.result import Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from push.delivery.models import Delivery
    from push.delivery.results import Reference
    from wns.client import Send

TOKEN = AccessToken("token", obtained_at=0, expires_at=10**10)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Gate:
    """An app that may send from a time on."""

    app_id: str
    opens_at: float = 0.0

    def admit(self, lane: str, count_ready: Callable[[], int], now: float) -> AccessToken | float:
        return TOKEN if now >= self.opens_at else self.opens_at


@dataclass
class Wns:
    """A client that delivers in the order of submission, one result per poll; each poll takes a
    tenth of a second. Sends to `silent` never have a result."""

    clock: Clock
    free: int = 4
    silent: str = ""
    submitted: list[str] = field(default_factory=list)
    _in_flight: deque[Send] = field(default_factory=deque)
    _silent: int = 0

    @property
    def in_flight(self) -> int:
        return len(self._in_flight) + self._silent

    def submit(self, send: Send) -> None:
        self.free -= 1
        app = cast("Reference", send.reference).gate.app_id
        self.submitted.append(app)
        if app == self.silent:
            self._silent += 1
        else:
            self._in_flight.append(send)

    def poll(self, timeout: float) -> list[SendResult]:
        self.clock.sleep(0.1)
        if not self._in_flight:
            return []
        self.free += 1
        return [SendResult(Outcome.DELIVERED, reference=self._in_flight.popleft().reference)]

    def cancel(self) -> None:
        self._in_flight.clear()
        self._silent = 0


class Results:
    """Every result is final; `error` is raised instead after `raise_after` of them."""

    def __init__(self) -> None:
        self.handled: Counter[str] = Counter()
        self.raise_after: int | None = None

    def handle(self, batch: Batch, sent: Reference, result: SendResult, now: float) -> None:
        if self.raise_after is not None and self.handled.total() >= self.raise_after:
            raise LookupError("an item that cannot be read")
        self.handled[sent.gate.app_id] += 1
        sent.attempt.finish(sent.recipient, {"outcome": str(result.outcome)}, now)
        batch.counts[result.outcome] += 1


class Rig:
    """A sender over stand-ins, and a batch of attempts per app."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.wns = Wns(self.clock)
        self.claims = Claims()
        self.queue = Queue()
        self.results = Results()
        self.turns: list[tuple[Gate, DeliveryAttempt]] = []
        self.copies: set[int] = set()
        self.fails_at: int | None = None

    def add(self, app_id: str, devices: int, opens_at: float = 0.0) -> DeliveryAttempt:
        one = attempt(devices)
        one.message_id = f"message of {app_id}"
        one.mark_rechecked(NOW + 10**6)
        self.turns.append((Gate(app_id, opens_at), one))
        return one

    def open(
        self, batch: Batch, messages: list[tuple[str, Delivery]], *, lease_s: float, clock: Clock
    ) -> None:
        for number, (gate, one) in enumerate(self.turns):
            if number == self.fails_at:
                raise LookupError("an item that cannot be read")
            batch.opened.add(one.message_id)
            if number in self.copies:
                continue
            batch.attempts.append(one)
            batch.turns.append(AppTurn(cast("Any", gate), [one]))

    def send(self, seconds: float = 60.0) -> Report:
        ends_at = self.clock.now + seconds
        anything = cast("Any", self)
        sender = Sender(
            wns=cast("Any", self.wns),
            intake=anything,
            recheck=anything,
            results=cast("Any", self.results),
            claims=cast("Any", self.claims),
            queues={"direct": cast("Any", self.queue)},
            clock=self.clock,
            sleep=self.clock.sleep,
        )
        messages = [(one.message_id, one.delivery) for _, one in self.turns]
        return sender.send(messages, lambda: ends_at - self.clock.now)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_apps_take_turns(rig: Rig) -> None:
    rig.add("one", 3)
    rig.add("two", 3)

    report = rig.send()

    assert rig.wns.submitted == ["one", "two"] * 3
    assert (report.counts, report.unfinished) == ({"delivered": 6}, [])


def test_app_that_has_to_wait_does_not_hold_up_the_next_one(rig: Rig) -> None:
    rig.add("waits", 2, opens_at=NOW + 1.5)
    rig.add("goes", 6)

    report = rig.send()

    assert rig.wns.submitted == ["goes"] * 6 + ["waits"] * 2
    assert (report.counts, report.unfinished) == ({"delivered": 8}, [])
    assert rig.queue.queued == []


def test_app_that_has_to_wait_long_goes_on_as_its_next_attempt(rig: Rig) -> None:
    rig.add("waits", 2, opens_at=NOW + 900)
    rig.add("goes", 2)

    report = rig.send()

    (rest,) = rig.queue.queued
    assert (len(rest.channels), rest.attempt, rest.not_before) == (2, 1, int(NOW) + 900)
    assert (report.counts, report.unfinished) == ({"delivered": 2}, [])
    assert rig.clock.now - NOW < 2


def test_due_outcomes_are_recorded_while_only_others_have_results(rig: Rig) -> None:
    """A delivery with one outcome waits for a send that gets no response; another one goes on."""
    rig.wns.free = 8
    rig.add("busy", 40)
    quiet = rig.add("quiet", 2)
    quiet.finish(quiet.start(), {"outcome": "delivered"}, NOW)
    rig.wns.silent = "quiet"
    recorded_at: list[float] = []
    record = rig.claims.record

    def note(claim: Any, outcomes: dict[str, dict[str, Any]]) -> None:
        if claim is quiet._claim:
            recorded_at.append(rig.clock.now)
        record(claim, outcomes)

    rig.claims.record = note  # type: ignore[method-assign]
    rig.results.raise_after = 30  # ends the batch: the silent send would do so at WNS's time-out
    rig.send()

    assert recorded_at
    assert recorded_at[0] - NOW <= FLUSH_S + 0.2


def test_unexpected_error_keeps_open_deliveries_on_their_queue_and_queues_none(rig: Rig) -> None:
    rig.add("done", 1)
    rig.add("open", 4)
    rig.results.raise_after = 3

    report = rig.send()

    assert isinstance(report.error, LookupError)
    assert report.unfinished == ["message of open"]
    assert rig.queue.queued == []
    # What was sent before is recorded, so the retry does not repeat it.
    assert rig.claims.recorded.keys() == {"p#d0#toast", "p#d1#toast"}
    assert rig.wns.in_flight == 0


def test_error_while_claiming_keeps_what_is_not_claimed_and_no_copy_that_is_done(rig: Rig) -> None:
    rig.add("copy", 1)
    rig.add("claimed", 1)
    rig.add("unreadable", 1)
    rig.add("after", 1)
    rig.copies, rig.fails_at = {0}, 2

    report = rig.send()

    assert sorted(report.unfinished) == [
        *("message of after", "message of claimed", "message of unreadable")
    ]
    assert rig.queue.queued == []


def test_no_send_starts_once_the_time_is_almost_up(rig: Rig) -> None:
    rig.add("late", 50)

    report = rig.send(seconds=CLOSING_S + 0.95)

    assert 10 <= len(rig.wns.submitted) < 20
    (rest,) = rig.queue.queued
    assert len(rest.channels) == 50 - len(rig.wns.submitted)
    assert report.counts == {"delivered": len(rig.wns.submitted)}
    assert report.unfinished == []

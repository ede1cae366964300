"""The sender's loop: apps take turns, due outcomes are recorded, a delivery is queued or kept."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from push.delivery.attempt import FLUSH_S
from push.delivery.claims import Claim, Finished
from push.delivery.intake import DeliveryIntake
from push.delivery.recheck import Findings
from push.delivery.recorder import Recorder
from push.delivery.records import LostClaimError
from push.delivery.send_budget import Wait
from push.delivery.sender import CLOSING_S, Sender
from push.delivery.starter import Starter
from push.errors import AwsUnavailableError, QueueUnavailableError, TablesUnavailableError
from tests.unit.push.test_attempt import NOW, delivery
from wns.access_token import AccessToken
from wns.result import Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from push.delivery.batch import Batch
    from push.delivery.claims import ClaimRequest
    from push.delivery.models import Delivery, Recipient
    from push.delivery.records import Closing
    from push.delivery.report import Report
    from push.delivery.results import Reference
    from wns.client import Send

TOKEN = AccessToken("token", obtained_at=0, expires_at=10**10)
POLL_S = 0.1


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Background:
    """Runs each call at once; hands its result over when the loop asks for it."""

    def __init__(self) -> None:
        self._completed: deque[Callable[[], None]] = deque()

    @property
    def pending(self) -> int:
        return len(self._completed)

    def run(
        self,
        call: Callable[[], Any],
        then: Callable[[Any], None],
        failed: Callable[[AwsUnavailableError], None] = lambda _: None,
    ) -> None:
        try:
            result = call()
        except AwsUnavailableError as error:
            self._completed.append(partial(failed, error))
        except LookupError as error:
            self._completed.append(partial(_raise, error))
        else:
            self._completed.append(lambda: then(result))

    def complete(self, wait_s: float = 0.0) -> None:
        while self._completed:
            self._completed.popleft()()

    def drop(self) -> None:
        self._completed.clear()


def _raise(error: Exception) -> None:
    raise error


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
        self.clock.sleep(POLL_S)
        if not self._in_flight:
            return []
        self.free += 1
        return [SendResult(Outcome.DELIVERED, reference=self._in_flight.popleft().reference)]

    def cancel(self) -> None:
        self._in_flight.clear()
        self._silent = 0


class Results:
    """Every result is final; an error is raised instead after `raise_after` of them."""

    def __init__(self) -> None:
        self.handled: Counter[str] = Counter()
        self.raise_after: int | None = None
        self.retry = False

    def handle(self, batch: Batch, sent: Reference, result: SendResult, now: float) -> None:
        if self.raise_after is not None and self.handled.total() >= self.raise_after:
            raise LookupError("an item that cannot be read")
        self.handled[sent.gate.app_id] += 1
        sent.gate.in_flight -= 1
        if self.retry:
            sent.attempt.recipients.retry_later(sent.name, now + 100)
            return
        sent.attempt.finish(sent.name, {"outcome": str(result.outcome)}, now)
        batch.count(sent.attempt, str(result.outcome))


class Claims:
    """`DeliveryClaims` and `DeliveryRecords` in memory; `errors` are raised first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.recorded: dict[str, dict[str, Any]] = {}
        self.recorded_at: dict[str, float] = {}
        self.closed: dict[str, int | None] = {}
        self.errors: list[Exception] = []
        self.finished: set[str] = set()
        self.unreadable: set[str] = set()

    def claim_all(self, requests: Sequence[ClaimRequest], *_: object) -> Sequence[Claim | Finished]:
        return [self._claim(each) for each in requests]

    def _claim(self, one: ClaimRequest) -> Claim | Finished:
        app_id = one.delivery.app_id
        if app_id in self.unreadable:
            raise LookupError("an item that cannot be read")
        if app_id in self.finished:
            return Finished()
        through = one.started_through
        return Claim(one.delivery, one.message_id, {}, through, is_taken_over=False, counts={})

    def record(self, claim: Claim, outcomes: dict[str, dict[str, Any]], *_: object) -> None:
        self._fail()
        self._add(claim, outcomes)

    def close(self, closing: Closing, _now: float) -> None:
        self._fail()
        self._add(closing.claim, closing.unrecorded)
        self.closed[closing.claim.delivery.app_id] = closing.not_before

    def close_all(self, closings: Sequence[Closing], now: float) -> list[Exception | None]:
        errors: list[Exception | None] = []
        for each in closings:
            try:
                self.close(each, now)
                errors.append(None)
            except (LostClaimError, TablesUnavailableError) as error:
                errors.append(error)
        return errors

    def _add(self, claim: Claim, outcomes: dict[str, dict[str, Any]]) -> None:
        for name, each in outcomes.items():
            key = f"{claim.delivery.app_id} {name}"
            self.recorded[key] = each
            self.recorded_at[key] = self._clock.now

    def _fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)


class Queue:
    """`DeliveryQueue` in memory."""

    def __init__(self) -> None:
        self.queued: list[Delivery] = []
        self.error: Exception | None = None

    def put(self, one: Delivery, now: float) -> None:
        self.put_back([one], now)

    def put_back(self, deliveries: Sequence[Delivery], now: float) -> None:
        if deliveries and self.error is not None:
            raise self.error
        self.queued += deliveries


class Recheck:
    def __init__(self) -> None:
        self.error: Exception | None = None

    def read(
        self, parts: Sequence[tuple[Delivery, Sequence[Recipient]]], *_: object
    ) -> Sequence[Findings]:
        if self.error is not None:
            raise self.error
        return [Findings(is_cancelled=False, uris={}) for _ in parts]


class Budgets:
    """Budget for everything, but for the apps that have to wait until a time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.opens_at: dict[str, float] = {}

    def take(self, app_id: str, lane: str, wanted: int, *, rate: int, now: float) -> int | Wait:
        opens_at = self.opens_at.get(app_id, 0.0)
        return wanted if self._clock.now >= opens_at else Wait(opens_at)


class Rig:
    """A sender over stand-ins, and a batch with a delivery per app."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.wns = Wns(self.clock)
        self.claims = Claims(self.clock)
        self.queue = Queue()
        self.results = Results()
        self.recheck = Recheck()
        self.budgets = Budgets(self.clock)
        self.token: AccessToken | None = TOKEN
        self.messages: list[tuple[str, Delivery]] = []

    def add(self, app_id: str, devices: int, **changes: Any) -> None:
        one = delivery(devices, app_id).model_copy(update=changes)
        self.messages.append((f"message of {app_id}", one))

    def send(self, seconds: float = 60.0) -> Report:
        ends_at = self.clock.now + seconds
        background: Any = Background()
        app = SimpleNamespace(may_send=True, send_rate=500)
        sources: Any = SimpleNamespace(
            apps=SimpleNamespace(get=lambda *_: app),
            tokens=SimpleNamespace(get=lambda *_, **__: self.token),
            budgets=self.budgets,
            events=SimpleNamespace(publish_token_rejected=lambda *_: None),
        )
        queues: Any = {"bulk": self.queue, "direct": self.queue}
        storage: Any = self.claims
        wns: Any = self.wns
        recheck: Any = self.recheck
        events: Any = SimpleNamespace(
            are_wanted=lambda _: False,
            publish_closed=lambda *_, **__: None,
            publish_again=lambda *_: None,
        )
        sender = Sender(
            wns=wns,
            intake=DeliveryIntake(
                claims=storage,
                queues=queues,
                recheck=recheck,
                sources=sources,
                events=events,
                background=background,
                jitter=lambda: 0.5,
            ),
            starter=Starter(wns, recheck, background, self.clock),
            results=cast("Any", self.results),
            recorder=Recorder(storage, queues, background, events, self.clock),
            background=background,
            clock=self.clock,
            sleep=self.clock.sleep,
        )
        return sender.send(self.messages, lambda: ends_at - self.clock.now)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_apps_take_turns(rig: Rig) -> None:
    rig.add("one", 3)
    rig.add("two", 3)

    report = rig.send()

    assert rig.wns.submitted == ["one", "two"] * 3
    assert (report.counts, report.unfinished) == ({"delivered": 6}, [])


def test_app_without_budget_is_postponed_unclaimed_and_holds_up_no_other(rig: Rig) -> None:
    rig.add("waits", 2, lane="direct")
    rig.add("goes", 6, lane="direct")
    rig.budgets.opens_at["waits"] = NOW + 1

    report = rig.send()

    assert rig.wns.submitted == ["goes"] * 6
    (back,) = rig.queue.queued
    assert (back.app_id, back.attempt, back.postponed) == ("waits", 0, 1)
    assert back.not_before >= NOW + 1
    assert "waits" not in rig.claims.closed
    assert (report.counts, report.unfinished, report.postponed) == ({"delivered": 6}, [], 1)


def test_app_without_a_token_is_postponed_the_later_the_longer_it_has_none(rig: Rig) -> None:
    rig.token = None
    waits = []
    for postponed in range(0, 12, 3):
        rig.messages, rig.queue.queued = [], []
        rig.add("my-game", 1, postponed=postponed, expires_at=int(NOW) + 86_400)
        rig.send()
        (back,) = rig.queue.queued
        waits.append(back.not_before - rig.clock.now)

    assert waits == sorted(waits)
    assert 0 < waits[0] <= 30
    assert 100 <= waits[-1] <= 301
    assert rig.wns.submitted == []


def test_expired_delivery_of_an_app_that_cannot_send_ends(rig: Rig) -> None:
    rig.token = None
    rig.add("my-game", 2, expires_at=int(NOW) - 1)

    report = rig.send()

    assert (report.counts, rig.queue.queued) == ({"expired": 2}, [])
    assert rig.claims.closed == {"my-game": None}


@pytest.mark.parametrize("lane", ["direct", "bulk"])
def test_delivery_without_recipients_ends(rig: Rig, lane: str) -> None:
    """A page whose players have all left in the meantime."""
    rig.add("my-game", 0, lane=lane)

    report = rig.send()

    assert (report.unfinished, rig.queue.queued) == ([], [])
    assert rig.claims.closed == {"my-game": None}


def test_due_outcomes_are_recorded_while_only_others_have_results(rig: Rig) -> None:
    """A delivery with one outcome waits for a send that gets no response; another one goes on."""
    rig.wns.free = 8
    rig.add("busy", 40)
    rig.add("quiet", 2, payloads=delivery().payloads)
    first_of_quiet = rig.wns.submit

    def submit(send: Send) -> None:
        first_of_quiet(send)
        rig.wns.silent = "quiet" if "quiet" in rig.wns.submitted else ""

    rig.wns.submit = submit  # type: ignore[method-assign]
    rig.results.raise_after = 30  # ends the batch: the silent send would do so at WNS's time-out
    rig.send()

    recorded_at = rig.claims.recorded_at["quiet p#d000#toast"]
    assert recorded_at - NOW <= FLUSH_S + 4 * POLL_S


def test_unexpected_error_keeps_open_deliveries_on_their_queue_and_queues_none(rig: Rig) -> None:
    rig.add("done", 1)
    rig.add("open", 4)
    rig.results.raise_after = 3

    report = rig.send()

    assert isinstance(report.error, LookupError)
    assert report.unfinished == ["message of open"]
    assert rig.queue.queued == []
    # What was sent before is recorded, so the retry does not repeat it.
    assert rig.claims.recorded.keys() == {
        *("done p#d000#toast", "open p#d000#toast", "open p#d001#toast")
    }
    assert rig.wns.in_flight == 0


def test_error_while_claiming_keeps_every_message(rig: Rig) -> None:
    rig.claims.unreadable, rig.claims.finished = {"unreadable"}, {"copy"}
    for app_id in ("copy", "claimed", "unreadable", "after"):
        rig.add(app_id, 1)

    report = rig.send()

    assert sorted(report.unfinished) == sorted(message_id for message_id, _ in rig.messages)
    assert rig.queue.queued == []


def test_copy_of_a_finished_delivery_is_done(rig: Rig) -> None:
    rig.claims.finished = {"copy"}
    rig.add("copy", 1)

    report = rig.send()

    assert (report.unfinished, rig.wns.submitted) == ([], [])


def test_no_send_starts_once_the_time_is_almost_up(rig: Rig) -> None:
    rig.add("late", 50)

    report = rig.send(seconds=CLOSING_S + 0.95)

    assert 10 <= len(rig.wns.submitted) < 20
    (rest,) = rig.queue.queued
    assert len(rest.channels) == 50 - len(rig.wns.submitted)
    assert report.counts == {"delivered": len(rig.wns.submitted)}
    assert report.unfinished == []


def test_delivery_that_is_not_claimed_in_time_goes_back_to_its_queue_as_it_was(rig: Rig) -> None:
    rig.wns.free = 64
    rig.add("stalls", 64)
    rig.add("waits", 3)

    def stall(timeout: float) -> list[SendResult]:
        rig.clock.sleep(1.0)
        if rig.clock.now - NOW < 45:
            return []
        ended = [SendResult(Outcome.UNAVAILABLE, reference=e.reference) for e in rig.wns._in_flight]
        rig.wns.cancel()
        return ended

    rig.wns.poll = stall  # type: ignore[method-assign]
    rig.send(seconds=60)

    (back,) = (each for each in rig.queue.queued if each.app_id == "waits")
    assert (back.attempt, len(back.channels)) == (0, 3)


def test_attempt_that_is_closed_with_a_rest_holds_up_no_delivery_after_it(rig: Rig) -> None:
    """Its window is full of recipients that are to be retried later."""
    rig.wns.free = 64
    rig.add("my-game", 200, lane="direct")
    rig.messages *= 2
    rig.messages[1] = ("second message", rig.messages[1][1].model_copy(update={"chunk": "1"}))
    rig.results.retry = True

    rig.send(seconds=60)

    assert rig.clock.now - NOW < 30
    assert sorted(each.chunk for each in rig.queue.queued) == ["0", "1"]


@pytest.mark.parametrize("error", [TablesUnavailableError("out"), QueueUnavailableError("out")])
def test_attempt_that_cannot_be_closed_leaves_its_message(rig: Rig, error: Exception) -> None:
    rig.add("my-game", 1)
    if isinstance(error, QueueUnavailableError):
        rig.queue.error = error
        rig.messages = [(id_, replace_ready(one)) for id_, one in rig.messages]
    else:
        rig.claims.errors = [error] * 20

    report = rig.send(seconds=60 if isinstance(error, TablesUnavailableError) else CLOSING_S)

    assert report.unfinished == ["message of my-game"]
    assert rig.queue.queued == []


def replace_ready(one: Delivery) -> Delivery:
    """Return a delivery whose only recipient is not due yet."""
    waiting = [each.model_copy(update={"not_before": int(NOW) + 50}) for each in one.channels]
    return one.model_copy(update={"channels": tuple(waiting)})


def test_lost_claim_leaves_the_message_to_whoever_has_it(rig: Rig) -> None:
    rig.add("my-game", 1)
    rig.claims.errors = [LostClaimError()]

    report = rig.send()

    assert report.unfinished == ["message of my-game"]
    assert rig.claims.closed == {}


def test_nothing_is_sent_before_the_recipients_could_be_checked(rig: Rig) -> None:
    rig.recheck.error = TablesUnavailableError("out")
    rig.add("my-game", 1)

    rig.send(seconds=CLOSING_S + 5)

    assert rig.wns.submitted == []
    (rest,) = rig.queue.queued
    assert rest.attempt == 1

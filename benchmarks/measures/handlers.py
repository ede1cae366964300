"""The handlers, one round at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.lab import CALL_S, WNS_MS
from benchmarks.lambda_events import sqs_event
from benchmarks.results import Row
from push.dispatch.page_chunks import NOTIFICATIONS_PER_CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.lab import Lab

BATCH = 10
BULK = f"bulk, {NOTIFICATIONS_PER_CHUNK} channels a delivery"
BULK_OLD = f"bulk, {NOTIFICATIONS_PER_CHUNK}, over 10 s old"
_SENDER = "Sender: whole handler"
_LATE = f"{CALL_S * 1000:.0f} ms a call, WNS {WNS_MS} ms"


class Handlers:
    """Rounds of every handler, in turn. `scale` says how much work a round is.

    Attributes:
        rows: the results so far.
    """

    def __init__(self, lab: Lab, scale: int) -> None:
        self._lab = lab
        self._scale = scale
        self._thousands = 0
        self.rows: dict[str, Row] = {}
        self.steps: list[Callable[[], None]] = [
            lambda: self._bulk(BULK, NOTIFICATIONS_PER_CHUNK),
            lambda: self._bulk("bulk, 100 channels a delivery", 100),
            lambda: self._bulk(BULK_OLD, NOTIFICATIONS_PER_CHUNK, age_s=20),
            self._direct,
            self._direct_late,
            self._dispatch_one,
            self._dispatch_hundred,
            self._dispatch_thousand,
            self._pages,
            self._register,
            self._post,
        ]

    def add(self, row: Row, value: float) -> None:
        """Add a round's result to its row."""
        self.rows.setdefault(row.name, row).values.append(value)

    def _bulk(self, name: str, channels: int, age_s: int = 0) -> None:
        batches = 2 * self._scale
        events = [
            self._lab.world.deliveries("bulk", BATCH, channels, age_s) for _ in range(batches)
        ]
        spent = self._lab.handler("notification_sender").run(events)
        count = batches * BATCH * channels
        self.add(Row(_SENDER, name, "notifications per CPU s"), count / spent.cpu)

    def _direct(self) -> None:
        rounds = 4 * self._scale
        events = [self._lab.world.deliveries("direct", BATCH, 1) for _ in range(rounds)]
        process = self._lab.handler("notification_sender")
        self._lab.stub.reset()
        spent = process.run(events)
        count = rounds * BATCH
        calls = sum(self._lab.stub.counts()["calls"].values())
        name = "direct, 10 deliveries of one channel"
        row = Row(_SENDER, name, "notifications per CPU s", target=1000)
        self.add(row, count / spent.cpu)
        row = Row(_SENDER, "direct, calls of AWS", "calls a notification", "lower", 0.7)
        self.add(row, calls / count)

    def _direct_late(self) -> None:
        rounds = 2 * self._scale
        events: list[object] = [
            self._lab.world.deliveries("direct", BATCH, 1) for _ in range(rounds)
        ]
        spent = self._lab.on_slow_aws("notification_sender", events)
        name = f"direct, {_LATE}"
        row = Row(_SENDER, name, "notifications per wall s", target=100)
        self.add(row, rounds * BATCH / spent.wall)

    def _dispatch_one(self) -> None:
        events = [self._lab.world.requests(BATCH, 1) for _ in range(self._scale)]
        spent = self._lab.handler("dispatcher").run(events)
        row = Row("Dispatcher", "request to 1 player", "ms CPU a player", "lower", 2.5)
        self.add(row, spent.cpu * 1000 / (self._scale * BATCH))

    def _dispatch_hundred(self) -> None:
        events = [self._lab.world.requests(1, 100) for _ in range(self._scale)]
        spent = self._lab.handler("dispatcher").run(events)
        row = Row("Dispatcher", "request to 100 players", "ms CPU a player", "lower", 0.9)
        self.add(row, spent.cpu * 1000 / (self._scale * 100))

    def _dispatch_thousand(self) -> None:
        self._thousands += 1
        if self._thousands == 1 or (self._thousands > 2 and self._scale == 1):  # noqa: PLR2004
            return  # seconds of waiting and hardly any spread: no warming up, and once if quick
        spent = self._lab.on_slow_aws("dispatcher", [self._lab.world.requests(1, 1000)])
        name = "request to 1,000 players, 5 ms a call"
        self.add(Row("Dispatcher", name, "wall s", "lower", 2.0), spent.wall)

    def _pages(self) -> None:
        pages = self._lab.world.pages(2 * self._scale)
        spent = self._lab.handler("dispatcher").run([sqs_event("BroadcastQueue", pages)])
        found = 400 * len(pages)
        row = Row("Dispatcher", "broadcast, page to queue", "us CPU a channel", "lower", 50)
        self.add(row, spent.cpu * 1e6 / found)
        self._lab.forget()

    def _register(self) -> None:
        world, process = self._lab.world, self._lab.handler("channels_api")
        count = 10 * self._scale
        for name, target, players in (
            ("register a channel", 2.0, world.new_players(count)),
            ("renew a channel", 1.6, world.renewing_players(count)),
        ):
            spent = process.run([world.registration(each) for each in players])
            row = Row("HTTP API", name, "ms CPU a request", "lower", target)
            self.add(row, spent.cpu * 1000 / count)

    def _post(self) -> None:
        count = 10 * self._scale
        events = [self._lab.world.posted_request() for _ in range(count)]
        spent = self._lab.handler("notifications_api").run(events)
        row = Row("HTTP API", "POST a notification", "ms CPU a request", "lower", 2.5)
        self.add(row, spent.cpu * 1000 / count)

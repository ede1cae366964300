"""Longer runs: wall time behind a slow WNS, memory over a million, growth of the population."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.lab import CALL_S, WNS_MS
from benchmarks.lambda_events import environment_of, sqs_event
from benchmarks.measures.handlers import BATCH
from benchmarks.processes import MeasuredProcess
from benchmarks.results import Row
from benchmarks.world import CHANNELS
from push.dispatch.page_chunks import NOTIFICATIONS_PER_CHUNK

if TYPE_CHECKING:
    from benchmarks.lab import Lab

MILLION = 1_000_000
_GROUP = "Bulk sender, one process"


def behind_slow_wns(lab: Lab, rounds: int, batches: int) -> list[Row]:
    """Measure how fast one process sends while each response takes WNS_MS."""
    name = f"WNS {WNS_MS} ms"
    fast = Row(_GROUP, name, "notifications per wall s", target=1000)
    busy = Row(_GROUP, f"{name}, share of a core", "of a core", "lower", 0.4)
    late = Row(_GROUP, f"{name}, AWS {CALL_S * 1000:.0f} ms a call", "notifications per wall s")
    for _ in range(rounds):

        def events() -> list[object]:
            return [
                lab.world.deliveries("bulk", BATCH, NOTIFICATIONS_PER_CHUNK) for _ in range(batches)
            ]

        spent = lab.handler("notification_sender", slow=True).run(events())
        fast.values.append(batches * BATCH * NOTIFICATIONS_PER_CHUNK / spent.wall)
        busy.values.append(spent.cpu / spent.wall)
        spent = lab.on_slow_aws("notification_sender", events())
        late.values.append(batches * BATCH * NOTIFICATIONS_PER_CHUNK / spent.wall)
        lab.forget()
    return [fast, busy, late]


def memory(lab: Lab, budget_s: float | None) -> tuple[list[Row], int]:
    """Send up to a million bulk notifications by one new process; return its memory, and how many
    were sent.

    Args:
        budget_s: stop after so many seconds; None for all of the million.
    """
    environment = environment_of("notification_sender", lab.stub, lab.sink)
    begun, sent, samples = time.monotonic(), 0, []
    arguments = ("handler", "notification_sender")
    with MeasuredProcess.of_product(*arguments, environment=environment) as process:
        while sent < MILLION and (budget_s is None or time.monotonic() - begun < budget_s):
            event = lab.world.deliveries("bulk", BATCH, NOTIFICATIONS_PER_CHUNK)
            samples.append(process.run([event]).rss_mb)
            sent += BATCH * NOTIFICATIONS_PER_CHUNK
            lab.forget()
    tail = samples[len(samples) // 2 :]
    name = f"memory after {sent:,} notifications"
    peak = Row(_GROUP, name, "MB", "lower", 120, values=[max(samples)])
    name = "memory gained in the second half"
    gained = Row(_GROUP, name, "MB", "lower", 5, values=[tail[-1] - tail[0]])
    return [peak, gained], sent


def growth(lab: Lab, sizes: list[int], rounds: int, most: int) -> list[Row]:
    """Measure a broadcast's CPU per channel, dispatched and sent, by the size of the population.

    Args:
        most: after how many channels to stop; pages follow their shard from its first on.
    """
    rows: dict[str, Row] = {}
    totals: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(rounds):
        for size in sizes:
            dispatched, sent = _broadcast(lab, size, most)
            totals[size].append(dispatched + sent)
            for name, value in (("page to queue", dispatched), ("queue to outcome", sent)):
                label = f"{name}, {size:,} channels"
                row = rows.setdefault(label, Row("Growth", label, "us CPU a channel", "lower"))
                row.values.append(value)
    lab.world.populate(CHANNELS)
    for size in sorted({sizes[0], sizes[-2]}):
        name = f"{sizes[-1]:,} channels beside {size:,}"
        values = [
            large / small for large, small in zip(totals[sizes[-1]], totals[size], strict=True)
        ]
        rows[name] = Row("Growth", name, "times", "lower", 1.1, values)
    return list(rows.values())


def _broadcast(lab: Lab, size: int, most: int) -> tuple[float, float]:
    """Broadcast to up to `most` of so many channels; return microseconds of CPU a channel of
    dispatcher and sender."""
    lab.world.populate(size)
    dispatched = sent = 0.0
    found = 0
    for page in lab.world.pages(64):
        waiting = [page]
        while waiting and found < most:
            dispatched += lab.handler("dispatcher").run([sqs_event("BroadcastQueue", waiting)]).cpu
            waiting = lab.stub.take("BroadcastQueue")
            while bodies := lab.stub.take("BulkDeliveryQueue"):
                found += sum(body.count('"channel_uri"') for body in bodies)
                event = sqs_event("BulkDeliveryQueue", bodies)
                sent += lab.handler("notification_sender").run([event]).cpu
    lab.forget()
    return dispatched / found * 1e6, sent / found * 1e6

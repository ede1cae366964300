"""Longer runs: wall time behind a slow WNS, memory over a million, growth of the population."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.lab import CHANNELS, WNS_MS
from benchmarks.processes import MeasuredProcess
from benchmarks.results import Row
from benchmarks.world import environment_of, sqs_event

if TYPE_CHECKING:
    from benchmarks.lab import Lab

MILLION = 1_000_000
_GROUP = "Bulk sender, one process"


def behind_slow_wns(lab: Lab, rounds: int, batches: int) -> list[Row]:
    """Measure how fast one process sends while each response takes WNS_MS."""
    fast = Row(_GROUP, f"WNS {WNS_MS} ms", "notifications per wall s", target=1000)
    busy = Row(_GROUP, f"WNS {WNS_MS} ms, share of a core", "of a core", "lower", 0.4)
    for _ in range(rounds):
        events: list[object] = [lab.world.deliveries("bulk", 10, 100) for _ in range(batches)]
        spent = lab.on_slow_aws("notification_sender", events)
        fast.values.append(batches * 1000 / spent.wall)
        busy.values.append(spent.cpu / spent.wall)
        lab.forget()
    return [fast, busy]


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
            events = [lab.world.deliveries("bulk", 10, 200) for _ in range(5)]
            samples.append(process.run(events).rss_mb)
            sent += 10_000
            lab.forget()
    tail = samples[len(samples) // 2 :]
    name = f"memory after {sent:,} notifications"
    peak = Row(_GROUP, name, "MB", "lower", 120, values=[max(samples)])
    name = "memory gained in the second half"
    gained = Row(_GROUP, name, "MB", "lower", 5, values=[tail[-1] - tail[0]])
    return [peak, gained], sent


def growth(lab: Lab, sizes: list[int], most: int) -> list[Row]:
    """Measure a broadcast's CPU per channel, dispatched and sent, by the size of the population.

    Args:
        most: how many channels are processed at least if there are more: whole shards, first page
            to last.
    """
    rows = []
    for size in sizes:
        lab.world.populate(size)
        pages = lab.world.pages(64)
        dispatched = sent = 0.0
        found = 0
        for page in pages:
            waiting = [page]
            while waiting:
                spent = lab.handler("dispatcher").run([sqs_event("BroadcastQueue", waiting)])
                dispatched += spent.cpu
                waiting = lab.stub.take("BroadcastQueue")
            while bodies := lab.stub.take("BulkDeliveryQueue"):
                found += sum(body.count('"channel_uri"') for body in bodies)
                event = sqs_event("BulkDeliveryQueue", bodies)
                sent += lab.handler("notification_sender").run([event]).cpu
            if found >= most:
                break
        for name, cpu in (("page to queue", dispatched), ("queue to outcome", sent)):
            label = f"{name}, {size:,} channels"
            rows.append(
                Row("Growth", label, "us CPU a channel", "lower", values=[cpu / found * 1e6])
            )
        lab.forget()
    lab.world.populate(CHANNELS)
    by_size = [
        sum(row.values[0] for row in rows[at : at + 2]) for at in range(0, len(rows), 2)
    ]
    last = by_size[-1] / by_size[-2] if len(by_size) > 1 else 1.0
    ratio = Row("Growth", f"{sizes[-1]:,} beside {sizes[-2]:,}", "times", "lower", 1.1, [last])
    first = Row("Growth", f"{sizes[-1]:,} beside {sizes[0]:,}", "times", "lower", 1.1,
                [by_size[-1] / by_size[0]])  # fmt: skip
    return [*rows, ratio, first]

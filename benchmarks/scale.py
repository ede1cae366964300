"""How long broadcasts to 1, 10 and 100 million devices take: `python -m benchmarks.scale`.

A simulation, second by second, from the figures of the last `make bench`: dispatchers turn pages
into deliveries, senders take them, each as fast as it was measured and as its memory allows, within
what WNS accepts from one app and within AWS's default quotas.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.cost import MB_OF_A_CORE, memory_mb, of_a_million
from tools import template_yaml

FILE = Path(__file__).with_name("scale.json")
DEVICES = (1_000_000, 10_000_000, 100_000_000)
WNS_LIMIT = 1_000
"""Requests a second that WNS has been seen to accept from one app before it answers 429."""
BULK_SHARE = 0.8  # of an app's send rate; the rest is kept for direct notifications

ACCOUNT_CONCURRENCY = 1_000
"""AWS Lambda quotas: concurrent executions of an account and region, by default."""
RAMP_START, RAMP_A_MINUTE = 5, 300
"""AWS Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings"."""
TABLE_WRITE_UNITS = 40_000
"""Amazon DynamoDB quotas: write request units a second of a table, on demand, by default."""
PARTITION_WRITE_UNITS = 1_000
DAY_S = 24 * 3600
_SHARDS = 64
_PAGE = 400


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured.

    Attributes:
        sender_rate: notifications a second of one sender.
        page_s: seconds of a dispatcher for a page of 400 channels.
        writes: write units a notification.
        dollars: for a million notifications.
    """

    sender_rate: float
    page_s: float
    writes: float
    dollars: float

    @classmethod
    def of(cls, found: dict[str, Any]) -> Figures:
        use = found["scenarios"]["broadcast to a million"]
        sender, dispatcher = (
            use["functions"][name] for name in ("notification_sender", "dispatcher")
        )
        core = memory_mb("notification_sender") / MB_OF_A_CORE
        dispatcher_s = dispatcher["cpu_s"] * MB_OF_A_CORE / memory_mb("dispatcher")
        return cls(
            sender_rate=1 / (sender["cpu_s"] / core + sender["wait_s"]),
            page_s=_PAGE * (dispatcher_s + dispatcher["wait_s"]),
            writes=use["units"]["write"],
            dollars=sum(of_a_million(use).values()),
        )


@dataclass(frozen=True, slots=True)
class Run:
    """A simulated broadcast.

    Attributes:
        limit: sends a second that WNS accepts.
        senders: the most that ran at once; `allowed` is how many may.
        bound: what held it up for most of the time.
    """

    devices: int
    limit: int
    allowed: int
    senders: int
    seconds: int
    dollars: float
    write_units_a_second: float
    bound: str


def maximum_concurrency(queue: str) -> int:
    """Return how many functions may take from a queue at once, by template.yaml."""
    for function in template_yaml.functions().values():
        for event in function["Events"].values():
            properties = event["Properties"]
            if event["Type"] == "SQS" and template_yaml.referred(properties["Queue"]) == queue:
                concurrency = properties["ScalingConfig"]["MaximumConcurrency"]
                parameter = template_yaml.load()["Parameters"][template_yaml.referred(concurrency)]
                return int(parameter["Default"])
    raise ValueError(f"no function takes from {queue}")


def simulate(figures: Figures, devices: int, limit: int, allowed: int) -> Run:
    """Run a broadcast second by second."""
    dispatchers = min(maximum_concurrency("BroadcastQueue"), _SHARDS)
    paged_a_second = dispatchers * _PAGE / figures.page_s
    accepted_a_second = limit * BULK_SHARE
    left, queued, seconds, most = float(devices), 0.0, 0, 0
    reasons = {"WNS's limit": 0, "senders": 0, "dispatchers": 0}
    while left > 0 or queued > 1:
        seconds += 1
        paged = min(left, paged_a_second)
        left, queued = left - paged, queued + paged
        ramp = RAMP_START + RAMP_A_MINUTE * seconds // 60
        busy = min(allowed, ramp, math.ceil(queued / figures.sender_rate))
        most = max(most, min(busy, math.ceil(accepted_a_second / figures.sender_rate)))
        rates = {
            "WNS's limit": accepted_a_second,
            "senders": min(allowed, ramp) * figures.sender_rate,
            "dispatchers": queued,
        }
        bound = min(rates, key=lambda name: rates[name])
        reasons[bound] += 1
        queued -= min(rates.values())
    rate = devices / seconds
    return Run(
        devices, limit, allowed, most, seconds, devices / 1e6 * figures.dollars,
        rate * figures.writes, max(reasons, key=lambda name: reasons[name]),
    )  # fmt: skip


def quotas(run: Run, figures: Figures) -> list[str]:
    """Return what has to be raised so that only WNS's limit bounds a run."""
    needed = math.ceil(run.limit * BULK_SHARE / figures.sender_rate)
    raised = []
    if needed > maximum_concurrency("BulkDeliveryQueue"):
        raised.append(f"MaximumConcurrency of BulkDeliveryQueue to {needed} (template.yaml)")
    if needed > ACCOUNT_CONCURRENCY / 2:
        raised.append("Lambda: concurrent executions of the account")
    if run.limit * BULK_SHARE * figures.writes > TABLE_WRITE_UNITS:
        raised.append("DynamoDB: write units of a table")
    if run.limit > WNS_LIMIT:
        raised.append(f"WNS: {run.limit:,} requests a second (ask Microsoft), and the send_rate")
    if run.seconds > DAY_S:
        raised.append("the TTL above its default, a day (or split the app)")
    return raised


def duration(seconds: int) -> str:
    """Return a duration as people say it."""
    hours, minutes = seconds / 3600, seconds / 60
    return f"{hours:.1f} h" if hours >= 1 else f"{minutes:.0f} min"


def runs(figures: Figures) -> list[Run]:
    """Return each size as deployed, then with WNS's limit and the senders raised."""
    deployed = maximum_concurrency("BulkDeliveryQueue")
    found = []
    for devices in DEVICES:
        for limit in (WNS_LIMIT, 10 * WNS_LIMIT):
            needed = math.ceil(limit * BULK_SHARE / figures.sender_rate)
            allowed = deployed if limit == WNS_LIMIT else max(deployed, needed)
            found.append(simulate(figures, devices, limit, allowed))
    return found


def report(figures: Figures, found: list[Run]) -> str:
    """Return the runs as plain text."""
    title = "Broadcasts by size (simulated from the measured figures)"
    rates = (
        f"  one sender {figures.sender_rate:,.0f} notifications/s, one dispatcher"
        f" {_PAGE / figures.page_s:,.0f} channels/s, {figures.writes:.3f} write units and"
        f" ${figures.dollars / 1e6:.8f} a notification"
    )
    lines = ["", title, "-" * len(title), rates]
    for run in found:
        lines.append(
            f"  {run.devices:>11,} devices, WNS accepts {run.limit:>6,}/s:"
            f" {run.senders:>2} of {run.allowed} senders, {duration(run.seconds):>8},"
            f" ${run.dollars:8.2f}, {run.write_units_a_second:5.0f} write units/s;"
            f" bound by {run.bound}"
        )
        lines += [f"      raise {each}" for each in quotas(run, figures)]
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.parse_args(arguments)
    figures = Figures.of(results.load())
    found = runs(figures)
    shown = {"figures": asdict(figures), "runs": [asdict(run) for run in found]}
    FILE.write_text(json.dumps(shown, indent=1) + "\n")
    sys.stdout.write(report(figures, found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

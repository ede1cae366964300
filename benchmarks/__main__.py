"""Everything in one run: `make bench`, or `make bench QUICK=1` in less than two minutes.

Prints tables and writes `results.json`, `scale.json` and `plots/`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

from benchmarks import cost, report, results, scale
from benchmarks.lab import Lab
from benchmarks.measures.end_to_end import end_to_end
from benchmarks.measures.handlers import Handlers
from benchmarks.measures.long_runs import behind_slow_wns, growth, memory
from benchmarks.measures.scenarios import Scenarios
from benchmarks.measures.senders import Senders, ratios
from benchmarks.measures.start_up import FUNCTIONS, start_up
from benchmarks.peers.install import PYTHON, install, start_peers
from benchmarks.processes import MeasuredProcess

ROUNDS = 5


class Progress:
    """Says what is measured, and for how long it was."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, what: str) -> None:
        print(f"[{time.monotonic() - self._began:4.0f} s] {what}", file=sys.stderr, flush=True)


def in_rounds(lab: Lab, say: Progress, scale_of_work: int) -> list[results.Row]:
    """Measure handlers and bare senders in interleaved rounds, after one that is thrown away."""
    handlers = Handlers(lab, scale_of_work)
    with ExitStack() as open_peers:
        peers = start_peers(lab.sink)
        for each in peers.values():
            if isinstance(each, MeasuredProcess):
                open_peers.enter_context(each)
        senders = Senders(lab, peers, scale_of_work)
        for number in range(ROUNDS + 1):
            say(f"handlers and senders, round {number or 'of warming up'}")
            for step in handlers.steps:
                step()
            senders.round()
            if number == 0:
                handlers.rows.clear()
                for row in senders.rows.values():
                    row.values.clear()
    return [*handlers.rows.values(), *senders.rows.values(), *ratios(senders, handlers.rows)]


def units_rows(scenarios: dict[str, Any]) -> list[results.Row]:
    """Return the write units of the scenarios as rows."""
    targets = {"direct, by event": 3.1, "direct, by API": 4.1, "broadcast to a million": 0.12}
    rows = []
    for name, use in scenarios.items():
        units = use["units"].get("write", 0) + use["units"].get("index write", 0)
        row = results.Row("Write units", name, "units each", "lower", targets.get(name), [units])
        rows.append(row)
    return rows


def measure(options: argparse.Namespace, say: Progress) -> tuple[list[results.Row], dict[str, Any]]:
    """Run everything on the stub; return the rows and the scenarios."""
    quick: bool = options.quick
    rows: list[results.Row] = []
    with Lab() as lab:
        rows += in_rounds(lab, say, 1 if quick else 2)
        say("behind a slow WNS")
        rows += behind_slow_wns(lab, 1 if quick else ROUNDS, 1)
        say("growth of the population")
        sizes = [1_000, 1_000_000] if quick else [1_000, 10_000, 100_000, 1_000_000]
        rows += growth(lab, sizes, 1 if quick else ROUNDS, 1_000 if quick else 3_200)
        say("scenarios, counted")
        scenarios = Scenarios(lab, quick=quick).run()
        rows += units_rows(scenarios)
        say("start-up")
        rows += start_up(lab, 1, FUNCTIONS[:3]) if quick else start_up(lab, ROUNDS)
        say("memory")
        rows += memory(lab, 5.0 if quick else None)[0]
    return rows, scenarios


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller rounds")
    parser.add_argument("--no-stack", action="store_true", help="leave the laptop stack out")
    options = parser.parse_args(arguments)
    say = Progress()
    say("installing the peers")
    missing = install()
    rows, scenarios = measure(options, say)
    if not options.no_stack:
        say("laptop stack")
        count, crowd = (8, 100) if options.quick else (40, 1_000)
        rows += end_to_end(count, crowd)
    found = {
        "machine": results.machine(),
        "quick": options.quick,
        "missing": missing,
        "rows": [row.as_json() for row in rows],
        "scenarios": scenarios,
        "cost": cost.as_json(scenarios),
    }
    results.save(found)
    print(results.tables(rows))
    print(cost.report(scenarios))
    scale.main([])
    if PYTHON.exists():
        subprocess.run(
            [str(PYTHON), "-m", "benchmarks.plots"], check=True, cwd=results.FILE.parents[1]
        )
    if not options.quick:
        report.write_page()
    for sentence in missing:
        print(sentence)
    say("done; see benchmarks/results.json and benchmarks/plots")


if __name__ == "__main__":
    main(sys.argv[1:])

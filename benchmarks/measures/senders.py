"""Bare senders: libcurl, `WnsClient` and the peers, in the same rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.measures.handlers import BULK, BULK_OLD
from benchmarks.processes import MeasuredProcess
from benchmarks.results import Row
from benchmarks.workload import CONCURRENCY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.lab import Lab
    from benchmarks.peers.install import Wrk

GROUP = "Bare senders beside it"
LIBCURL = "bare libcurl"
LIBCURL_STATUS = "bare libcurl, header fields unread"
CLIENT = "WnsClient alone"
# About as much work for each: what takes longer gets fewer.
_COUNTS = {
    LIBCURL: 32_000, LIBCURL_STATUS: 16_000, CLIENT: 32_000, "pyreqwest": 12_000,
    "aiohttp": 3000, "aiohttp + uvloop": 3000,
    "node wns": 1500, "node https": 1500,
}  # fmt: skip
_FEW = 300


class Senders:
    """A round of each bare sender, in turn."""

    def __init__(self, lab: Lab, peers: Mapping[str, MeasuredProcess | Wrk], scale: int) -> None:
        self._processes: dict[str, MeasuredProcess | Wrk] = {
            LIBCURL: lab.plain("libcurl"),
            LIBCURL_STATUS: lab.plain("libcurl_status"),
            CLIENT: lab.plain("wns_client"),
            **peers,
        }
        self._scale = scale
        self.rows: dict[str, Row] = {
            name: Row(GROUP, name, "notifications per CPU s") for name in self._processes
        }

    def round(self) -> None:
        for name, process in self._processes.items():
            count = max(_COUNTS.get(name, _FEW) * self._scale // 4, 100)
            if isinstance(process, MeasuredProcess):
                process.run(2 * CONCURRENCY)  # opens the connections that idled out meanwhile
            spent = process.run(count)
            self.rows[name].values.append((spent.result or count) / spent.cpu)

    @property
    def best_peer(self) -> str:
        """Name of the fastest peer that a Python or Node program could use."""
        others = self.rows.keys() - {LIBCURL, LIBCURL_STATUS, CLIENT, "wrk"}
        return max(others, key=lambda name: self.rows[name].median, default=LIBCURL)


def ratios(senders: Senders, handlers: Mapping[str, Row]) -> list[Row]:
    """Return the shares that are promised, round by round."""
    libcurl = senders.rows[LIBCURL].values
    rows = []

    def share(name: str, target: float, one: list[float], other: list[float]) -> None:
        values = [a / b for a, b in zip(one, other, strict=False)]
        rows.append(Row("Shares, round by round", name, "times", target=target, values=values))

    share("WnsClient of bare libcurl", 0.75, senders.rows[CLIENT].values, libcurl)
    bulk, old = handlers[BULK].values, handlers[BULK_OLD].values
    share("bulk sender of bare libcurl", 0.35, bulk, libcurl)
    share("old deliveries of young ones", 0.95, old, bulk)
    best = senders.best_peer
    if best != LIBCURL:
        share(f"bulk sender of the best peer ({best})", 1.2, bulk, senders.rows[best].values)
    return rows

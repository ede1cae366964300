"""Results: a row per measurement with its rounds, as tables and as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = Path(__file__).with_name("results.json")


@dataclass(slots=True)
class Row:
    """One measurement.

    Attributes:
        unit: what `values` are.
        target: what must be reached, None if nothing was promised.
        better: which way is better.
    """

    group: str
    name: str
    unit: str
    better: Literal["higher", "lower"] = "higher"
    target: float | None = None
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool | None:
        """Whether the target is reached by the median; None if there is none."""
        if self.target is None:
            return None
        return self.median >= self.target if self.better == "higher" else self.median <= self.target

    def as_json(self) -> dict[str, Any]:
        return {
            "group": self.group, "name": self.name, "unit": self.unit, "better": self.better,
            "target": self.target, "median": round(self.median, 4),
            "low": round(min(self.values), 4), "high": round(max(self.values), 4),
            "rounds": len(self.values), "met": self.is_met,
        }  # fmt: skip


def shown(value: float) -> str:
    """Return a number with three or four digits that matter."""
    if abs(value) >= 100:  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"


def tables(rows: Iterable[Row]) -> str:
    """Return a plain text table of each group."""
    by_group: dict[str, list[Row]] = {}
    for row in rows:
        if row.values:
            by_group.setdefault(row.group, []).append(row)
    lines: list[str] = []
    for group, some in by_group.items():
        lines += ["", group, "-" * len(group)]
        width = max(len(row.name) for row in some)
        for row in some:
            spread = f"({shown(min(row.values))} to {shown(max(row.values))})"
            word = {True: "reached", False: "MISSED", None: ""}[row.is_met]
            sign = {"higher": "at least", "lower": "at most"}[row.better]
            target = f"{sign} {shown(row.target)}: {word}" if row.target is not None else ""
            line = (
                f"  {row.name:{width}}  {shown(row.median):>9} {spread:22} {row.unit:34} {target}"
            )
            lines.append(line.rstrip())
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def save(results: dict[str, Any]) -> None:
    """Write `benchmarks/results.json`."""
    FILE.write_text(json.dumps(results, indent=1) + "\n")


def load() -> dict[str, Any]:
    """Read `benchmarks/results.json`."""
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found

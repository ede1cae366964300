"""The tables of docs/performance.md, from the results: `python -m benchmarks.report`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks import prices, results, scale
from benchmarks.results import shown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PAGE = results.FILE.parents[1] / "docs/performance.md"
BEGIN, END = "<!-- results: written by make bench -->", "<!-- end of results -->"


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(list(header))}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


def _measurements(rows: list[dict[str, Any]]) -> list[str]:
    lines: list[str] = []
    for group in dict.fromkeys(row["group"] for row in rows):
        lines += [f"### {group}", ""]
        some = [row for row in rows if row["group"] == group]
        lines += _table(["", "median (range)", "", "target"], map(_cells, some))
    return lines


def _cells(row: dict[str, Any]) -> list[str]:
    value = f"{shown(row['median'])}"
    if row["rounds"] > 1:
        value += f" ({shown(row['low'])} to {shown(row['high'])})"
    target = ""
    if row["target"] is not None:
        sign = "≥" if row["better"] == "higher" else "≤"
        target = f"{sign} {shown(row['target'])} {'✓' if row['met'] else '**missed**'}"
    return [row["name"], value, row["unit"], target]


def _costs(cost: dict[str, Any]) -> list[str]:
    kinds = list(dict.fromkeys(kind for parts in cost["million"].values() for kind in parts))
    rows = []
    for name, parts in cost["million"].items():
        total, target = sum(parts.values()), cost["targets"].get(name)
        reached = "" if target is None else "✓" if total <= target else "**missed**"
        goal = "" if target is None else f"≤ {target:.2f} {reached}"
        cells = [f"{parts[kind]:.2f}" if kind in parts else "" for kind in kinds]
        rows.append([name, f"**{total:.2f}**", *cells, goal])
    idle = cost["idle_month"]
    lines = ["### Dollars a million", ""]
    lines += _table(["", "all", *kinds, "target"], rows)
    shares = ", ".join(f"{name} {dollars:.2f}" for name, dollars in idle.items())
    total = sum(idle.values())
    text = f"Idle, a month of a stack with one app: **{total:.2f}** ({shares})."
    if free := cost.get("idle_month_in_free_tier"):
        text += f" Within the free tier: {sum(free.values()):.2f}."
    return [*lines, text, ""]


def _alternatives() -> list[str]:
    rows = [
        [
            each.name,
            "by user" if each.million is None else f"{each.million:,.2f}",
            f"{each.fixed:,.0f}",
            each.note,
            each.source,
        ]
        for each in prices.ALTERNATIVES
    ]
    header = ["", "dollars a million", "a month before", "", "source"]
    return [f"### Elsewhere, by price list ({prices.DATE})", "", *_table(header, rows)]


def _sizes() -> list[str]:
    found = json.loads(scale.FILE.read_text())
    figures = scale.Figures(**found["figures"])
    rows = []
    for each in found["runs"]:
        run = scale.Run(**each)
        rows.append(
            [
                f"{run.devices // 1_000_000} million",
                f"{run.limit:,}",
                f"{run.senders} of {run.allowed}",
                scale.duration(run.seconds),
                f"{run.dollars:.2f}",
                f"{run.write_units_a_second:,.0f}",
                "; ".join(scale.quotas(run, figures)) or "nothing",
            ]
        )
    header = ["devices", "WNS accepts /s", "senders", "time", "dollars", "write units /s", "raise"]
    return ["### Broadcasts by size (simulated)", "", *_table(header, rows)]


def markdown(found: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    machine = found["machine"]
    where = (
        f"Measured on {machine['date']}: {machine['cpu']}, {machine['cores']} cores,"
        f" {machine['system']}, Python {machine['python']}, load {machine['load']} at the end."
    )
    lines = [where, "", *found["missing"], *([""] if found["missing"] else [])]
    lines += _measurements(found["rows"])
    lines += _costs(found["cost"])
    lines += _alternatives()
    lines += _sizes()
    return "\n".join(lines).rstrip() + "\n"


def write_page(page: Path = PAGE) -> None:
    """Replace the tables of docs/performance.md by those of the results."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    text = f"{before}{BEGIN}\n\n{markdown(results.load())}\n{END}{after}"
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_page()

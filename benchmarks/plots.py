"""Plots of `results.json` and `scale.json`: `python -m benchmarks.plots`, in the peers' Python."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FOLDER = HERE / "plots"
_OURS, _OTHERS, _LIMIT = "#0f6cbd", "#a8b3bd", "#c8553d"


def _pyplot() -> Any:
    matplotlib: Any = importlib.import_module("matplotlib")
    matplotlib.use("svg")
    # Text stays text, and the same figures give the same bytes.
    matplotlib.rcParams.update(
        {
            "svg.fonttype": "none", "svg.hashsalt": "windows-push", "font.size": 10,
            "axes.spines.top": False, "axes.spines.right": False, "figure.autolayout": True,
        }
    )  # fmt: skip
    return importlib.import_module("matplotlib.pyplot")


def _save(figure: Any, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})


def _bars(plt: Any, rows: list[tuple[str, dict[str, Any], bool]], title: str, label: str) -> Any:
    figure, axes = plt.subplots(figsize=(8, 0.36 * len(rows) + 1.2))
    for at, (name, row, ours) in enumerate(reversed(rows)):
        low, high = row["median"] - row["low"], row["high"] - row["median"]
        axes.barh(at, row["median"], color=_OURS if ours else _OTHERS)
        axes.errorbar(row["median"], at, xerr=[[low], [high]], color="#333", capsize=2, lw=0.8)
        axes.text(row["high"] * 1.05, at, f"{row['median']:,.0f}", va="center")
        axes.set_yticks(range(len(rows)), [name for name, _, _ in reversed(rows)])
    axes.set_xscale("log")
    axes.set_xlim(right=2.2 * max(row["high"] for _, row, _ in rows))
    axes.set_xlabel(label)
    axes.set_title(title, loc="left", fontsize=11)
    return figure


def senders(plt: Any, found: dict[str, Any]) -> None:
    """The main picture: the whole sender and the bare senders beside it."""
    by_name = {row["name"]: row for row in found["rows"]}
    ours = {
        # The first row of the sender: deliveries as large as the dispatcher makes them.
        next(name for name in by_name if name.startswith("bulk, ")): "whole sender: broadcast",
        "direct, 10 deliveries of one channel": "whole sender: direct",
        "WnsClient alone": "WnsClient alone",
    }
    rows = [(label, by_name[name], True) for name, label in ours.items() if name in by_name]
    rows += [
        (row["name"], row, False)
        for row in found["rows"]
        if row["group"].startswith("Bare senders") and row["name"] not in ours
    ]
    rows.sort(key=lambda each: -float(each[1]["median"]))
    label = "notifications per second of CPU, user and system (log scale; median and range)"
    title = "Claim, send and record (blue), beside bare sending (grey)"
    _save(_bars(plt, rows, title, label), "senders")


def start_up(plt: Any, found: dict[str, Any]) -> None:
    """Start-up of each function beside its clients."""
    rows = [
        row for row in found["rows"] if row["group"].startswith("Start") and row["unit"] == "ms CPU"
    ]
    if not rows:
        return
    bars = [(row["name"], row, ":" not in row["name"]) for row in rows]
    figure = _bars(plt, bars, "CPU of a cold start, from built layers", "ms of CPU (median, range)")
    figure.axes[0].set_xscale("linear")
    figure.axes[0].set_xlim(0, 1.3 * max(row["high"] for row in rows))
    _save(figure, "start_up")


def costs(plt: Any, found: dict[str, Any]) -> None:
    """Dollars for a million, by kind, with the targets."""
    million: dict[str, dict[str, float]] = found["cost"]["million"]
    kinds = list(dict.fromkeys(kind for parts in million.values() for kind in parts))
    figure, axes = plt.subplots(figsize=(8, 3.4))
    names = list(million)
    left = [0.0] * len(names)
    for kind in kinds:
        widths = [million[name].get(kind, 0.0) for name in names]
        axes.barh(names, widths, left=left, label=kind)
        left = [a + b for a, b in zip(left, widths, strict=True)]
    for at, name in enumerate(names):
        axes.text(left[at] + 0.08, at, f"${left[at]:.2f}", va="center")
        target = found["cost"]["targets"].get(name)
        if target is not None:
            axes.plot([target, target], [at - 0.4, at + 0.4], color=_LIMIT, lw=2)
    axes.set_xlim(0, 1.15 * max(left))
    axes.invert_yaxis()
    axes.legend(fontsize=8, ncols=4, frameon=False, loc="upper center", bbox_to_anchor=(0.4, 1.25))
    axes.set_xlabel(f"US dollars a million (prices of {found['cost']['prices_of']}; red: target)")
    _save(figure, "costs")


def scale(plt: Any, found: dict[str, Any]) -> None:
    """Time of a broadcast by its size."""
    figure, axes = plt.subplots(figsize=(8, 3.6))
    for limit, colour in ((1_000, _OTHERS), (10_000, _OURS)):
        some = [run for run in found["runs"] if run["limit"] == limit]
        x = [run["devices"] / 1e6 for run in some]
        y = [run["seconds"] / 3600 for run in some]
        axes.plot(x, y, marker="o", color=colour, label=f"WNS accepts {limit:,} a second")
        for run, at, hours in zip(some, x, y, strict=True):
            note = f"{run['senders']} senders, ${run['dollars']:,.2f}"
            axes.annotate(
                note, (at, hours), xytext=(6, -10), textcoords="offset points", fontsize=8
            )
    axes.axhline(24, color=_LIMIT, lw=1, ls="--")
    axes.text(1, 26, "a day: a notification's default life", color=_LIMIT, fontsize=8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(right=400)
    axes.set_xlabel("million devices")
    axes.set_ylabel("hours")
    axes.legend(frameon=False, fontsize=8)
    _save(figure, "scale")


def growth(plt: Any, found: dict[str, Any]) -> None:
    """CPU per channel by the size of the population."""
    rows = [
        row
        for row in found["rows"]
        if row["unit"] == "us CPU a channel" and row["group"] == "Growth"
    ]
    if not rows:
        return
    figure, axes = plt.subplots(figsize=(8, 3))
    for kind, colour in (("page to queue", _OTHERS), ("queue to outcome", _OURS)):
        some = [row for row in rows if row["name"].startswith(kind)]
        sizes = [int(row["name"].split(", ", 1)[1].split()[0].replace(",", "")) for row in some]
        axes.plot(sizes, [row["median"] for row in some], marker="o", color=colour, label=kind)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("channels of the app")
    axes.set_ylabel("µs of CPU a channel")
    axes.legend(frameon=False)
    _save(figure, "growth")


def main() -> None:
    plt = _pyplot()
    found = json.loads((HERE / "results.json").read_text())
    for draw in (senders, start_up, costs, growth):
        draw(plt, found)
    simulated = HERE / "scale.json"
    if simulated.exists():
        scale(plt, json.loads(simulated.read_text()))


if __name__ == "__main__":
    main()

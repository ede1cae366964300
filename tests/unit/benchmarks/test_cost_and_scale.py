"""Dollars and times follow from the figures by plain arithmetic."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import scale
from benchmarks.cost import MB_OF_A_CORE, duration_s, memory_mb, of_a_million
from benchmarks.results import Row, tables
from benchmarks.scale import DAY_S, Figures, quotas, simulate

NOTHING: dict[str, Any] = {"units": {}, "requests": {}, "functions": {}}
FIGURES = Figures(sender_rate=500, page_s=0.2, writes=0.1, dollars=0.12)


@pytest.mark.parametrize(
    ("use", "dollars"),
    [
        ({"units": {"write": 3, "index write": 1}}, {"writes": 2.5}),
        ({"units": {"read": 2}}, {"reads": 0.25}),
        ({"requests": {"sqs": 2.5, "events": 1}}, {"SQS": 1.0, "EventBridge": 1.0}),
        ({"requests": {"http api": 1}}, {"API Gateway": 1.0}),
    ],
)
def test_a_million_costs_its_units_and_requests(
    use: dict[str, Any], dollars: dict[str, float]
) -> None:
    assert of_a_million(NOTHING | use) == pytest.approx(dollars)


def test_function_with_part_of_a_core_takes_longer_than_its_cpu() -> None:
    use = {"cpu_s": 0.010, "wait_s": 0.020}
    share = memory_mb("channels_api") / MB_OF_A_CORE
    assert share < 1
    assert duration_s("channels_api", use) == pytest.approx(0.020 + 0.010 / share)


def test_broadcast_takes_as_long_as_wns_accepts_it() -> None:
    run = simulate(FIGURES, 1_000_000, limit=1_000, allowed=10)
    assert run.seconds == pytest.approx(1_000_000 / 800, rel=0.02)
    assert (run.senders, run.bound) == (2, "WNS's limit")
    assert not quotas(run, FIGURES)


def test_broadcast_with_too_few_senders_takes_as_long_as_they_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scale, "maximum_concurrency", lambda _: 10)
    run = simulate(FIGURES, 1_000_000, limit=10_000, allowed=10)
    assert run.seconds == pytest.approx(1_000_000 / 5_000, rel=0.05)
    assert run.bound == "senders"
    assert "MaximumConcurrency of BulkDeliveryQueue to 16" in quotas(run, FIGURES)[0]


def test_broadcast_that_outlives_its_notification_is_named() -> None:
    run = simulate(FIGURES, 100_000_000, limit=1_000, allowed=10)
    assert run.seconds > DAY_S
    assert any("day" in each for each in quotas(run, FIGURES))


def test_table_names_what_misses_its_target() -> None:
    rows = [
        Row("Group", "fast", "a second", target=10, values=[12, 9, 11]),
        Row("Group", "slow", "s", "lower", 1.0, [2.0]),
    ]
    text = tables(rows)
    assert "11.00 (9.00 to 12.00)" in text
    assert "at least 10.00: reached" in text
    assert "at most 1.00: MISSED" in text

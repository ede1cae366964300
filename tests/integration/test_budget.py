"""The send budget of an app, its pauses, and what stops the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from push.delivery.send_budget import SendBudgets, Wait
from tests.integration.builders import game_fixture, put_app, request, requests_to_wns, texts

if TYPE_CHECKING:
    from tests.integration.backend import Backend

NOW = 1_000_000.25
game = game_fixture(devices={f"pc-{n}": f"player-{n}" for n in range(3)})


@pytest.fixture
def budgets(backend: Backend) -> SendBudgets:
    return SendBudgets(backend.own_table("RatesTable"))


def test_workers_together_get_no_more_than_the_rate_in_a_second(budgets: SendBudgets) -> None:
    taken = [budgets.take("my-game", "direct", 30, rate=100, now=NOW) for _ in range(5)]
    assert taken == [30, 30, 30, Wait(1_000_001), Wait(1_000_001)]
    assert budgets.take("my-game", "direct", 10, rate=100, now=NOW) == 10
    assert budgets.take("my-game", "direct", 30, rate=100, now=NOW + 1) == 30


def test_bulk_lane_leaves_a_fifth_to_the_players_own(budgets: SendBudgets) -> None:
    assert budgets.take("my-game", "bulk", 500, rate=100, now=NOW) == 80
    assert budgets.take("my-game", "bulk", 1, rate=100, now=NOW) == Wait(1_000_001)
    assert budgets.take("my-game", "direct", 20, rate=100, now=NOW) == 20
    assert budgets.take("my-game", "direct", 1, rate=100, now=NOW) == Wait(1_000_001)


def test_bulk_lane_may_use_what_the_direct_one_leaves(budgets: SendBudgets) -> None:
    assert budgets.take("my-game", "direct", 50, rate=100, now=NOW) == 50
    assert budgets.take("my-game", "bulk", 80, rate=100, now=NOW) == Wait(1_000_001)
    assert budgets.take("my-game", "bulk", 50, rate=100, now=NOW) == 50


def test_one_apps_budget_is_not_anothers(budgets: SendBudgets) -> None:
    assert budgets.take("my-game", "direct", 100, rate=100, now=NOW) == 100
    assert budgets.take("other-game", "direct", 100, rate=100, now=NOW) == 100


def test_worker_whose_clock_is_behind_takes_from_the_same_second(budgets: SendBudgets) -> None:
    assert budgets.take("my-game", "direct", 60, rate=100, now=NOW) == 60
    assert budgets.take("my-game", "direct", 60, rate=100, now=NOW - 2) == Wait(999_999)


@pytest.mark.parametrize("rate", [1, 2, 7])
def test_slow_app_is_sent_to_all_the_same(budgets: SendBudgets, rate: int) -> None:
    assert budgets.take("my-game", "bulk", 50, rate=rate, now=NOW) in range(1, rate + 1)


def test_paused_app_gets_nothing_before_the_pause_is_over(budgets: SendBudgets) -> None:
    budgets.pause("my-game", NOW + 900)
    budgets.pause("my-game", NOW + 60)
    for later in (0, 61, 899):
        taken = budgets.take("my-game", "direct", 1, rate=100, now=NOW + later)
        assert taken == Wait(1_000_901)
    assert budgets.take("my-game", "direct", 1, rate=100, now=NOW + 901) == 1


def toasts(game: Backend) -> list[int]:
    return [len(texts(game, f"pc-{number}")) for number in range(3)]


def test_throttled_app_pauses_until_wns_allows(game: Backend) -> None:
    game.wns.fail_next(1, code=406, retry_after=600)
    game.send_request(request("player-0"))
    game.work()
    for number in (1, 2):
        game.send_request(request(f"player-{number}"))
        game.work()
    game.advance(590)
    game.work()
    assert requests_to_wns(game) == 1
    game.advance(15)
    game.work()
    assert toasts(game) == [1, 1, 1]


STOPS = {
    "quota_exceeded": {
        "code": 429,
        "headers": {"X-WNS-Error-Description": "The monthly quota of the app is exceeded"},
    },
    "sender_blocked": {"code": 410, "reason": "Domain Blocked"},
}


@pytest.mark.parametrize("reason", STOPS)
def test_app_stops_where_wns_says_so_until_an_operator_starts_it_again(
    game: Backend, reason: str
) -> None:
    game.wns.fail_next(1, **STOPS[reason])
    game.send_request(request("player-0"))
    game.work()
    app = game.call_as_operator("GET", "/apps/my-game")[1]
    assert app["stopped"] == reason
    game.send_request(request("player-1"))
    game.work()
    game.advance(1000)
    game.work()
    assert requests_to_wns(game) == 1
    put_app(game)
    assert game.call_as_operator("GET", "/apps/my-game")[1]["stopped"] is None
    game.advance(1000)
    game.work()
    assert toasts(game) == [0, 1, 0]
    assert len(game.items("ChannelsTable")) >= 3


def test_lone_worker_takes_with_one_write_in_each_second(
    budgets: SendBudgets, backend: Backend
) -> None:
    budgets.take("my-game", "direct", 10, rate=100, now=NOW)
    with backend.limits.counting() as units:
        for later in (1, 1, 2, 2, 5):
            assert budgets.take("my-game", "direct", 10, rate=100, now=NOW + later) == 10
    assert units.writes == 5
    assert units.calls == {"dynamodb UpdateItem": 5}


def test_one_of_many_workers_takes_with_one_write_in_each_second(
    budgets: SendBudgets, backend: Backend
) -> None:
    others = SendBudgets(backend.own_table("RatesTable"))
    for later in range(3):
        others.take("my-game", "direct", 10, rate=100, now=NOW + later)
        budgets.take("my-game", "direct", 10, rate=100, now=NOW + later)
    others.take("my-game", "direct", 10, rate=100, now=NOW + 3)
    with backend.limits.counting() as units:
        assert budgets.take("my-game", "direct", 10, rate=100, now=NOW + 3) == 10
    assert units.writes == 1

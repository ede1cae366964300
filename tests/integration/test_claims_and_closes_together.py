"""Direct deliveries of a batch are claimed in one call and closed in one or two, each by itself."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.crowd import arrivals, counted
from tests.integration.builders import game_fixture, open_channel, outcomes, request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.aws_limits.limits import AwsLimits
    from tests.integration.backend import Backend

BATCH = 10
STATEMENTS = "BatchExecuteStatement"
AFTER_ANY_LEASE_S = 400
game = game_fixture(send_rate=10_000)


@pytest.fixture
def batch(game: Backend) -> list[dict[str, Any]]:
    """The messages of ten deliveries to one device each; what is cached is read."""
    for number in range(BATCH):
        open_channel(game, f"player-{number}", f"pc-{number}")
    game.send_request(request("player-0", request_id="before"))
    game.work()
    game.wns.clear_requests()
    for number in range(BATCH):
        game.send_request(request(f"player-{number}", request_id=f"request-{number}"))
    game.handle("RequestQueue")
    return game.messages("DeliveryQueue")


@pytest.fixture
def slow_wns(game: Backend) -> Iterator[None]:
    """WNS takes 50 ms, as it does: all ten are in flight before the first has its response."""
    game.wns.fail_next(BATCH, delay=0.05)
    yield
    game.wns.clear_faults()


def kept(game: Backend, batch: list[dict[str, Any]]) -> int:
    return len(game.handle("DeliveryQueue", batch)["batchItemFailures"])


def check_each_was_notified_once(game: Backend) -> None:
    expected = Counter({f"pc-{number}": 1 for number in range(BATCH)}) + Counter(["pc-0"])
    assert arrivals(game.wns) == expected
    assert Counter(outcomes(game).values()) == {"delivered": BATCH}  # one name for player-0's two
    assert counted(game.items("NotificationsTable")) == {"delivered": BATCH + 1}
    claims = [each for each in game.items("NotificationsTable") if each["sk"] == "claim"]
    assert all(each["finished"] for each in claims)


@pytest.mark.usefixtures("slow_wns")
def test_batch_of_ten_needs_seven_calls_at_most(
    game: Backend, limits: AwsLimits, batch: list[dict[str, Any]]
) -> None:
    game.advance(1 - game.clock.time() % 1)  # within one second, whose budget is taken once
    # While closes are written, others become ready.
    with limits.counting() as units, limits.slow_calls(0.15, operation=STATEMENTS):
        assert kept(game, batch) == 0
    assert units.calls["dynamodb BatchGetItem"] == 1
    # One for the claims, two for a budget that is new, and three for closes: those that are ready
    # first, perhaps one alone, by an update; those that became ready meanwhile; the last.
    assert 2 <= units.calls[f"dynamodb {STATEMENTS}"] <= 4
    assert sum(units.calls.values()) <= 7
    assert set(units.calls) <= {
        f"dynamodb {each}" for each in (STATEMENTS, "BatchGetItem", "UpdateItem", "GetItem")
    }
    check_each_was_notified_once(game)


@pytest.mark.parametrize("call", [1, 2])
def test_lost_response_of_claims_or_closes_repeats_and_loses_nothing(
    game: Backend, limits: AwsLimits, batch: list[dict[str, Any]], call: int
) -> None:
    passed = limits.slow_calls(0.0, operation=STATEMENTS, count=call - 1)
    with limits.lost_responses(operation=STATEMENTS, count=1) as lost:
        assert kept(game, batch) == 0
    assert (passed.struck, lost.struck) == (call - 1, 1)
    check_each_was_notified_once(game)


def test_batch_that_dynamodb_refuses_is_claimed_and_closed_one_by_one(
    game: Backend, limits: AwsLimits, batch: list[dict[str, Any]]
) -> None:
    with limits.refused_calls("ValidationException", operation=STATEMENTS) as refused:
        assert kept(game, batch) == 0
    assert refused.struck >= 2
    check_each_was_notified_once(game)


def test_closes_on_throttled_partitions_are_made_one_by_one(
    game: Backend, limits: AwsLimits, batch: list[dict[str, Any]]
) -> None:
    game.advance(1)  # the budget is a new second's: one write
    with limits.partition_throughput(write=1, now=lambda: float(bool(throughput.throttled))) as (
        throughput
    ):
        # A partition has the claim and the close: the first closes find it throttled.
        assert kept(game, batch) == 0
    assert throughput.throttled
    check_each_was_notified_once(game)


def test_copy_in_the_same_batch_is_not_sent(game: Backend, batch: list[dict[str, Any]]) -> None:
    copies = [each | {"MessageId": f"copy-{each['MessageId']}"} for each in batch]
    assert kept(game, [*batch, *copies]) == 0
    check_each_was_notified_once(game)


def test_delivery_that_another_worker_has_is_left_to_it(
    game: Backend, batch: list[dict[str, Any]]
) -> None:
    assert kept(game, batch[:5]) == 0
    assert kept(game, batch) == 0
    check_each_was_notified_once(game)

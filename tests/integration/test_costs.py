"""What one notification or registration costs in calls of AWS, bytes and write units, at most.

Counted, not timed: a change that makes the service dearer fails here. The bounds are what is true;
whoever makes something cheaper lowers them. `make bench` counts the same with real batches of
Lambda and turns it into dollars (docs/performance.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from push.dispatch.page_chunks import NOTIFICATIONS_PER_CHUNK
from tests.faults.crowd import make_crowd
from tests.integration.builders import (
    CHALLENGE,
    game_fixture,
    open_channel,
    outcomes,
    post_request,
    put_app,
    set_shards,
    templated,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws_limits.capacity import Units
    from tests.aws_limits.limits import AwsLimits
    from tests.integration.backend import Backend

BATCH = 10  # what Lambda takes from a queue at once (template.yaml, BatchSize)
CROWD = 2 * NOTIFICATIONS_PER_CHUNK  # with 2 shards, a whole delivery in each
# What Lambda's pollers and the game server do, not the handlers.
TRIES = 4
NOT_OURS = {"sqs ReceiveMessage", "sqs DeleteMessage", "events PutEvents"}


@dataclass(frozen=True)
class Bound:
    """The most that one may cost: calls of AWS, bytes of their bodies, write units of tables and
    indexes, read units."""

    calls: float
    bytes_sent: float
    write_units: float
    read_units: float


BOUNDS = {
    # Record, claim and close, and a tenth each of the send budget and the app's list.
    "direct notification, by event": Bound(3.2, 3_900, 3.2, 3.2),
    "direct notification, by API": Bound(6.2, 5_700, 4.2, 6.2),
    "direct notification, by event, in no list": Bound(3.1, 3_900, 3.1, 3.2),
    "direct notification, by API, in no list": Bound(6.1, 5_700, 4.1, 6.2),
    # Half a second of a slow machine costs one more record of each delivery.
    "bulk notification": Bound(0.15, 400, 0.16, 0.15),
    # One write unit of each is the index that broadcasts to everyone read.
    "registration, new": Bound(3.0, 2_150, 3.0, 1.0),
    "registration, new, with two topics": Bound(4.0, 2_600, 5.0, 1.0),
    "registration, renewed": Bound(2.1, 1_900, 2.0, 1.1),
}

game = game_fixture(templates={"Challenge": CHALLENGE}, send_rate=10_000)


def challenge(player: str) -> dict[str, object]:
    return templated(player, template="Challenge", parameters={"challenger": "Alex"})


def register(game: Backend, count: int, **fields: Any) -> None:
    for number in range(count):
        open_channel(game, f"player-{number}", f"pc-{number}", **fields)


def our_calls(units: Units) -> int:
    return sum(made for call, made in units.calls.items() if call not in NOT_OURS)


def check(name: str, units: Units, count: int) -> None:
    """Compare what was counted for `count` of something with its bound."""
    sent = sum(size for call, size in units.bytes_sent.items() if call not in NOT_OURS)
    written = units.writes + units.index_writes
    found = Bound(our_calls(units) / count, sent / count, written / count, units.reads / count)
    bound = BOUNDS[name]
    assert found.calls <= bound.calls, (found, dict(units.calls))
    assert found.bytes_sent <= bound.bytes_sent, (found, dict(units.bytes_sent))
    assert found.write_units <= bound.write_units, (found, dict(units.by_write))
    assert found.read_units <= bound.read_units, (found, dict(units.by_read))


def ask_by_event(game: Backend, player: str) -> None:
    game.publish("Challenge", challenge(player))


def ask_by_api(game: Backend, player: str) -> None:
    status, _ = post_request(game, challenge(player))
    assert status == 202


@pytest.mark.parametrize(
    ("way", "ask", "listed"),
    [
        ("by event", ask_by_event, "all"),
        ("by API", ask_by_api, "all"),
        ("by event, in no list", ask_by_event, "broadcasts"),
        ("by API, in no list", ask_by_api, "broadcasts"),
    ],
)
def test_direct_notification_costs_no_more_than_its_bound(
    game: Backend, limits: AwsLimits, way: str, ask: Callable[[Backend, str], None], listed: str
) -> None:
    put_app(game, listed=listed, send_rate=10_000)
    register(game, BATCH)
    ask(game, "player-0")  # what is cached is read here
    game.work()
    name = f"direct notification, {way}"
    # Closes gather in one call if all responses of WNS arrive together, which on a busy machine
    # they do not always do.
    for _ in range(TRIES):
        with limits.counting() as units:
            for number in range(BATCH):
                ask(game, f"player-{number}")
            game.work()
        assert len(outcomes(game)) == BATCH
        if our_calls(units) <= BOUNDS[name].calls * BATCH:
            break
    check(name, units, BATCH)


@pytest.fixture
def two_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    set_shards(monkeypatch, shards=2, topic_shards=2)


@pytest.mark.usefixtures("two_shards")
def test_bulk_notification_costs_no_more_than_its_bound(game: Backend, limits: AwsLimits) -> None:
    make_crowd(game.wns, game.table("ChannelsTable"), CROWD, devices_per_player=1)
    with limits.counting() as units:
        game.publish("Challenge", challenge("nobody") | {"audience": {"everyone": True}})
        game.work()
    assert len(outcomes(game)) == CROWD
    check("bulk notification", units, CROWD)


@pytest.mark.parametrize(
    ("name", "topics"),
    [
        ("registration, new", []),
        ("registration, new, with two topics", ["clan-42", "patch-notes"]),
    ],
)
def test_new_registration_costs_no_more_than_its_bound(
    game: Backend, limits: AwsLimits, name: str, topics: list[str]
) -> None:
    open_channel(game, "player-of-before", "pc-of-before")
    with limits.counting() as units:
        register(game, BATCH, topics=topics)
    check(name, units, BATCH)


def test_renewal_with_the_same_uri_costs_no_more_than_its_bound(
    game: Backend, limits: AwsLimits
) -> None:
    topics = ["clan-42", "patch-notes"]
    uris = [
        open_channel(game, f"player-{number}", f"pc-{number}", topics=topics)
        for number in range(BATCH)
    ]
    game.advance(3600)
    with limits.counting() as units:
        for number, uri in enumerate(uris):
            body = {"channel_uri": uri, "topics": topics}
            path = f"/apps/my-game/channels/pc-{number}"
            status, _ = game.call_as_player(f"player-{number}", "PUT", path, body)
            assert status == 200
    check("registration, renewed", units, BATCH)

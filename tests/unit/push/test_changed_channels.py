"""Which channels of a delivery that has waited are read again: none that has changed is missed, and
while nobody leaves, one small query tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.aws_stub.dynamodb import DynamoDb
from benchmarks.aws_stub.tables import Table as StubTable
from benchmarks.aws_stub.units import Usage
from push.aws.table import DynamoDB
from push.channels.current_uris import perhaps_changed
from push.channels.keys import SHARDS, device_key, shard_of
from push.channels.models import CHANNEL_LIFE_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

APP = "my-game"
SHARD = 0
DISPATCHED_AT = 1_800_000_000
NOW = DISPATCHED_AT + 600
OLD, FRESH, EXPIRED, EXPIRES = -86_400, -5, -CHANNEL_LIFE_S - 1, 60 - CHANNEL_LIFE_S
"""When a channel was stored, in seconds after the dispatch."""
LATER = 300
DEVICES = [
    (player, "pc")
    for player in (f"player-{number:04}" for number in range(2000))
    if shard_of(player, SHARDS) == SHARD
][:12]


class Life(NamedTuple):
    """A device: when it was stored before the dispatch, whether it is sent to, and what has become
    of it."""

    stored: int | None
    is_sent_to: bool
    then: str


LIVES = st.builds(
    Life,
    st.sampled_from((None, OLD, OLD, OLD, FRESH, EXPIRED, EXPIRES)),
    st.booleans(),
    st.sampled_from(("stays", "stays", "stays", "is removed", "is renewed", "moves")),
)


class Wire:
    """DynamoDB as the benchmarks have it, in this process; counts the queries."""

    def __init__(self) -> None:
        self.queries = 0
        self._dynamodb = DynamoDb(Usage())
        self._dynamodb.tables["Channels"] = StubTable(
            {
                "TableName": "Channels",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "ByShard",
                        "KeySchema": [
                            {"AttributeName": "shard", "KeyType": "HASH"},
                            {"AttributeName": "device_key", "KeyType": "RANGE"},
                        ],
                        "Projection": {
                            "ProjectionType": "INCLUDE",
                            "NonKeyAttributes": ["expires_at"],
                        },
                    }
                ],
            }
        )

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        self.queries += operation == "Query"
        answer: dict[str, Any] = self._dynamodb.call(operation, dict(parameters))
        return answer


def item(device: tuple[str, str], stored_at: int) -> dict[str, Any]:
    return {
        "pk": f"{APP}#{device[0]}",
        "sk": device[1],
        "shard": f"{APP}#{SHARD}",
        "device_key": device_key(*device),
        "expires_at": stored_at + CHANNEL_LIFE_S,
    }


def found(lives: Sequence[Life], *, tells_range: bool) -> tuple[set[str], set[str], int]:
    """Let devices live; return those that have changed, those that are to be read again, and how
    many queries that took."""
    wire = Wire()
    table = DynamoDB(wire).table("Channels")
    places = dict(zip(DEVICES, lives, strict=False))
    for device, life in places.items():
        if life.stored is not None:
            table.put_item(Item=item(device, DISPATCHED_AT + life.stored))
    alive = [each for each in places if places[each].stored not in {None, EXPIRED}]
    sent_to = [each for each in alive if places[each].is_sent_to]
    if not sent_to:
        return set(), set(), 0
    in_range = sum(sent_to[0] <= each <= sent_to[-1] for each in alive)
    for device, life in places.items():
        if life.then == "is removed":
            table.delete_item(Key={"pk": f"{APP}#{device[0]}", "sk": device[1]})
        elif life.then != "stays":  # also one that was not there
            table.put_item(Item=item(device, DISPATCHED_AT + LATER))
    changed = {
        device
        for device in sent_to
        if places[device].then in {"is removed", "moves"}
        or places[device] == (EXPIRES, True, "stays")
    }
    if tells_range:
        again = perhaps_changed(table, APP, sent_to, DISPATCHED_AT, NOW, in_range=in_range)
    else:  # what is left of a delivery is in no order
        again = perhaps_changed(table, APP, sent_to[::-1], DISPATCHED_AT, NOW)
    assert len(set(again)) == len(again)
    return {each[0] for each in changed}, {each[0] for each in again}, wire.queries


@given(st.lists(LIVES, min_size=1, max_size=len(DEVICES)), st.booleans())
def test_no_channel_that_has_changed_is_missed(lives: list[Life], tells_range: bool) -> None:
    changed, again, queries = found(lives, tells_range=tells_range)
    assert changed <= again
    assert queries <= 1 + tells_range


@given(st.lists(LIVES, min_size=1, max_size=len(DEVICES)))
def test_a_count_finds_the_same_as_a_comparison_of_all(lives: list[Life]) -> None:
    assert found(lives, tells_range=True)[1] == found(lives, tells_range=False)[1]


@given(st.lists(LIVES.filter(lambda life: life.then != "is removed"), min_size=1, max_size=12))
def test_while_nobody_leaves_one_query_tells(lives: list[Life]) -> None:
    everyone = [life._replace(is_sent_to=True) for life in lives]
    assert found(everyone, tells_range=True)[2] <= 1

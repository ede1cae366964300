"""Capacity units are those that AWS would bill.

Sources: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats", "DynamoDB read and
write operations", "Using Global Secondary Indexes in DynamoDB", "Amazon DynamoDB Transactions: How
it works".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.aws_limits.sizes import KB, item_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws_limits.limits import AwsLimits

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
OTHER = {"pk": {"S": "p"}, "sk": {"S": "other"}}


def text(size: int) -> dict[str, Any]:
    return {"text": {"S": "x" * size}}


def put(dynamodb: Any, item: dict[str, Any], **more: Any) -> None:
    dynamodb.put_item(TableName="Things", Item=item, **more)


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "é"}}, 4),
        ({"n": {"N": "123"}}, 4),
        ({"n": {"N": "-12"}}, 4),
        ({"n": {"N": "1000"}}, 3),
        ({"b": {"BOOL": True}, "z": {"NULL": True}}, 4),
        ({"b": {"B": "AAAA"}}, 4),
        ({"s": {"SS": ["a", "bc"]}}, 4),
        ({"l": {"L": []}}, 4),
        ({"m": {"M": {"k": {"S": "v"}}}}, 1 + 3 + 1 + 1 + 1),
    ],
)
def test_item_size_is_that_of_names_and_values(item: dict[str, Any], size: int) -> None:
    assert item_size(item) == size


def test_write_costs_a_unit_for_each_kb_of_the_larger_item(
    dynamodb: Any, limits: AwsLimits
) -> None:
    def units_of(call: Callable[[], Any]) -> int:
        with limits.counting() as units:
            call()
        return units.writes

    assert units_of(lambda: put(dynamodb, KEY)) == 1
    assert units_of(lambda: put(dynamodb, KEY | text(3 * KB))) == 4
    assert units_of(lambda: put(dynamodb, KEY)) == 4  # replaced: the larger of both
    put(dynamodb, KEY | text(3 * KB))
    update = {
        "UpdateExpression": "SET n = :n",
        "ExpressionAttributeValues": {":n": {"N": "1"}},
    }
    assert units_of(lambda: dynamodb.update_item(TableName="Things", Key=KEY, **update)) == 4
    assert units_of(lambda: dynamodb.delete_item(TableName="Things", Key=KEY)) == 4
    assert units_of(lambda: dynamodb.delete_item(TableName="Things", Key=KEY)) == 1


def test_failed_condition_costs_the_item_that_is_there(dynamodb: Any, limits: AwsLimits) -> None:
    put(dynamodb, KEY | text(2 * KB))
    with limits.counting() as units, pytest.raises(ClientError):
        put(dynamodb, KEY, ConditionExpression="attribute_not_exists(pk)")
    assert units.writes == 3


def test_transaction_costs_twice_its_condition_checks_too(dynamodb: Any, limits: AwsLimits) -> None:
    put(dynamodb, OTHER | text(KB))
    check = {
        "TableName": "Things",
        "Key": OTHER,
        "ConditionExpression": "attribute_exists(pk)",
    }
    actions = [{"Put": {"TableName": "Things", "Item": KEY}}, {"ConditionCheck": check}]
    with limits.counting() as units:
        dynamodb.transact_write_items(TransactItems=actions)
    assert units.writes == 2 * 1 + 2 * 2


def test_writes_of_an_index_are_counted_apart(dynamodb: Any, limits: AwsLimits) -> None:
    """Put: 1. Nothing projected changes: 0. A projected attribute: 1. Another key: 2. Gone: 1."""
    found = []
    for more in (
        {"owner": {"S": "o"}},
        {"owner": {"S": "o"}} | text(5 * KB),
        {"owner": {"S": "o"}, "colour": {"S": "red"}} | text(5 * KB),
        {"owner": {"S": "o2"}, "colour": {"S": "red"}},
        {},
    ):
        with limits.counting() as units:
            put(dynamodb, KEY | more)
        found.append((units.writes, units.index_writes))
    assert found == [(1, 1), (6, 0), (6, 1), (6, 2), (1, 1)]


def test_read_costs_a_unit_for_each_4_kb_half_if_eventually_consistent(
    dynamodb: Any, limits: AwsLimits
) -> None:
    put(dynamodb, KEY | text(5 * KB))
    put(dynamodb, OTHER | text(100))
    with limits.counting() as units:
        dynamodb.get_item(TableName="Things", Key=KEY)
        assert units.reads == 1
        dynamodb.get_item(TableName="Things", Key=KEY, ConsistentRead=True)
        assert units.reads == 3
        missing = {"pk": {"S": "none"}, "sk": {"S": "s"}}
        dynamodb.get_item(TableName="Things", Key=missing)
        assert units.reads == 3.5
        dynamodb.get_item(TableName="Things", Key=KEY, ProjectionExpression="pk")
        assert units.reads == 4.5  # the whole item is read
        dynamodb.batch_get_item(RequestItems={"Things": {"Keys": [KEY, OTHER]}})
        assert units.reads == 6  # each rounded on its own
        dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": "Things", "Key": OTHER}}])
        assert units.reads == 8


def test_query_costs_what_it_reads_before_its_filter(dynamodb: Any, limits: AwsLimits) -> None:
    for n in range(10):
        put(dynamodb, {"pk": {"S": "p"}, "sk": {"S": str(n)}} | text(KB))
    with limits.counting() as units:
        dynamodb.query(
            TableName="Things",
            KeyConditionExpression="pk = :pk",
            FilterExpression="#t = :none",
            ProjectionExpression="sk",
            ExpressionAttributeNames={"#t": "text"},
            ExpressionAttributeValues={":pk": {"S": "p"}, ":none": {"S": "none"}},
        )
    assert units.reads == 1.5  # 10 KB together, rounded up to 12, by half


def test_statements_cost_what_they_write(dynamodb: Any, limits: AwsLimits) -> None:
    put(dynamodb, KEY | text(2 * KB))
    update = {
        "Statement": 'UPDATE "Things" SET n=? WHERE pk=? AND sk=?',
        "Parameters": [{"N": "1"}, {"S": "p"}, {"S": "s"}],
    }
    with limits.counting() as units:
        dynamodb.batch_execute_statement(Statements=[update])
    assert units.writes == 3


def test_calls_and_bytes_are_counted_and_told_in_a_line(dynamodb: Any, limits: AwsLimits) -> None:
    with limits.counting() as units:
        put(dynamodb, KEY)
        dynamodb.get_item(TableName="Things", Key=KEY)
    put(dynamodb, KEY)
    assert units.calls == {"dynamodb PutItem": 1, "dynamodb GetItem": 1}
    assert units.bytes_sent["dynamodb PutItem"] > 30
    assert units.bytes_received["dynamodb GetItem"] > 30
    assert units.of_table("Things") == (1, 0, 0.5)
    assert units.line().startswith(
        "1 write units, 0 of indexes, 0.5 read units (Things 1 + 0 w 0.5 r); 2 calls, "
    )

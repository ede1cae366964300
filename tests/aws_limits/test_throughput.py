"""A partition takes 1,000 write units and 3,000 read units a second.

Source: Amazon DynamoDB Developer Guide, "Best practices for designing and using partition keys
effectively".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.aws_limits.limits import AwsLimits

SECOND = 1000.0
FULL = "ProvisionedThroughputExceededException"


def item(pk: str, sk: str, size: int = 1, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}, "text": {"S": "x" * size}} | more


def put(dynamodb: Any, *given: Any, **more: Any) -> str:
    """Put an item; return the error's code, empty if there is none."""
    try:
        dynamodb.put_item(TableName="Things", Item=item(*given, **more))
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_partition_takes_its_units_a_second_by_size(dynamodb: Any, limits: AwsLimits) -> None:
    now = [SECOND]
    limits.partition_throughput(now=lambda: now[0])
    for n in range(10):
        assert put(dynamodb, "p", str(n), 100 * 1000) == ""  # 98 units
    assert put(dynamodb, "p", "10", 100 * 1000) == ""  # 980 are used
    assert put(dynamodb, "p", "11") == FULL
    assert put(dynamodb, "another", "11") == ""
    now[0] += 1
    assert put(dynamodb, "p", "11") == ""


def test_transaction_costs_twice_and_is_cancelled(dynamodb: Any, limits: AwsLimits) -> None:
    limits.partition_throughput(write=4, now=lambda: SECOND)
    puts = [
        {"Put": {"TableName": "Things", "Item": item("p", "1")}},
        {"Put": {"TableName": "Things", "Item": item("p", "2")}},
    ]
    dynamodb.transact_write_items(TransactItems=puts)
    other = {"Put": {"TableName": "Things", "Item": item("q", "1")}}
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as cancelled:
        dynamodb.transact_write_items(TransactItems=[other, puts[0]])
    codes = [reason["Code"] for reason in cancelled.value.response["CancellationReasons"]]
    assert codes == ["None", "ProvisionedThroughputExceeded"]


def test_full_partition_of_an_index_throttles_its_table(dynamodb: Any, limits: AwsLimits) -> None:
    limits.partition_throughput(write=3, now=lambda: SECOND)
    owner = {"owner": {"S": "o"}}
    for n in range(3):
        assert put(dynamodb, f"p{n}", "s", **owner) == ""
    assert put(dynamodb, "p3", "s", **owner) == FULL
    assert put(dynamodb, "p3", "s") == ""


def test_eventually_consistent_reads_cost_half(dynamodb: Any, limits: AwsLimits) -> None:
    limits.partition_throughput(read=2, now=lambda: SECOND)
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    for _ in range(4):
        dynamodb.get_item(TableName="Things", Key=key)
    with pytest.raises(ClientError, match=FULL):
        dynamodb.get_item(TableName="Things", Key=key)
    with pytest.raises(ClientError, match=FULL):
        dynamodb.query(
            TableName="Things",
            KeyConditionExpression="#k = :k",
            ExpressionAttributeNames={"#k": "pk"},
            ExpressionAttributeValues={":k": {"S": "p"}},
        )


def test_batch_leaves_the_keys_of_a_full_partition(dynamodb: Any, limits: AwsLimits) -> None:
    put(dynamodb, "p", "1")
    put(dynamodb, "q", "1")
    limits.partition_throughput(read=1, now=lambda: SECOND)
    full, free = ({"pk": {"S": pk}, "sk": {"S": "1"}} for pk in "pq")
    dynamodb.get_item(TableName="Things", Key=full, ConsistentRead=True)
    answer = dynamodb.batch_get_item(RequestItems={"Things": {"Keys": [full, free]}})
    assert [found["pk"] for found in answer["Responses"]["Things"]] == [{"S": "q"}]
    assert answer["UnprocessedKeys"] == {"Things": {"Keys": [full]}}


def test_keys_may_be_left_by_chance(dynamodb: Any, limits: AwsLimits) -> None:
    put(dynamodb, "p", "1")
    put(dynamodb, "q", "1")
    unprocessed = limits.unprocessed_keys(chance=1)
    keys = [{"pk": {"S": pk}, "sk": {"S": "1"}} for pk in "pq"]
    answer = dynamodb.batch_get_item(RequestItems={"Things": {"Keys": keys}})
    assert len(answer["Responses"]["Things"]) == 1
    assert len(answer["UnprocessedKeys"]["Things"]["Keys"]) == 1
    assert unprocessed.left == 2

"""Eventually consistent reads return the state before the last write, consistent ones do not.

Source: Amazon DynamoDB Developer Guide, "DynamoDB read consistency".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

if TYPE_CHECKING:
    from tests.aws_limits.limits import AwsLimits

KEY = {"pk": "p", "sk": "s"}


def put(things: Any, colour: str, sk: str = "s") -> None:
    things.put_item(Item={"pk": "p", "sk": sk, "colour": colour, "owner": "o"})


def got(things: Any, *, consistent: bool = False) -> str | None:
    item = things.get_item(Key=KEY, ConsistentRead=consistent).get("Item")
    return item and str(item["colour"])


def test_get_returns_the_state_before_the_last_write(things: Any, limits: AwsLimits) -> None:
    put(things, "red")
    with limits.stale_reads() as stale:
        assert got(things) == "red"
        put(things, "green")
        assert (got(things), got(things, consistent=True)) == ("red", "green")
        put(things, "blue")
        assert (got(things), got(things, consistent=True)) == ("green", "blue")
        things.delete_item(Key=KEY)
        assert (got(things), got(things, consistent=True)) == ("blue", None)
        assert stale.stale == 4
    assert got(things) is None


def test_item_that_was_just_made_is_not_found(things: Any, limits: AwsLimits) -> None:
    limits.stale_reads()
    put(things, "red")
    assert got(things) is None


def test_query_and_batch_get_are_stale_and_filtered_as_usual(
    things: Any, limits: AwsLimits
) -> None:
    put(things, "red", "1")
    put(things, "red", "2")
    limits.stale_reads("Things")
    put(things, "green", "1")
    put(things, "red", "3")
    things.delete_item(Key={"pk": "p", "sk": "2"})
    red = things.query(
        KeyConditionExpression=Key("pk").eq("p"), FilterExpression=Attr("colour").eq("red")
    )
    assert [item["sk"] for item in red["Items"]] == ["1", "2"]
    answer = things.meta.client.batch_get_item(
        RequestItems={"Things": {"Keys": [{"pk": "p", "sk": sk} for sk in "123"]}}
    )
    assert {item["sk"]: item["colour"] for item in answer["Responses"]["Things"]} == {
        "1": "red",
        "2": "red",
    }


def test_part_of_the_reads_is_stale_the_same_for_a_seed(things: Any, limits: AwsLimits) -> None:
    def colours() -> list[str | None]:
        put(things, "red")
        with limits.stale_reads(chance=0.5, seed=3):
            put(things, "green")
            return [got(things) for _ in range(20)]

    first = colours()
    assert set(first) == {"red", "green"}
    assert colours() == first


def test_write_is_seen_after_the_lag(things: Any, limits: AwsLimits) -> None:
    now = [1000.0]
    limits.stale_reads(lag_s=2, now=lambda: now[0])
    put(things, "red")
    now[0] += 1
    put(things, "green")
    assert got(things) is None
    now[0] += 1
    assert got(things) == "red"
    now[0] += 1
    assert got(things) == "green"


def test_index_lags_and_the_table_does_not(things: Any, limits: AwsLimits) -> None:
    limits.lagging_indexes()
    put(things, "red")
    by_owner = things.query(IndexName="ByOwner", KeyConditionExpression=Key("owner").eq("o"))
    assert by_owner["Items"] == []
    assert got(things) == "red"


def test_transaction_is_stale_too(things: Any, limits: AwsLimits) -> None:
    put(things, "red")
    limits.stale_reads()
    things.meta.client.transact_write_items(
        TransactItems=[
            {
                "Update": {
                    "TableName": "Things",
                    "Key": KEY,
                    "UpdateExpression": "SET colour = :c",
                    "ExpressionAttributeValues": {":c": "green"},
                }
            }
        ]
    )
    assert (got(things), got(things, consistent=True)) == ("red", "green")

"""The benchmarks' stub of DynamoDB does and bills what DynamoDB does, for what the handlers call.

Sources: Amazon DynamoDB Developer Guide, "Expressions", "PartiQL" and "DynamoDB read and write
operations".
"""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.aws_stub.dynamodb import AwsError, DynamoDb
from benchmarks.aws_stub.population import PROTOTYPE_PLAYER, Population, player_id
from benchmarks.aws_stub.tables import Table
from benchmarks.aws_stub.units import Usage
from tests.aws_limits.sizes import item_size

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
THINGS = {
    "TableName": "Things",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "ByOwner",
            "KeySchema": [
                {"AttributeName": "owner", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["colour"]},
        }
    ],
}


@pytest.fixture
def dynamodb() -> DynamoDb:
    stub = DynamoDb(Usage())
    stub.tables["Things"] = Table(THINGS)
    return stub


def update(dynamodb: DynamoDb, expression: str, **more: Any) -> Any:
    given = {"TableName": "Things", "Key": KEY, "UpdateExpression": expression}
    return dynamodb.call("UpdateItem", given | {"ReturnValues": "ALL_NEW"} | more)["Attributes"]


def put(dynamodb: DynamoDb, item: dict[str, Any], **more: Any) -> None:
    dynamodb.call("PutItem", {"TableName": "Things", "Item": item} | more)


def test_update_sets_adds_and_removes(dynamodb: DynamoDb) -> None:
    put(dynamodb, KEY | {"old": {"S": "x"}, "n": {"N": "5"}})
    made = update(
        dynamodb,
        "SET #a = if_not_exists(#a, :a), m = n + :one REMOVE old ADD n :one, tags :tags",
        ExpressionAttributeNames={"#a": "a"},
        ExpressionAttributeValues={
            ":a": {"S": "y"},
            ":one": {"N": "1"},
            ":tags": {"SS": ["red"]},
        },
    )
    expected = {"a": {"S": "y"}, "m": {"N": "6"}, "n": {"N": "6"}, "tags": {"SS": ["red"]}}
    assert made == KEY | expected


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("attribute_not_exists(pk)", False),
        ("attribute_not_exists(none) AND n <= :five", True),
        ("attribute_not_exists(pk) OR (n < :five AND text = :text)", False),
        ("NOT n < :five AND begins_with(text, :text)", True),
        ("n BETWEEN :five AND :five", True),
        ("text IN (:five, :text)", True),
        ("text > :five", False),
        ("none = :five", False),
        ("size(text) = :five", True),
    ],
)
def test_condition_decides_about_a_write(dynamodb: DynamoDb, condition: str, holds: bool) -> None:
    put(dynamodb, KEY | {"n": {"N": "5"}, "text": {"S": "abcde"}})
    given = {
        "ConditionExpression": condition,
        "ExpressionAttributeValues": {":five": {"N": "5"}, ":text": {"S": "abcde"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if holds:
        put(dynamodb, KEY, **given)
        return
    with pytest.raises(AwsError, match="ConditionalCheckFailed") as refused:
        put(dynamodb, KEY, **given)
    assert refused.value.details["Item"]["n"] == {"N": "5"}


def test_query_of_an_index_returns_pages_in_order(dynamodb: DynamoDb) -> None:
    for number in range(5):
        put(
            dynamodb,
            {"pk": {"S": f"p{number}"}, "sk": {"S": f"s{number}"}, "owner": {"S": "o"}},
        )
    query = {
        "TableName": "Things",
        "IndexName": "ByOwner",
        "KeyConditionExpression": "#o = :o AND sk >= :s",
        "ExpressionAttributeNames": {"#o": "owner"},
        "ExpressionAttributeValues": {":o": {"S": "o"}, ":s": {"S": "s1"}},
        "Limit": 2,
    }
    first = dynamodb.call("Query", query)
    second = dynamodb.call("Query", query | {"ExclusiveStartKey": first["LastEvaluatedKey"]})
    found = [item["sk"]["S"] for page in (first, second) for item in page["Items"]]
    assert found == ["s1", "s2", "s3", "s4"]
    assert "LastEvaluatedKey" not in second


def test_writes_are_billed_by_the_kb_twice_in_a_transaction_and_apart_for_indexes(
    dynamodb: DynamoDb,
) -> None:
    usage = dynamodb.usage
    put(dynamodb, KEY | {"owner": {"S": "o"}, "text": {"S": "x" * 1500}})
    assert (usage.writes["Things"], usage.index_writes["Things"]) == (2, 1)
    action = {
        "Update": {
            "TableName": "Things",
            "Key": KEY,
            "UpdateExpression": "SET n = :n",
            "ExpressionAttributeValues": {":n": {"N": "1"}},
        }
    }
    dynamodb.call("TransactWriteItems", {"TransactItems": [action]})
    assert (usage.writes["Things"], usage.index_writes["Things"]) == (6, 1)
    dynamodb.call("GetItem", {"TableName": "Things", "Key": KEY, "ConsistentRead": True})
    dynamodb.call("GetItem", {"TableName": "Things", "Key": KEY})
    assert usage.reads["Things"] / 2 == 1.5


def test_transaction_with_a_failed_condition_writes_nothing(dynamodb: DynamoDb) -> None:
    other = {"pk": {"S": "p"}, "sk": {"S": "other"}}
    put(dynamodb, KEY)
    actions = [
        {"Put": {"TableName": "Things", "Item": other}},
        {
            "ConditionCheck": {
                "TableName": "Things",
                "Key": KEY,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
    ]
    with pytest.raises(AwsError) as refused:
        dynamodb.call("TransactWriteItems", {"TransactItems": actions})
    codes = [reason["Code"] for reason in refused.value.details["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    assert dynamodb.call("GetItem", {"TableName": "Things", "Key": other}) == {}


def test_statements_fail_one_by_one(dynamodb: DynamoDb) -> None:
    insert = {
        "Statement": "INSERT INTO \"Things\" VALUE {'pk': ?, 'sk': ?, 'n': ?}",
        "Parameters": [{"S": "p"}, {"S": "s"}, {"N": "1"}],
    }
    change = {
        "Statement": 'UPDATE "Things" SET n = ? WHERE pk = ? AND sk = ? AND n = ?',
        "Parameters": [{"N": "2"}, {"S": "p"}, {"S": "s"}, {"N": "1"}],
    }
    responses = dynamodb.call(
        "BatchExecuteStatement", {"Statements": [insert, insert, change, change]}
    )["Responses"]
    codes = [each.get("Error", {}).get("Code") for each in responses]
    assert codes == [None, "DuplicateItem", None, "ConditionalCheckFailed"]
    found = dynamodb.call("GetItem", {"TableName": "Things", "Key": KEY})
    assert found["Item"]["n"] == {"N": "2"}


def test_population_has_each_channel_once_in_the_order_of_its_shard() -> None:
    prototype = {
        "pk": {"S": f"game#{PROTOTYPE_PLAYER}"},
        "sk": {"S": "pc"},
        "shard": {"S": "game#7"},
        "device_key": {"S": f"{PROTOTYPE_PLAYER}#pc"},
    }
    place = ("ByShard", "shard", "device_key")
    population = Population(prototype, place, ("pk", "sk"), 500)
    found = []
    for shard in range(64):
        items = list(population.read("ByShard", f"game#{shard}", ""))
        assert [item.bytes for item in items] == [item_size(item) for item in items]
        assert {item["shard"]["S"] for item in items} == {f"game#{shard}"}
        keys = [item["device_key"]["S"] for item in items]
        assert keys == sorted(keys)
        found += keys
    assert sorted(found) == [f"{player_id(number)}#pc" for number in range(500)]
    assert population.get(f"game#{player_id(499)}", "pc") is not None
    assert population.get(f"game#{player_id(500)}", "pc") is None


@pytest.mark.parametrize(
    ("expression", "passing"),
    [("#n < :n", None), ("n > :n", 0), ("device_key = :key", 1), ("n < :n AND #k = :key", 1)],
)
def test_filter_tells_channels_of_a_population_apart_where_they_differ(
    dynamodb: DynamoDb, expression: str, passing: int | None
) -> None:
    prototype = {
        "pk": {"S": f"game#{PROTOTYPE_PLAYER}"},
        "sk": {"S": "pc"},
        "shard": {"S": "game#7"},
        "device_key": {"S": f"{PROTOTYPE_PLAYER}#pc"},
        "n": {"N": "5"},
    }
    keys = [
        {"AttributeName": "shard", "KeyType": "HASH"},
        {"AttributeName": "device_key", "KeyType": "RANGE"},
    ]
    index = {"IndexName": "ByShard", "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}
    table = Table(THINGS | {"GlobalSecondaryIndexes": [index]})
    table.population = Population(
        prototype, ("ByShard", "shard", "device_key"), ("pk", "sk"), 64 * 20
    )
    dynamodb.tables["Things"] = table
    first = next(table.population.read("ByShard", "game#3", ""))
    names = {"#n": "n", "#k": "device_key"}
    answer = dynamodb.call(
        "Query",
        {
            "TableName": "Things",
            "IndexName": "ByShard",
            "KeyConditionExpression": "shard = :shard",
            "FilterExpression": expression,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {
                ":shard": {"S": "game#3"},
                ":n": {"N": "6"},
                ":key": first["device_key"],
            },
        },
    )
    assert answer["ScannedCount"] > 1
    assert answer["Count"] == (answer["ScannedCount"] if passing is None else passing)

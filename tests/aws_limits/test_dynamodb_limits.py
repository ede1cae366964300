"""What DynamoDB refuses is refused, with DynamoDB's errors.

Source: Amazon DynamoDB Developer Guide, "Quotas in Amazon DynamoDB", "Constraints".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.aws_limits.calls import AwsError
from tests.aws_limits.dynamodb_limits import check_expressions
from tests.aws_limits.sizes import KB, item_size

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}


def refusal(call: Callable[[], Any], code: str = "ValidationException") -> str:
    """Return the message with which a call is refused."""
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == code
    return str(refused.value.response["Error"]["Message"])


def update(dynamodb: Any, expression: str, values: dict[str, Any], **more: Any) -> Any:
    return dynamodb.update_item(
        TableName="Things",
        Key=KEY,
        UpdateExpression=expression,
        ExpressionAttributeValues=values,
        **more,
    )


def expression_of(length: int) -> str:
    return f"SET {'a' * (length - len('SET  = :v'))} = :v"


def test_expression_has_4_kb_at_most(dynamodb: Any) -> None:
    # Padded by spaces: an attribute's name has a limit of its own.
    padded = "SET a = :v" + " " * (4096 - len("SET a = :v"))
    update(dynamodb, padded, {":v": {"S": "x"}})
    message = refusal(lambda: update(dynamodb, padded + " ", {":v": {"S": "x"}}))
    assert message == (
        "Invalid UpdateExpression: Expression size has exceeded the maximum allowed size;"
        " expression size: 4097"
    )


def test_reserved_word_needs_a_placeholder(dynamodb: Any) -> None:
    message = refusal(lambda: update(dynamodb, "SET shard = :v", {":v": {"S": "x"}}))
    assert message == (
        "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: shard"
    )
    names = {"ExpressionAttributeNames": {"#shard": "shard"}}
    update(dynamodb, "SET #shard = if_not_exists(#shard, :v)", {":v": {"S": "x"}}, **names)


def test_170_outcomes_fit_in_one_expression_and_180_do_not() -> None:
    """The size of an update that sets a map's entries, one by one."""

    def update_of(count: int) -> dict[str, str]:
        changes = ", ".join(f"outcomes.#n{n} = :o{n}" for n in range(count))
        return {"UpdateExpression": f"SET {changes}"}

    check_expressions(update_of(170))
    with pytest.raises(AwsError, match="Expression size"):
        check_expressions(update_of(180))


def test_expressions_of_each_action_of_a_transaction_are_checked(dynamodb: Any) -> None:
    action = {"TableName": "Things", "Key": KEY, "UpdateExpression": expression_of(4097)}
    action["ExpressionAttributeValues"] = {":v": {"S": "x"}}
    message = refusal(lambda: dynamodb.transact_write_items(TransactItems=[{"Update": action}]))
    assert "Expression size" in message


def test_condition_has_300_operators_at_most(dynamodb: Any) -> None:
    condition = " OR ".join(["a=:v"] * 160)
    message = refusal(
        lambda: update(dynamodb, "SET a = :v", {":v": {"S": ""}}, ConditionExpression=condition)
    )
    assert message.endswith("too many operators; operator count: 319")


def test_item_has_400_kb_at_most_names_included(dynamodb: Any) -> None:
    room = 400 * KB - item_size(KEY) - len("text")
    # moto stops at 405,000 bytes by its own count.
    dynamodb.put_item(TableName="Things", Item=KEY | {"text": {"S": "x" * (room - 5000)}})
    too_large = KEY | {"text": {"S": "x" * (room + 1)}}
    message = refusal(lambda: dynamodb.put_item(TableName="Things", Item=too_large))
    assert message == "Item size has exceeded the maximum allowed size"


def test_item_that_an_update_makes_larger_than_400_kb_stays_as_it_was(dynamodb: Any) -> None:
    for number in range(3):
        update(dynamodb, f"SET a{number} = :v", {":v": {"S": "x" * 130_000}})
    message = refusal(lambda: update(dynamodb, "SET a3 = :v", {":v": {"S": "x" * 20_000}}))
    assert message == "Item size to update has exceeded the maximum allowed size"
    item = dynamodb.get_item(TableName="Things", Key=KEY, ConsistentRead=True)["Item"]
    assert set(item) == {"pk", "sk", "a0", "a1", "a2"}
    update(dynamodb, "SET a2 = :v", {":v": {"S": "small"}})
    update(dynamodb, "SET a3 = :v", {":v": {"S": "x" * 20_000}})


def test_transaction_that_makes_an_item_too_large_writes_nothing(dynamodb: Any) -> None:
    dynamodb.put_item(TableName="Things", Item=KEY | {"text": {"S": "x" * 390_000}})
    other = {"pk": {"S": "other"}, "sk": {"S": "s"}}
    large = {
        "TableName": "Things",
        "Key": KEY,
        "UpdateExpression": "SET more = :v",
        "ExpressionAttributeValues": {":v": {"S": "x" * 30_000}},
    }
    actions = [{"Put": {"TableName": "Things", "Item": other}}, {"Update": large}]
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as refused:
        dynamodb.transact_write_items(TransactItems=actions)
    codes = [reason["Code"] for reason in refused.value.response["CancellationReasons"]]
    assert codes == ["None", "ValidationError"]
    assert dynamodb.scan(TableName="Things")["Count"] == 1


@pytest.mark.parametrize(
    ("key", "part"),
    [
        ({"pk": "p" * 2049, "sk": "s"}, "Size of hashkey"),
        ({"pk": "p", "sk": "s" * 1025}, "Size of rangekey"),
        ({"pk": "", "sk": "s"}, "empty string value. Key: pk"),
    ],
)
def test_key_has_its_limits(dynamodb: Any, key: dict[str, str], part: str) -> None:
    in_json = {name: {"S": value} for name, value in key.items()}
    assert part in refusal(lambda: dynamodb.put_item(TableName="Things", Item=in_json))
    assert part in refusal(lambda: dynamodb.get_item(TableName="Things", Key=in_json))


@pytest.mark.parametrize("owner", [{"S": ""}, {"N": "7"}, {"S": "o" * 2049}])
def test_key_of_an_index_has_its_limits(dynamodb: Any, owner: dict[str, str]) -> None:
    item = KEY | {"owner": owner}
    assert "secondary index key" in refusal(
        lambda: dynamodb.put_item(TableName="Things", Item=item)
    )


def puts(count: int, size: int = 1) -> list[dict[str, Any]]:
    return [
        {
            "Put": {
                "TableName": "Things",
                "Item": {"pk": {"S": "p"}, "sk": {"S": str(n)}, "text": {"S": "x" * size}},
            }
        }
        for n in range(count)
    ]


def test_table_that_is_not_there_is_not_found(dynamodb: Any) -> None:
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.get_item(TableName="Nothing", Key=KEY)


def test_transaction_has_100_actions_at_most(dynamodb: Any) -> None:
    dynamodb.transact_write_items(TransactItems=puts(100))
    assert "length less than or equal to 100" in refusal(
        lambda: dynamodb.transact_write_items(TransactItems=puts(101))
    )


def test_transaction_has_4_mb_at_most(dynamodb: Any) -> None:
    assert "4 MB" in refusal(lambda: dynamodb.transact_write_items(TransactItems=puts(11, 390_000)))


def test_transaction_names_no_item_twice(dynamodb: Any) -> None:
    twice = [
        *puts(1),
        {
            "ConditionCheck": {
                "TableName": "Things",
                "Key": {"pk": {"S": "p"}, "sk": {"S": "0"}},
                "ConditionExpression": "attribute_exists(pk)",
            }
        },
    ]
    assert "multiple operations on one item" in refusal(
        lambda: dynamodb.transact_write_items(TransactItems=twice)
    )


def keys(count: int) -> dict[str, Any]:
    return {"Things": {"Keys": [{"pk": {"S": "p"}, "sk": {"S": str(n)}} for n in range(count)]}}


def test_batch_get_has_100_keys_at_most_and_no_duplicates(dynamodb: Any) -> None:
    dynamodb.batch_get_item(RequestItems=keys(100))
    assert "Too many items" in refusal(lambda: dynamodb.batch_get_item(RequestItems=keys(101)))
    twice = {"Things": {"Keys": keys(1)["Things"]["Keys"] * 2}}
    assert "duplicates" in refusal(lambda: dynamodb.batch_get_item(RequestItems=twice))


def test_batch_get_returns_16_mb_and_names_the_other_keys(dynamodb: Any) -> None:
    for n in range(50):
        item = {"pk": {"S": "p"}, "sk": {"S": str(n)}, "text": {"S": "x" * 399_000}}
        dynamodb.put_item(TableName="Things", Item=item)
    answer = dynamodb.batch_get_item(RequestItems=keys(50))
    found, left = answer["Responses"]["Things"], answer["UnprocessedKeys"]["Things"]["Keys"]
    assert sum(map(item_size, found)) <= 16 * KB * KB
    assert len(found) == 42
    assert len(found) + len(left) == 50


def test_batch_write_has_25_requests_at_most(dynamodb: Any) -> None:
    requests = [{"PutRequest": {"Item": put["Put"]["Item"]}} for put in puts(26)]
    assert "length less than or equal to 25" in refusal(
        lambda: dynamodb.batch_write_item(RequestItems={"Things": requests})
    )


def test_batch_of_statements_has_25_at_most(dynamodb: Any) -> None:
    statement = {"Statement": "SELECT * FROM \"Things\" WHERE pk='p' AND sk='s'"}
    assert "length less than or equal to 25" in refusal(
        lambda: dynamodb.batch_execute_statement(Statements=[statement] * 26)
    )


@pytest.mark.parametrize("read", ["query", "scan"])
def test_page_has_1_mb_at_most(dynamodb: Any, read: str) -> None:
    for n in range(5):
        item = {"pk": {"S": "p"}, "sk": {"S": str(n)}, "text": {"S": "x" * 300_000}}
        dynamodb.put_item(TableName="Things", Item=item)
    condition: dict[str, Any] = {
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "p"}},
    }
    page = getattr(dynamodb, read)(TableName="Things", **(condition if read == "query" else {}))
    assert page["Count"] <= 4
    assert "LastEvaluatedKey" in page

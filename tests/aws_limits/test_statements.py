"""PartiQL statements in a batch: each for itself, with AWS's errors, limits and units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.aws_limits.limits import AwsLimits

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
INSERT = "INSERT INTO \"Things\" VALUE {'pk': ?, 'sk': ?, 'owner': ?}"
UPDATE = (
    'UPDATE "Things" SET "n" = ? SET "colour" = ? REMOVE "gone"'
    ' WHERE "pk" = ? AND "sk" = ? AND "owner" = ?'
)


def insert(sk: str, owner: str = "me", pk: str = "p") -> dict[str, Any]:
    return {"Statement": INSERT, "Parameters": [{"S": each} for each in (pk, sk, owner)]}


def update(sk: str, owner: str = "me") -> dict[str, Any]:
    values = [{"N": "1"}, {"S": "red"}, {"S": "p"}, {"S": sk}, {"S": owner}]
    return {"Statement": UPDATE, "Parameters": values}


def execute(dynamodb: Any, *statements: dict[str, Any]) -> list[str | None]:
    answer = dynamodb.batch_execute_statement(Statements=list(statements))
    return [each.get("Error", {}).get("Code") for each in answer["Responses"]]


def test_each_statement_has_a_result_of_its_own(dynamodb: Any) -> None:
    old = KEY | {"owner": {"S": "other"}, "gone": {"S": "x"}}
    dynamodb.put_item(TableName="Things", Item=old)
    assert execute(dynamodb, insert("s"), insert("new")) == ["DuplicateItem", None]
    codes = execute(dynamodb, update("s"), update("new"), update("none"))
    assert codes == ["ConditionalCheckFailed", None, "ConditionalCheckFailed"]
    items = dynamodb.scan(TableName="Things")["Items"]
    new = {"pk": {"S": "p"}, "sk": {"S": "new"}, "owner": {"S": "me"}}
    changed = new | {"n": {"N": "1"}, "colour": {"S": "red"}}
    assert sorted(items, key=lambda each: each["sk"]["S"]) == [changed, old]


def test_update_that_holds_sets_and_removes(dynamodb: Any) -> None:
    dynamodb.put_item(TableName="Things", Item=KEY | {"owner": {"S": "me"}, "gone": {"S": "x"}})
    assert execute(dynamodb, update("s")) == [None]
    item = dynamodb.get_item(TableName="Things", Key=KEY)["Item"]
    assert item == KEY | {"owner": {"S": "me"}, "n": {"N": "1"}, "colour": {"S": "red"}}


@pytest.mark.parametrize(
    "statements",
    [
        [insert("s"), insert("s")],
        [update("s"), update("s")],
        [update("s"), {"Statement": "SELECT * FROM \"Things\" WHERE pk='p' AND sk='s'"}],
        [insert("s") | {"Parameters": [{"S": "p"}]}],
        [insert("")],
        [insert("x" * 1025)],
        [insert("s", owner="")],
    ],
    ids=["twice", "twice", "reads and writes", "parameters", "empty", "long", "key of an index"],
)
def test_batch_that_aws_refuses_is_refused(dynamodb: Any, statements: list[dict[str, Any]]) -> None:
    with pytest.raises(ClientError) as refused:
        execute(dynamodb, *statements)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_units_are_those_of_each_item_and_its_index(dynamodb: Any, limits: AwsLimits) -> None:
    dynamodb.put_item(TableName="Things", Item=KEY | {"text": {"S": "x" * 2000}})
    with limits.counting() as units:
        execute(dynamodb, insert("new"), insert("s"))
    assert units.of_table("Things") == (1 + 2, 1, 0)


def test_statement_on_a_throttled_partition_fails_alone(dynamodb: Any, limits: AwsLimits) -> None:
    with limits.partition_throughput(write=2, now=lambda: 1.0):
        assert execute(dynamodb, insert("1"), insert("2")) == [None, None]
        codes = execute(dynamodb, insert("3"), insert("4", pk="other"))
        assert codes == ["ProvisionedThroughputExceeded", None]
        assert execute(dynamodb, insert("5")) == ["ProvisionedThroughputExceeded"]
    assert dynamodb.scan(TableName="Things")["Count"] == 3


def test_what_statements_wrote_is_read_stale(dynamodb: Any, limits: AwsLimits) -> None:
    with limits.stale_reads("Things"):
        execute(dynamodb, insert("s"))
        assert "Item" not in dynamodb.get_item(TableName="Things", Key=KEY)
        assert "Item" in dynamodb.get_item(TableName="Things", Key=KEY, ConsistentRead=True)


def test_rules_for_a_table_strike_statements(dynamodb: Any, limits: AwsLimits) -> None:
    with limits.refused_calls(resource="Things") as fault, pytest.raises(ClientError):
        execute(dynamodb, insert("s"))
    assert fault.struck == 1

"""Writes of several items in one call, each with a condition and a result of its own: PartiQL.

`TransactWriteItems` writes all or nothing at twice the units, and `BatchWriteItem` has no
conditions. Rules that this relies on (Amazon DynamoDB API reference, BatchExecuteStatement and
BatchStatementError; Developer Guide, "PartiQL for DynamoDB", "Insert", "Update" and "Batch"):

* a batch has 25 statements at most, all of them writes here; each names one item by its whole key,
  and no two the same one;
* status 200 says nothing about the statements: each that failed has an error in its response;
* `INSERT` fails with `DuplicateItem` if there is an item with that key, `UPDATE` with
  `ConditionalCheckFailed` if there is none or its `WHERE` does not hold;
* IAM knows the actions `dynamodb:PartiQLInsert` and `dynamodb:PartiQLUpdate`, not the batch.

A batch is not idempotent: if its response was lost, the wire sends it again, and what the first try
has written fails in the second. Whoever writes so must recognize what it has written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from push.aws.table import DynamoDB

CONDITION_FAILED = "ConditionalCheckFailed"
_BATCH = 25


class Statement(NamedTuple):
    """A PartiQL statement and the values of its parameters, in order."""

    text: str
    parameters: Sequence[Any]


def insert(table: str, item: Mapping[str, Any]) -> Statement:
    """Return the statement that puts a new item."""
    fields = ", ".join(f"'{name}': ?" for name in item)
    return Statement(f'INSERT INTO "{table}" VALUE {{{fields}}}', list(item.values()))


def update(
    table: str,
    sets: Mapping[str, Any],
    removes: Iterable[str],
    where: Mapping[str, Any],
) -> Statement:
    """Return the statement that changes an item.

    Args:
        removes: attributes that the item has.
        where: the item's key, and the values that other attributes must have.
    """
    # Quoted, because DynamoDB reserves words such as `owner`.
    changes = [f'SET "{name}" = ?' for name in sets] + [f'REMOVE "{name}"' for name in removes]
    condition = " AND ".join(f'"{name}" = ?' for name in where)
    text = f'UPDATE "{table}" {" ".join(changes)} WHERE {condition}'
    return Statement(text, [*sets.values(), *where.values()])


def execute_all(dynamodb: DynamoDB, statements: Sequence[Statement]) -> list[str | None]:
    """Execute statements that write; return for each the code of its error, None if it succeeded.

    Raises:
        ClientError, BotoCoreError: whether anything is written is not known.
    """
    codes: list[str | None] = []
    for start in range(0, len(statements), _BATCH):
        responses = dynamodb.batch_execute_statement(
            [
                {"Statement": each.text, "Parameters": each.parameters}
                for each in statements[start : start + _BATCH]
            ]
        )
        codes += [each.get("Error", {}).get("Code") for each in responses]
    return codes

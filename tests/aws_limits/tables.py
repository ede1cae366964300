"""Keys and indexes of tables, and the items that a call touches."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.aws_limits.calls import own_dynamodb
from tests.aws_limits.statements import statements_of, target_of

if TYPE_CHECKING:
    from tests.aws_limits.calls import Call

Item = dict[str, Any]
"""An item, or a key, in DynamoDB's JSON."""


@dataclass(frozen=True)
class Index:
    """A global secondary index; `projected` is None where it projects everything."""

    name: str
    keys: tuple[str, ...]
    projected: frozenset[str] | None

    def entry(self, item: Item | None) -> Item | None:
        """Return what the index holds of an item, None if nothing: a key is missing."""
        if not item or not all(key in item for key in self.keys):
            return None
        if self.projected is None:
            return item
        return {name: value for name, value in item.items() if name in self.projected}


@dataclass(frozen=True)
class TableSchema:
    """Keys of a table, the hash key first, its indexes, and the types of all keys."""

    name: str
    keys: tuple[str, ...]
    types: dict[str, str]
    indexes: tuple[Index, ...]

    def key_of(self, item: Item) -> Item:
        return {name: item[name] for name in self.keys if name in item}


class Schemas:
    """Schemas of tables by name: of `CreateTable` where this process has made the table, else of
    `DescribeTable`."""

    def __init__(self) -> None:
        self._known: dict[str, TableSchema] = {}

    def learn(self, description: dict[str, Any]) -> None:
        self._known[description["TableName"]] = _schema(description)

    def of(self, table: str) -> TableSchema:
        if table not in self._known:
            self.learn(own_dynamodb()("DescribeTable", TableName=table)["Table"])
        return self._known[table]


def _schema(description: dict[str, Any]) -> TableSchema:
    keys = _keys(description)
    indexes = []
    for each in description.get("GlobalSecondaryIndexes", ()):
        projection = each["Projection"]
        kind = projection["ProjectionType"]
        projected = {*keys, *_keys(each), *projection.get("NonKeyAttributes", ())}
        indexes.append(
            Index(each["IndexName"], _keys(each), None if kind == "ALL" else frozenset(projected))
        )
    types = {
        each["AttributeName"]: each["AttributeType"] for each in description["AttributeDefinitions"]
    }
    return TableSchema(description["TableName"], keys, types, tuple(indexes))


def _keys(description: dict[str, Any]) -> tuple[str, ...]:
    keys = sorted(description["KeySchema"], key=lambda key: key["KeyType"] != "HASH")
    return tuple(key["AttributeName"] for key in keys)


@dataclass(frozen=True)
class Write:
    """A write, or a condition check, of one item; `given` are its parameters."""

    kind: str
    table: str
    key: Item
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        return identity(self.table, self.key)


def identity(table: str, key: Item) -> str:
    return f"{table} {json.dumps(key, sort_keys=True)}"


def writes_of(call: Call, schemas: Schemas) -> list[Write]:
    """Return the items that a call writes or checks; none for a read."""
    given = call.parameters
    match call.operation:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            return [_write(call.operation.removesuffix("Item"), given, schemas)]
        case "TransactWriteItems":
            return [
                _write(kind, part, schemas)
                for action in given["TransactItems"]
                for kind, part in action.items()
            ]
        case "BatchWriteItem":
            return [
                _write(
                    kind.removesuffix("Request"),
                    part | {"TableName": table},
                    schemas,
                )
                for table, requests in given["RequestItems"].items()
                for request in requests
                for kind, part in request.items()
            ]
        case "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction":
            return _statement_writes(statements_of(given), schemas)
        case _:
            return []


def _write(kind: str, given: dict[str, Any], schemas: Schemas) -> Write:
    table = given["TableName"]
    key = schemas.of(table).key_of(given["Item"]) if kind == "Put" else given["Key"]
    return Write(kind, table, key, given)


_PARAMETER_OR_TEXT = r"\s*(\?|'(?:[^']|'')*')"
_INSERTED = re.compile(rf"'([^']+)'\s*:{_PARAMETER_OR_TEXT}")


def _statement_writes(statements: list[dict[str, Any]], schemas: Schemas) -> list[Write]:
    return [write for each in statements if (write := statement_write(each, schemas))]


def statement_write(given: dict[str, Any], schemas: Schemas) -> Write | None:
    """Return what a PartiQL statement writes, None if it reads. What an `INSERT` puts is its
    `Item`."""
    text: str = given["Statement"]
    kind, table = target_of(text)
    if kind not in {"Put", "Update", "Delete"}:
        return None
    if kind == "Put":
        item = {found[1]: _value(given, text, found, 2) for found in _INSERTED.finditer(text)}
        return Write(kind, table, schemas.of(table).key_of(item), given | {"Item": item})
    key = {}
    for name in schemas.of(table).keys:
        place = re.search(rf'\b"?{name}"?\s*={_PARAMETER_OR_TEXT}', text)
        if place:
            key[name] = _value(given, text, place, 1)
    return Write(kind, table, key, given)


def _value(given: dict[str, Any], text: str, found: re.Match[str], group: int) -> Any:
    """Return the value of a parameter, or of a text in the statement."""
    if found[group] == "?":
        return given["Parameters"][text.count("?", 0, found.start(group))]
    return {"S": found[group][1:-1].replace("''", "'")}


def read_item(table: str, key: Item) -> Item | None:
    """Return an item as it is now, None if there is none."""
    found = own_dynamodb()("GetItem", TableName=table, Key=key, ConsistentRead=True)
    return found.get("Item")

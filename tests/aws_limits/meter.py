"""Capacity units of each call, computed from the items before and after it.

The emulators' own `ConsumedCapacity` is not used: moto answers one unit for a write of any size,
and nothing for indexes. Measuring costs a read of every item before and after each write, so calls
are measured only while somebody asks for it: `capacity` and `throughput`.

Sources: Amazon DynamoDB Developer Guide, "DynamoDB read and write operations" (what a call
consumes, failed conditions included), "Using Global Secondary Indexes in DynamoDB" (index writes),
"Amazon DynamoDB Transactions: How it works" (capacity of transactions).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tests.aws_limits.calls import AwsError, error_code, own_dynamodb, parsed_of
from tests.aws_limits.sizes import item_size, read_units, write_units
from tests.aws_limits.tables import (
    Item,
    Schemas,
    Write,
    read_item,
    statement_write,
    writes_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.aws_limits.calls import Call, Result

_FILTERS = ("FilterExpression", "ProjectionExpression", "Select", "AttributesToGet")
_PLACEHOLDER = re.compile(r"[#:]\w+")
_EQUALS = re.compile(r"(#?\w+)\s*=\s*(:\w+)")
_CONDITION_FAILED = {"ConditionalCheckFailed", "ConditionalCheckFailedException"}


@dataclass(frozen=True, slots=True)
class Use:
    """Units that a call consumes on a partition: of a table, or of one of its indexes.

    Attributes:
        index: name of the index, empty for the table.
        partition: the hash key's value, empty if the call has none (a scan).
    """

    table: str
    index: str
    partition: str
    units: float
    is_write: bool


class Listener(Protocol):
    """Who wants to know what calls consume."""

    def admit(self, call: Call, expected: list[Use], send: Callable[[], Result]) -> Result:
        """Carry out a call, or refuse it; `expected` names the partitions, its units are 0."""

    def note(self, call: Call, uses: list[Use], result: Result) -> None:
        """Take what a call has consumed."""


class Meter:
    """Measures calls for its listeners."""

    def __init__(self, schemas: Schemas) -> None:
        self.listeners: list[Listener] = []
        self._schemas = schemas

    def handle(self, call: Call, send: Callable[[], Result]) -> Result:
        if not self.listeners:
            return send()
        if call.service != "dynamodb":
            result = send()
            for listener in self.listeners:
                listener.note(call, [], result)
            return result
        writes = writes_of(call, self._schemas)
        before = [read_item(write.table, write.key) for write in writes]
        expected = self._expected(call, writes, before)
        for listener in self.listeners:
            send = _admitted(listener, call, expected, send)
        try:
            result = send()
        except AwsError:  # a listener has refused it
            for listener in self.listeners:
                listener.note(call, [], (None, None))
            raise
        uses = self._writes(call, writes, before, result) if writes else self._reads(call, result)
        for listener in self.listeners:
            listener.note(call, uses, result)
        return result

    def place_of(self, statement: dict[str, Any]) -> tuple[str, str]:
        """Return table and partition that a PartiQL statement writes to."""
        write = statement_write(statement, self._schemas)
        assert write is not None
        return write.table, self._use(write.table, "", write.key, 0, is_write=True).partition

    # ------------------------------------------------------------ writes

    def _expected(self, call: Call, writes: list[Write], before: list[Item | None]) -> list[Use]:
        uses = []
        for write, item in zip(writes, before, strict=True):
            schema = self._schemas.of(write.table)
            uses.append(self._use(write.table, "", write.key, 0, is_write=True))
            for index in schema.indexes:
                entries = map(index.entry, (item, write.given.get("Item")))
                uses += [
                    self._use(write.table, index.name, entry, 0, is_write=True)
                    for entry in entries
                    if entry
                ]
        if not writes:
            uses += [self._use(table, "", key, 0) for table, key in self._keys_read(call)]
            if call.operation == "Query":
                uses.append(self._query_use(call, 0))
        return uses

    def _writes(
        self, call: Call, writes: list[Write], before: list[Item | None], result: Result
    ) -> list[Use]:
        parsed, code = parsed_of(result), error_code(result)
        transaction = call.operation in {"TransactWriteItems", "ExecuteTransaction"}
        factor = 2 if transaction else 1
        if parsed is None:
            # A write whose condition fails consumes the units of the item that is there. For a
            # transaction that was cancelled by a condition, AWS does not say how much: all of it
            # is counted, which is the dearest reading.
            reasons = (result[0] or ({}, {}))[1].get("CancellationReasons", ())
            failed = {code, *(reason["Code"] for reason in reasons)} & _CONDITION_FAILED
            return [
                self._use(
                    write.table, "", write.key, factor * write_units(item_size(item)), is_write=True
                )
                for write, item in zip(writes, before, strict=True)
                if failed
            ]
        errors = [each.get("Error") for each in parsed.get("Responses", ())]
        uses = []
        for number, (write, old) in enumerate(zip(writes, before, strict=True)):
            refused = call.operation == "BatchExecuteStatement" and errors[number]
            unchanged = refused or write.kind == "ConditionCheck"
            if refused and refused.get("Code") not in {"ConditionalCheckFailed", "DuplicateItem"}:
                continue
            new = old if unchanged else read_item(write.table, write.key)
            units = factor * write_units(max(item_size(old), item_size(new)))
            uses.append(self._use(write.table, "", write.key, units, is_write=True))
            if not unchanged:
                uses += self._index_writes(write.table, old, new)
        return uses

    def _index_writes(self, table: str, old: Item | None, new: Item | None) -> Iterator[Use]:
        for index in self._schemas.of(table).indexes:
            was, now = index.entry(old), index.entry(new)
            moved = was and now and any(was[key] != now[key] for key in index.keys)
            if was == now:
                continue
            # An entry whose key changes is deleted and put anew.
            entries = [(was, None), (None, now)] if moved else [(was, now)]
            for pair in entries:
                units = write_units(max(map(item_size, pair)))
                entry = pair[1] or pair[0] or {}
                yield self._use(table, index.name, entry, units, is_write=True)

    # ------------------------------------------------------------ reads

    def _reads(self, call: Call, result: Result) -> list[Use]:
        parsed, given = parsed_of(result), call.parameters
        if parsed is None:
            return []
        match call.operation:
            case "GetItem" | "BatchGetItem" | "TransactGetItems":
                return [self._item_read(call, table, key) for table, key in self._keys_read(call)]
            case "Query":
                return [self._query_use(call, _evaluated(call, parsed))]
            case "Scan":
                size = _evaluated(call, parsed)
                units = read_units(size, consistent=given.get("ConsistentRead", False))
                return [Use(given["TableName"], given.get("IndexName", ""), "", units, False)]
            case _:
                return []

    def _item_read(self, call: Call, table: str, key: Item) -> Use:
        given = call.parameters
        if call.operation == "BatchGetItem":
            given = given["RequestItems"][table]
        size = item_size(read_item(table, key))
        if call.operation == "TransactGetItems":
            return self._use(table, "", key, 2 * read_units(size, consistent=True))
        consistent = given.get("ConsistentRead", False)
        return self._use(table, "", key, read_units(size, consistent=consistent))

    def _keys_read(self, call: Call) -> list[tuple[str, Item]]:
        given = call.parameters
        match call.operation:
            case "GetItem":
                return [(given["TableName"], given["Key"])]
            case "BatchGetItem":
                asked = given["RequestItems"].items()
                return [(table, key) for table, each in asked for key in each["Keys"]]
            case "TransactGetItems":
                gets = (action["Get"] for action in given["TransactItems"])
                return [(get["TableName"], get["Key"]) for get in gets]
            case _:
                return []

    def _query_use(self, call: Call, size: int) -> Use:
        given = call.parameters
        table, index = given["TableName"], given.get("IndexName", "")
        hash_key = self._hash_key(table, index)
        names = given.get("ExpressionAttributeNames", {})
        partition = ""
        for name, value in _EQUALS.findall(given.get("KeyConditionExpression", "")):
            if names.get(name, name) == hash_key:
                partition = json.dumps(given["ExpressionAttributeValues"][value])
        units = read_units(size, consistent=given.get("ConsistentRead", False))
        return Use(table, index, partition, units, False)

    def _hash_key(self, table: str, index: str) -> str:
        schema = self._schemas.of(table)
        keys = {each.name: each.keys for each in schema.indexes} | {"": schema.keys}
        return keys[index][0]

    def _use(
        self, table: str, index: str, key: Item, units: float, *, is_write: bool = False
    ) -> Use:
        partition = json.dumps(key.get(self._hash_key(table, index)))
        return Use(table, index, partition, units, is_write)


def _admitted(
    listener: Listener, call: Call, expected: list[Use], send: Callable[[], Result]
) -> Callable[[], Result]:
    return lambda: listener.admit(call, expected, send)


def _evaluated(call: Call, parsed: dict[str, Any]) -> int:
    """Return the bytes that a query or scan has read: those of all items before its filter and
    projection."""
    given = call.parameters
    if any(name in given for name in _FILTERS):
        whole = {name: value for name, value in given.items() if name not in _FILTERS}
        used = set(_PLACEHOLDER.findall(given.get("KeyConditionExpression", "")))
        for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            left = {name: value for name, value in whole.pop(kind, {}).items() if name in used}
            if left:
                whole[kind] = left
        parsed = own_dynamodb()(call.operation, **whole)
    return sum(map(item_size, parsed["Items"]))

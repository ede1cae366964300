"""DynamoDB's operations on the tables of the stub."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from benchmarks.aws_stub.expressions import parse_condition
from benchmarks.aws_stub.items import holds, projected, range_of, scope_of, updated
from benchmarks.aws_stub.partiql import parse_statement
from benchmarks.aws_stub.population import Alike
from benchmarks.aws_stub.tables import Table, text
from tests.aws_limits.sizes import item_size

if TYPE_CHECKING:
    from benchmarks.aws_stub.scope import Item, Scope
    from benchmarks.aws_stub.units import Usage

Json = dict[str, Any]
_PAGE_BYTES = 1024 * 1024


class AwsError(Exception):
    """Raised to answer a call with an error of AWS."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class DynamoDb:
    """The tables and what they cost."""

    def __init__(self, usage: Usage) -> None:
        self.tables: dict[str, Table] = {}
        self.usage = usage
        self._tokens: set[str] = set()

    def call(self, operation: str, given: Json) -> Json:
        """Carry out one operation.

        Raises:
            AwsError: AWS would answer with an error.
        """
        do = getattr(self, f"_{operation}", None)
        if do is None:
            raise AwsError("UnknownOperationException", message=f"the stub has no {operation}")
        answer: Json = do(given)
        return answer

    # ------------------------------------------------------------ one item

    def _GetItem(self, given: Json) -> Json:  # noqa: N802
        table = self.tables[given["TableName"]]
        item = table.get(table.key_of(given["Key"]))
        self.usage.note_read(table, item_size(item), consistent=given.get("ConsistentRead", False))
        return {} if item is None else {"Item": projected(item, given)}

    def _PutItem(self, given: Json) -> Json:  # noqa: N802
        return self._write(given, given["Item"], lambda _old: given["Item"])

    def _DeleteItem(self, given: Json) -> Json:  # noqa: N802
        return self._write(given, given["Key"], lambda _old: None)

    def _UpdateItem(self, given: Json) -> Json:  # noqa: N802
        return self._write(given, given["Key"], lambda old: updated(given, old))

    def _write(self, given: Json, keyed: Item, change: Any) -> Json:
        table = self.tables[given["TableName"]]
        key = table.key_of(keyed)
        old = table.get(key)
        if not holds(given, old):
            self.usage.note_failed(table, old)
            shown = given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and old
            raise AwsError("ConditionalCheckFailedException", **({"Item": old} if shown else {}))
        new = change(old)
        table.put(key, new)
        self.usage.note_write(table, old, new)
        match given.get("ReturnValues", "NONE"):
            case "ALL_OLD" | "UPDATED_OLD":
                return {"Attributes": old} if old else {}
            case "ALL_NEW" | "UPDATED_NEW":
                return {"Attributes": new}
        return {}

    # ------------------------------------------------------------ many items

    def _BatchGetItem(self, given: Json) -> Json:  # noqa: N802
        found: dict[str, list[Item]] = {}
        for name, some in given["RequestItems"].items():
            table = self.tables[name]
            consistent = some.get("ConsistentRead", False)
            for key in some["Keys"]:
                item = table.get(table.key_of(key))
                self.usage.note_read(table, item_size(item), consistent=consistent)
                if item is not None:
                    found.setdefault(name, []).append(projected(item, some))
        return {"Responses": found, "UnprocessedKeys": {}}

    def _BatchWriteItem(self, given: Json) -> Json:  # noqa: N802
        for name, requests in given["RequestItems"].items():
            for request in requests:
                if "PutRequest" in request:
                    item = request["PutRequest"]["Item"]
                    self._write({"TableName": name}, item, lambda _old, item=item: item)
                else:
                    self._write({"TableName": name}, request["DeleteRequest"]["Key"], _nothing)
        return {"UnprocessedItems": {}}

    def _TransactWriteItems(self, given: Json) -> Json:  # noqa: N802
        token = given.get("ClientRequestToken")
        if token in self._tokens:
            return {}
        actions = [next(iter(each.items())) for each in given["TransactItems"]]
        tables = [self.tables[action["TableName"]] for _, action in actions]
        keys = [
            table.key_of(action.get("Key") or action["Item"])
            for table, (_, action) in zip(tables, actions, strict=True)
        ]
        olds = [table.get(key) for table, key in zip(tables, keys, strict=True)]
        held = [holds(action, old) for (_, action), old in zip(actions, olds, strict=True)]
        if not all(held):
            for table, old in zip(tables, olds, strict=True):
                self.usage.note_failed(table, old, factor=2)
            reasons = [{"Code": "None" if each else "ConditionalCheckFailed"} for each in held]
            raise AwsError("TransactionCanceledException", CancellationReasons=reasons)
        for (kind, action), table, key, old in zip(actions, tables, keys, olds, strict=True):
            if kind == "ConditionCheck":
                self.usage.note_failed(table, old, factor=2)
                continue
            new = action.get("Item") if kind == "Put" else None
            if kind == "Update":
                new = updated(action, old)
            table.put(key, new)
            self.usage.note_write(table, old, new, factor=2)
        if token is not None:
            self._tokens.add(token)
        return {}

    def _BatchExecuteStatement(self, given: Json) -> Json:  # noqa: N802
        return {"Responses": [self._statement(each) for each in given["Statements"]]}

    def _ExecuteStatement(self, given: Json) -> Json:  # noqa: N802
        answer = self._statement(given)
        if "Error" in answer:
            code = answer["Error"]["Code"]
            name = {"DuplicateItem": code}.get(code, "ConditionalCheckFailed") + "Exception"
            raise AwsError(name)
        return {"Items": [answer["Item"]] if "Item" in answer else []}

    def _statement(self, given: Json) -> Json:
        """Carry out one PartiQL statement, whose error is part of its response."""
        table_name = given["Statement"].split('"')[1]
        table = self.tables[table_name]
        statement = parse_statement(given["Statement"], given.get("Parameters", ()), table)
        key = table.key_of(statement.key)
        old = table.get(key)
        failed = {"Error": {"Code": "ConditionalCheckFailed"}, "TableName": table_name}
        if statement.kind == "SELECT":
            consistent = given.get("ConsistentRead", False)
            self.usage.note_read(table, item_size(old), consistent=consistent)
            return {"TableName": table_name} | ({"Item": old} if old else {})
        if statement.kind == "INSERT" and old is not None:
            self.usage.note_failed(table, old)
            return failed | {"Error": {"Code": "DuplicateItem"}}
        is_new = statement.kind == "INSERT"
        if not is_new and (old is None or not holds(statement.given, old)):
            self.usage.note_failed(table, old)
            shown = given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and old
            return failed | {"Error": failed["Error"] | ({"Item": old} if shown else {})}
        new = statement.key if is_new else None
        if statement.kind == "UPDATE":
            new = updated(statement.given, old)
        table.put(key, new)
        self.usage.note_write(table, old, new)
        return {"TableName": table_name}

    def _TransactGetItems(self, given: Json) -> Json:  # noqa: N802
        found = []
        for each in given["TransactItems"]:
            table = self.tables[each["Get"]["TableName"]]
            item = table.get(table.key_of(each["Get"]["Key"]))
            self.usage.note_read(table, item_size(item), consistent=True, factor=2)
            found.append({} if item is None else {"Item": projected(item, each["Get"])})
        return {"Responses": found}

    def _Query(self, given: Json) -> Json:  # noqa: N802
        table = self.tables[given["TableName"]]
        name = given.get("IndexName")
        keys = table.indexes[name] if name else table
        hash_value, low = range_of(given, keys.hash, keys.range)
        after = given.get("ExclusiveStartKey")
        start: tuple[str, ...] = (low,)
        if after is not None:
            place = (text(after[keys.range]) if keys.range else "",)
            start = (*place, *table.key_of(after), "\0") if name else (place[0] + "\0",)
        backward = not given.get("ScanIndexForward", True)
        items = table.read(name, hash_value, (low,) if backward else start)
        condition = parse_condition(given["KeyConditionExpression"])
        if backward:
            every = [each for each in items if condition(scope_of(given, each))]
            items = iter(every[::-1])
        return self._page(table, given, items, condition)

    def _page(self, table: Table, given: Json, items: Any, condition: Any) -> Json:
        """Return the items that hold, up to the limit or 1 MB, and where the next page starts."""
        limit, size = given.get("Limit", 1_000_000), 0
        keys = table.indexes[given["IndexName"]] if given.get("IndexName") else table
        wanted = Filter(given) if "FilterExpression" in given else None
        evaluated = 0
        found: list[Item] = []
        found_last: Item = {}
        last: Item | None = None
        for item in items:
            scope = scope_of(given, item)
            if not condition(scope):
                if evaluated:
                    break
                continue
            if evaluated == limit or size > _PAGE_BYTES:
                last = found_last
                break
            evaluated += 1
            size += item.bytes if isinstance(item, Alike) else item_size(item)
            found_last = item
            if wanted is None or wanted.passes(item, scope):
                found.append(projected(item, given))
        self.usage.note_read(table, size, consistent=given.get("ConsistentRead", False))
        answer: Json = {"Items": found, "Count": len(found), "ScannedCount": evaluated}
        if last is not None:
            names = {table.hash, table.range, keys.hash, keys.range} - {None}
            answer["LastEvaluatedKey"] = {str(each): last[str(each)] for each in names}
        return answer

    def _Scan(self, given: Json) -> Json:  # noqa: N802
        table = self.tables[given["TableName"]]
        every = [item for part in table.partitions.values() for item in part.items.values()]
        return {"Items": every, "Count": len(every)}


class Filter:
    """A call's filter. Of items that are alike in all that it asks for, it is evaluated for one:
    AWS answers other calls while it filters, and this process does not."""

    def __init__(self, given: Json) -> None:
        text = given["FilterExpression"]
        aliases = given.get("ExpressionAttributeNames") or {}
        self._condition = parse_condition(text)
        self._names = {aliases.get(each, each) for each in re.findall(r"(?<!:)#?\b\w+", text)}
        self._of_alike: bool | None = None

    def passes(self, item: Item, scope: Scope) -> bool:
        """Return whether an item passes."""
        if not isinstance(item, Alike) or self._names & item.varying:
            return bool(self._condition(scope))
        if self._of_alike is None:
            self._of_alike = bool(self._condition(scope))
        return self._of_alike


def _nothing(_old: Item | None) -> None:
    return None

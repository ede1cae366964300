"""DynamoDB's limits on requests and items, always on.

Source, unless a rule names another: Amazon DynamoDB Developer Guide, "Quotas in Amazon DynamoDB"
and "Constraints in Amazon DynamoDB".
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from tests.aws_limits.calls import (
    AwsError,
    error_code,
    invalid,
    own_dynamodb,
    parsed_of,
    response_length,
)
from tests.aws_limits.sizes import KB, MB, item_size, text_size, value_size
from tests.aws_limits.statements import statements_of, target_of
from tests.aws_limits.tables import Schemas, Write, identity, read_item, writes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws_limits.calls import Call, Result

EXPRESSION_BYTES = 4 * KB
EXPRESSION_OPERATORS = 300
SUBSTITUTION_BYTES = 2 * MB
PLACEHOLDER_BYTES = 255
IN_OPERANDS = 100
ITEM_BYTES = 400 * KB
HASH_KEY_BYTES = 2048
RANGE_KEY_BYTES = 1024
TRANSACTION_ACTIONS = 100
TRANSACTION_BYTES = 4 * MB
BATCH_GET_KEYS = 100
BATCH_GET_BYTES = 16 * MB
BATCH_WRITE_ACTIONS = 25
BATCH_WRITE_BYTES = 16 * MB
BATCH_STATEMENTS = 25
STATEMENT_CHARACTERS = 8192
CLIENT_REQUEST_TOKEN = 36

_NAME = re.compile(r"(?<![#:\w])([A-Za-z_]\w*)\b(?!\s*\()")  # but functions
_WORDS_OF_EXPRESSIONS = {"AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"}
_EXPRESSIONS = (
    "UpdateExpression",
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
)
_OPERATOR = re.compile(
    r"<>|<=|>=|[=<>]|\b(?:AND|OR|NOT|IN|BETWEEN|attribute_exists|attribute_not_exists"
    r"|attribute_type|begins_with|contains|size)\b",
    re.IGNORECASE,
)
_UPDATE_OPERATOR = re.compile(r"[+-]|\b(?:if_not_exists|list_append)\b", re.IGNORECASE)
_IN = re.compile(r"\bIN\s*\(([^)]*)\)", re.IGNORECASE)


class DynamoDbLimits:
    """Refuses what DynamoDB would, and knows how large items may have become."""

    def __init__(self) -> None:
        self.schemas = Schemas()
        # An upper bound of each item's size: what was put, and every update's request since. Only
        # an item whose bound passes the limit is read and measured. Items that another process
        # has written are not in it.
        self._bounds: dict[str, int] = {}

    def handle(self, call: Call, send: Callable[[], Result]) -> Result:
        given = call.parameters
        match call.operation:
            case "BatchGetItem":
                return self._batch_get(call, send)
            case "PutItem" | "UpdateItem" | "DeleteItem":
                return self._write(call, send)
            case "TransactWriteItems":
                _check_actions(given)
                return self._write(call, send)
            case "BatchWriteItem":
                _check_batch_write(call)
                return self._write(call, send)
            case "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction":
                _check_statements(given)
                return self._write(call, send)
            case "GetItem" | "Query" | "Scan":
                check_expressions(given)
                if "Key" in given:
                    self._check_key(given["TableName"], given["Key"])
            case "TransactGetItems":
                _check_actions(given)
            case "CreateTable":
                self.schemas.learn(given)
        return send()

    # ------------------------------------------------------------ writes

    def _write(self, call: Call, send: Callable[[], Result]) -> Result:
        writes = writes_of(call, self.schemas)
        identities = [write.identity for write in writes]
        if len(writes) > 1 and len(set(identities)) < len(identities):
            raise invalid(
                "Provided list of item keys contains duplicates"
                if call.operation == "BatchWriteItem"
                else "Transaction request cannot include multiple operations on one item"
            )
        for write in writes:
            check_expressions(write.given)
            self._check_key(write.table, write.key)
            if "Item" in write.given:
                self._check_item(call, write)
        length = len(call.request.body)
        large = [write for write in writes if self._grows_too_large(write, length)]
        result = self._send_and_measure(large, writes, send) if large else send()
        if parsed_of(result) is not None:
            for write in writes:
                self._note(write, length)
        return result

    def _check_item(self, call: Call, write: Write) -> None:
        item = write.given["Item"]
        if len(call.request.body) > ITEM_BYTES and item_size(item) > ITEM_BYTES:
            raise invalid("Item size has exceeded the maximum allowed size")
        for index in self.schemas.of(write.table).indexes:
            for name, limit in zip(index.keys, (HASH_KEY_BYTES, RANGE_KEY_BYTES), strict=False):
                if name in item:
                    self._check_index_key(write.table, name, item[name], limit)

    def _check_index_key(self, table: str, name: str, value: dict[str, Any], limit: int) -> None:
        expected = self.schemas.of(table).types[name]
        wrong = expected not in value
        if wrong or not value[expected] or value_size(value) > limit:
            raise invalid(
                "One or more parameter values were invalid: the value of a secondary index key"
                f" has the wrong type, is empty or too long. Key: {name}"
            )

    def _check_key(self, table: str, key: dict[str, Any]) -> None:
        schema = self.schemas.of(table)
        if set(key) != set(schema.keys):
            raise invalid("The provided key element does not match the schema")
        for name, part, limit in zip(
            schema.keys, ("hashkey", "rangekey"), (HASH_KEY_BYTES, RANGE_KEY_BYTES), strict=False
        ):
            value = key[name]
            if value in ({"S": ""}, {"B": ""}):
                raise invalid(
                    "One or more parameter values are not valid. The AttributeValue for a key"
                    f" attribute cannot contain an empty string value. Key: {name}"
                )
            if value_size(value) > limit:
                raise invalid(
                    f"One or more parameter values were invalid: Size of {part} has exceeded the"
                    f" maximum size limit of{limit} bytes"
                )

    def _grows_too_large(self, write: Write, length: int) -> bool:
        bound = self._bounds.get(write.identity, 0)
        return write.kind == "Update" and bound + length > ITEM_BYTES

    def _note(self, write: Write, length: int) -> None:
        match write.kind:
            case "Put":
                self._bounds[write.identity] = length
            case "Update":
                bound = self._bounds.get(write.identity, 0) + length
                if bound > ITEM_BYTES:  # it was just measured
                    bound = item_size(read_item(write.table, write.key))
                self._bounds[write.identity] = bound
            case "Delete":
                self._bounds.pop(write.identity, None)

    def _send_and_measure(
        self, large: list[Write], writes: list[Write], send: Callable[[], Result]
    ) -> Result:
        """Carry out a write and undo it if an item has become too large. Not atomic: the workers
        of another process may see the item in between."""
        changed = [write for write in writes if write.kind != "ConditionCheck"]
        before = [(write, read_item(write.table, write.key)) for write in changed]
        result = send()
        too_large = {
            write.identity
            for write in large
            if item_size(read_item(write.table, write.key)) > ITEM_BYTES
        }
        if parsed_of(result) is None:
            if len(writes) > 1 and error_code(result) == "ValidationException":
                too_large = {write.identity for write in large}  # the emulator's own check
            else:
                return result
        if not too_large:
            return result
        for write, item in before:
            _restore(write, item)
        message = "Item size to update has exceeded the maximum allowed size"
        if len(writes) == 1:
            raise invalid(message)
        raise cancelled(
            {"Code": "ValidationError", "Message": message}
            if write.identity in too_large
            else {"Code": "None"}
            for write in writes
        )

    # ------------------------------------------------------------ reads

    def _batch_get(self, call: Call, send: Callable[[], Result]) -> Result:
        asked = call.parameters["RequestItems"]
        keys = [(table, key) for table, each in asked.items() for key in each["Keys"]]
        if len(keys) > BATCH_GET_KEYS:
            raise invalid("Too many items requested for the BatchGetItem call")
        if len({identity(*each) for each in keys}) < len(keys):
            raise invalid("Provided list of item keys contains duplicates")
        for table, key in keys:
            self._check_key(table, key)
        for each in asked.values():
            check_expressions(each)
        result = send()
        parsed = parsed_of(result)
        # JSON is longer than what it stands for, so a shorter response need not be measured.
        if parsed is not None and response_length(result) > BATCH_GET_BYTES:
            self._leave_unprocessed(asked, parsed)
        return result

    def _leave_unprocessed(self, asked: dict[str, Any], parsed: dict[str, Any]) -> None:
        total = 0
        for table, items in parsed["Responses"].items():
            kept = []
            for item in items:
                total += item_size(item)
                if total <= BATCH_GET_BYTES:
                    kept.append(item)
                else:
                    leave_key(asked, parsed, table, self.schemas.of(table).key_of(item))
            items[:] = kept


def _restore(write: Write, item: dict[str, Any] | None) -> None:
    if item is None:
        own_dynamodb()("DeleteItem", TableName=write.table, Key=write.key)
    else:
        own_dynamodb()("PutItem", TableName=write.table, Item=item)


def leave_key(
    asked: dict[str, Any], parsed: dict[str, Any], table: str, key: dict[str, Any]
) -> None:
    """Name a key of a `BatchGetItem` as unprocessed."""
    unprocessed = parsed.setdefault("UnprocessedKeys", {})
    options = {name: value for name, value in asked[table].items() if name != "Keys"}
    unprocessed.setdefault(table, options | {"Keys": []})["Keys"].append(key)


def cancelled(reasons: Any) -> AwsError:
    """Return the error of a transaction that was cancelled, with a reason for each action."""
    listed = list(reasons)
    codes = ", ".join(reason["Code"] for reason in listed)
    return AwsError(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        CancellationReasons=listed,
    )


def check_expressions(given: dict[str, Any]) -> None:
    """Check the expressions of a request, or of one action of it.

    Operators and functions: the message is DynamoDB's, as ScyllaDB's tests of compatibility quote
    it.
    """
    for kind in _EXPRESSIONS:
        text = given.get(kind)
        if text is None:
            continue
        size = text_size(text)
        if size > EXPRESSION_BYTES:
            raise invalid(
                f"Invalid {kind}: Expression size has exceeded the maximum allowed size;"
                f" expression size: {size}"
            )
        if size > EXPRESSION_OPERATORS:  # each takes a character at least
            _check_operators(kind, text)
        reserved = _reserved_word(text)
        if reserved:
            raise invalid(
                f"Invalid {kind}: Attribute name is a reserved keyword;"
                f" reserved keyword: {reserved}"
            )
    values = given.get("ExpressionAttributeValues")
    names = given.get("ExpressionAttributeNames")
    for placeholder in (*(values or ()), *(names or ())):
        if text_size(placeholder) > PLACEHOLDER_BYTES:
            raise invalid("ExpressionAttribute name or value is longer than 255 bytes")
    if values and len(values) + len(names or ()) > 8:
        _check_substitutions(values, names or {})


@cache
def _reserved_word(text: str) -> str | None:
    """Return the name in an expression that must be a placeholder (Developer Guide, "Reserved words
    in DynamoDB"), None if there is none."""
    names = (each for each in _NAME.findall(text) if each not in _WORDS_OF_EXPRESSIONS)
    reserved = ReservedKeywords.get_reserved_keywords()
    return next((each for each in names if each.upper() in reserved), None)


def _check_operators(kind: str, text: str) -> None:
    pattern = _UPDATE_OPERATOR if kind == "UpdateExpression" else _OPERATOR
    count = 0 if kind == "ProjectionExpression" else len(pattern.findall(text))
    if count > EXPRESSION_OPERATORS:
        raise invalid(
            f"Invalid {kind}: The expression contains too many operators; operator count: {count}"
        )
    for operands in _IN.findall(text):
        if operands.count(",") >= IN_OPERANDS:
            raise invalid(
                f"Invalid {kind}: The IN operator is provided with too many operands;"
                f" number of operands: {operands.count(',') + 1}"
            )


def _check_substitutions(values: dict[str, Any], names: dict[str, str]) -> None:
    size = sum(text_size(name) + value_size(value) for name, value in values.items())
    size += sum(text_size(name) + text_size(value) for name, value in names.items())
    if size > SUBSTITUTION_BYTES:
        raise invalid(
            "ExpressionAttributeValues exceeds max size: the substitution variables of an"
            f" expression may have {SUBSTITUTION_BYTES} bytes together, these have {size}"
        )


def _check_actions(given: dict[str, Any]) -> None:
    if len(given.get("ClientRequestToken", "")) > CLIENT_REQUEST_TOKEN:
        raise _too_long("clientRequestToken", CLIENT_REQUEST_TOKEN)
    actions = given["TransactItems"]
    if len(actions) > TRANSACTION_ACTIONS:
        raise _too_long("transactItems", TRANSACTION_ACTIONS)
    size = sum(
        item_size(part.get("Item")) + item_size(part.get("ExpressionAttributeValues"))
        for action in actions
        for part in action.values()
    )
    if size > TRANSACTION_BYTES:
        raise invalid("Transaction size: the items of a transaction may have 4 MB together")


def _check_batch_write(call: Call) -> None:
    requests = [each for group in call.parameters["RequestItems"].values() for each in group]
    if len(requests) > BATCH_WRITE_ACTIONS:
        raise _too_long("requestItems", BATCH_WRITE_ACTIONS)
    if len(call.request.body) > BATCH_WRITE_BYTES:
        raise invalid("Batch write: a request may have 16 MB")


def _check_statements(given: dict[str, Any]) -> None:
    statements = statements_of(given)
    limit = TRANSACTION_ACTIONS if "TransactStatements" in given else BATCH_STATEMENTS
    if len(statements) > limit:
        raise _too_long("statements", limit)
    for each in statements:
        if len(each["Statement"]) > STATEMENT_CHARACTERS:
            raise _too_long("statement", STATEMENT_CHARACTERS)
        if each["Statement"].count("?") != len(each.get("Parameters", ())):
            raise invalid("Number of parameters in request and statement don't match.")
    # "The entire batch must consist of either read statements or write statements" (Developer
    # Guide, "Running batch operations with PartiQL for DynamoDB").
    if len({target_of(each["Statement"])[0] == "Get" for each in statements}) > 1:
        raise invalid("Statements of a batch must all be reads or all be writes")


def _too_long(what: str, limit: int) -> AwsError:
    return invalid(
        f"1 validation error detected: Value at '{what}' failed to satisfy constraint: Member must"
        f" have length less than or equal to {limit}"
    )

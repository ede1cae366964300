"""What a call of DynamoDB makes of one item."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from benchmarks.aws_stub.expressions import parse_condition, parse_projection, parse_update
from benchmarks.aws_stub.scope import Scope
from benchmarks.aws_stub.tables import text
from benchmarks.aws_stub.values import add

if TYPE_CHECKING:
    from benchmarks.aws_stub.scope import Item, Path

    Json = dict[str, Any]


def scope_of(given: Json, item: Item | None) -> Scope:
    """Return what the expressions of a call are evaluated in."""
    names = given.get("ExpressionAttributeNames") or {}
    return Scope(item or {}, names, given.get("ExpressionAttributeValues") or {})


def holds(given: Json, old: Item | None) -> bool:
    """Return whether the condition of a write holds."""
    expression = given.get("ConditionExpression")
    return expression is None or parse_condition(expression)(scope_of(given, old))


def updated(given: Json, old: Item | None) -> Item:
    """Return the item that an update makes of the one before."""
    scope = scope_of(given, old)
    update = parse_update(given["UpdateExpression"])
    new = dict(old or given["Key"])
    for path, operand in update.sets:
        _assign(new, scope.path(path), operand(scope))
    for path, operand in update.adds:
        value = operand(scope)
        if value is not None:
            _assign(new, scope.path(path), add(scope.get(path), value))
    for path in update.removes:
        _assign(new, scope.path(path), None)
    for path, operand in update.deletes:
        before, value = scope.get(path), operand(scope)
        if before is not None and value is not None:
            ((kind, some),) = value.items()
            left = [each for each in before[kind] if each not in some]
            _assign(new, scope.path(path), {kind: left} if left else None)
    return new


def _assign(item: Item, path: Path, value: Any) -> None:
    """Set what is at a path, or remove it if the value is None."""
    first, *rest = path
    place: Any = item
    step: Any = first
    if rest:
        item[str(first)] = copy.deepcopy(item[str(first)])
        for following in rest:
            inner = place[step]
            place, step = inner["M"] if "M" in inner else inner["L"], following
    if value is None:
        if step in place or isinstance(place, list):
            del place[step]
    elif isinstance(place, list) and step >= len(place):
        place.append(value)
    else:
        place[step] = value


def projected(item: Item, given: Json) -> Item:
    """Return the attributes of an item that a call wants."""
    expression = given.get("ProjectionExpression")
    if expression is None:
        return item
    scope = scope_of(given, item)
    names = {str(scope.path(path)[0]) for path in parse_projection(expression)}
    return {name: value for name, value in item.items() if name in names}


def range_of(given: Json, hash_key: str, range_key: str | None) -> tuple[str, str]:
    """Return the hash value of a query and the lowest range key that it may return."""
    names = given.get("ExpressionAttributeNames") or {}
    values = given["ExpressionAttributeValues"]
    words = given["KeyConditionExpression"].replace("(", " ( ").replace(")", " ) ")
    tokens = [names.get(each, each) for each in words.replace(",", " ").replace("=", " = ").split()]
    hash_value, low = "", ""
    for at, token in enumerate(tokens):
        following = [each for each in tokens[at + 1 : at + 5] if each[0] == ":"]
        if token == hash_key and following:
            hash_value = text(values[following[0]])
        elif token == range_key and following and tokens[at + 1] not in {"<", "<="}:
            low = text(values[following[0]])
    return hash_value, low

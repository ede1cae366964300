"""Values as DynamoDB's JSON writes them, `{"S": "text"}`: comparison and size."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Value = dict[str, Any]


def _plain(value: Value) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        return int(content) if content.lstrip("-").isdigit() else Decimal(content)
    return base64.b64decode(content) if kind == "B" else content


def compare(one: Value | None, other: Value | None) -> int:
    """Return -1, 0 or 1; values of different types are not comparable.

    Raises:
        ValueError: the values are of different types.
    """
    if one is None or other is None or one.keys() != other.keys():
        raise ValueError("values of different types have no order")
    left, right = _plain(one), _plain(other)
    return int(left > right) - int(left < right)


def ordering(one: Value | None, other: Value | None, holds: Callable[[int], bool]) -> bool:
    """Return whether an order holds; it never does between values of different types."""
    if one is None or other is None or one.keys() != other.keys():
        return False
    return holds(compare(one, other))


def is_equal(one: Value | None, other: Value | None) -> bool:
    """Return whether two values are equal; a value that does not exist equals nothing."""
    if one is None or other is None:
        return False
    if one == other:
        return True
    if one.keys() != other.keys():
        return False
    ((kind, content),) = one.items()
    if kind in {"SS", "NS", "BS"}:
        return sorted(content) == sorted(other[kind])
    return kind == "N" and _plain(one) == _plain(other)


def contains(one: Value | None, other: Value | None) -> bool:
    """Return whether a text, set or list contains a value."""
    if one is None or other is None:
        return False
    ((kind, content),) = one.items()
    if kind == "S":
        return str(other.get("S")) in content
    if kind == "L":
        return any(is_equal(each, other) for each in content)
    return next(iter(other.values())) in content


def size_of(value: Value | None) -> int:
    """Return what the function `size` gives."""
    if value is None:
        raise ValueError("the operand of size does not exist")
    content = next(iter(value.values()))
    return len(content.encode()) if isinstance(content, str) else len(content)


def add(one: Value | None, other: Value) -> Value:
    """Return what `ADD` makes of a number or a set."""
    ((kind, content),) = other.items()
    if one is None:
        return other
    if kind == "N":
        return {"N": str(_plain(one) + _plain(other))}
    return {kind: sorted({*one[kind], *content})}

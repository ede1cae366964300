"""Sizes as DynamoDB counts them, and the capacity units that they cost.

Sources: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats" and "DynamoDB read and
write operations".
"""

from __future__ import annotations

import math
from typing import Any

KB = 1024
MB = 1024 * KB

_NULL_OR_BOOL = 1
_CONTAINER = 3
_ELEMENT = 1


def text_size(text: Any) -> int:
    """Return the bytes of a text in UTF-8."""
    return len(str(text).encode("utf-8", "surrogatepass"))


def item_size(item: dict[str, Any] | None) -> int:
    """Return the size of an item in bytes: its attributes' names and values."""
    return sum(text_size(name) + value_size(value) for name, value in (item or {}).items())


def value_size(value: dict[str, Any]) -> int:  # noqa: PLR0911
    """Return the size of an attribute value in bytes."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return text_size(content)
        case "N":
            return _number_size(content)
        case "B":
            return len(content) if isinstance(content, bytes) else _decoded_size(content)
        case "SS":
            return sum(map(text_size, content))
        case "NS":
            return sum(map(_number_size, content))
        case "BS":
            return sum(value_size({"B": each}) for each in content)
        case "L":
            return _CONTAINER + sum(_ELEMENT + value_size(each) for each in content)
        case "M":
            return _CONTAINER + sum(
                _ELEMENT + text_size(name) + value_size(each) for name, each in content.items()
            )
        case _:
            return _NULL_OR_BOOL


def _decoded_size(base64: str) -> int:
    return len(base64) * 3 // 4 - base64[-2:].count("=")


def _number_size(number: str) -> int:
    """One byte for each two significant digits, one more, and one for a sign."""
    text = str(number)
    digits = text.lstrip("-").partition("e")[0].partition("E")[0].replace(".", "").strip("0")
    return math.ceil(len(digits) / 2) + 1 + text.startswith("-")


def write_units(size: int) -> int:
    """Return the units of a write of an item of that many bytes: one for each KB or part of it."""
    return max(1, math.ceil(size / KB))


def read_units(size: int, *, consistent: bool) -> float:
    """Return the units of a read of that many bytes: one for each 4 KB or part of it, half of that
    if the read is eventually consistent."""
    units = max(1, math.ceil(size / (4 * KB)))
    return units if consistent else units / 2

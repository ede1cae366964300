"""Python's values as DynamoDB's, and back."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Item = dict[str, Any]
"""An item's attributes by name: str, int, float, bool, None, bytes, list and dict."""


def encode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item, or a part of one, in DynamoDB's JSON.

    Raises:
        TypeError: DynamoDB has no type for a value.
    """
    return {name: encode(value) for name, value in item.items()}


def encode(value: Any) -> dict[str, Any]:
    """Return a value in DynamoDB's JSON, such as `{"S": "text"}`.

    Raises:
        TypeError: DynamoDB has no type for the value.
    """
    for kinds, name, convert in _ENCODE:
        if isinstance(value, kinds):
            return {name: convert(value)}
    raise TypeError(f"DynamoDB has no type for {type(value).__name__}")


def decode_item(item: Mapping[str, Mapping[str, Any]]) -> Item:
    """Return an item that is in DynamoDB's JSON."""
    return {
        name: _DECODE[kind](value) for name, typed in item.items() for kind, value in typed.items()
    }


def _decode(typed: Mapping[str, Any]) -> Any:
    return next(_DECODE[kind](value) for kind, value in typed.items())


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdecimal() else float(text)


def _unchanged(value: Any) -> Any:
    return value


_Convert = Callable[[Any], Any]
_ENCODE: tuple[tuple[type | tuple[type, ...], str, _Convert], ...] = (
    (str, "S", _unchanged),
    (bool, "BOOL", _unchanged),  # before int, which it is
    ((int, float), "N", str),
    (type(None), "NULL", lambda _: True),
    (bytes, "B", lambda value: b64encode(value).decode()),
    ((list, tuple), "L", lambda value: [encode(each) for each in value]),
    (dict, "M", encode_item),
)
_DECODE: dict[str, _Convert] = {
    "S": _unchanged,
    "N": _number,
    "BOOL": _unchanged,
    "NULL": lambda _: None,
    "B": b64decode,
    "L": lambda value: [_decode(each) for each in value],
    "M": decode_item,
    "SS": set,
    "NS": lambda value: {_number(each) for each in value},
    "BS": lambda value: {b64decode(each) for each in value},
}

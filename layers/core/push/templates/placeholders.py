"""Placeholders in texts: `${name}`, `${name|json}`, `${name|url}`, `${name|plain}`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from push.identifiers import ParameterValue


FILTERS = ("json", "url", "plain")
"""How a value is written: `json` as a JSON value, or escaped if the placeholder stands in a JSON
string; `url` percent-encoded; `plain`, and no filter, as it is."""

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_QUOTE_OR_ESCAPE = re.compile(r"\\.|\"", re.DOTALL)


class Placeholder(NamedTuple):
    """A parameter's name, and the filter that its value is written with, None if it has none."""

    name: str
    filter: str | None

    @classmethod
    def of(cls, text: str) -> Placeholder:
        """Return the placeholder that stands between the braces."""
        name, bar, filter_name = text.partition("|")
        return cls(name, filter_name if bar else None)

    def __str__(self) -> str:
        return f"${{{self.name}}}" if self.filter is None else f"${{{self.name}|{self.filter}}}"


def placeholders_in(text: str) -> Iterator[Placeholder]:
    """Yield the placeholders of a text, in order."""
    return map(Placeholder.of, _PLACEHOLDER.findall(text))


def fill_text(text: str, parameters: Mapping[str, ParameterValue]) -> str:
    """Return a text with each placeholder replaced. Placeholders in values are not."""
    parts: list[str] = []
    end, in_string = 0, False
    for found in _PLACEHOLDER.finditer(text):
        literal, placeholder = text[end : found.start()], Placeholder.of(found.group(1))
        quotes = _QUOTE_OR_ESCAPE.findall(literal).count('"')
        in_string ^= quotes % 2 == 1
        value = parameters[placeholder.name]
        parts += literal, _write(value, placeholder.filter, in_json_string=in_string)
        end = found.end()
    return "".join((*parts, text[end:]))


def is_json(text: str) -> bool:
    """Return whether a text is a JSON object, array or string, whatever its parameters."""
    try:
        document = json.loads(_PLACEHOLDER.sub("0", text))
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict | list | str)


def _write(value: ParameterValue, filter_name: str | None, *, in_json_string: bool) -> str:
    # Not Python's True and False.
    shown = json.dumps(value) if isinstance(value, bool) else str(value)
    match filter_name:
        case "json" if in_json_string:
            return json.dumps(shown, ensure_ascii=False)[1:-1]
        case "json":
            return json.dumps(value, ensure_ascii=False)
        case "url":
            return quote(shown, safe="", errors="replace")
        case _:
            return shown

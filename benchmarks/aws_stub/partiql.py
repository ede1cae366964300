"""PartiQL statements, as far as they name one item."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.aws_stub.scope import Item
    from benchmarks.aws_stub.tables import Table

_PLACEHOLDER = re.compile(r"\?")
_INSERTED = re.compile(r"'([^']+)'\s*:\s*(:p[0-9]+|'[^']*')")
_EQUALS = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(:p[0-9]+)")
_CLAUSE = re.compile(r"\b(REMOVE|SET)\b", re.IGNORECASE)
_RETURNING = re.compile(r"\bRETURNING\b.*$", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: its kind, the key of its item (the whole item for `INSERT`), and the expressions
    that say the same."""

    kind: str
    key: Item
    given: dict[str, Any]


def parse_statement(text: str, parameters: Sequence[Any], table: Table) -> Statement:
    """Return what a statement says about one item.

    Raises:
        ValueError: the statement names no whole key, or the stub does not know its form.
    """
    numbers = iter(range(text.count("?")))
    numbered = _PLACEHOLDER.sub(lambda _: f":p{next(numbers)}", text)
    values = {f":p{number}": value for number, value in enumerate(parameters)}
    kind, _, rest = numbered.strip().partition(" ")
    kind = kind.upper()
    if kind == "INSERT":
        pairs = _INSERTED.findall(rest)
        item = {name: values.get(value, {"S": value.strip("'")}) for name, value in pairs}
        return Statement(kind, item, {})
    quoted = _RETURNING.sub("", rest).replace('"', "")
    body, _, where = re.split(r"(\bWHERE\b)", quoted, maxsplit=1, flags=re.IGNORECASE)
    equals = {name: values[place] for name, place in _EQUALS.findall(where)}
    names = [table.hash] if table.range is None else [table.hash, table.range]
    key = {name: equals[name] for name in names if name in equals}
    if len(key) < len(names):
        raise ValueError(f"{text!r} does not name a whole key")
    changes = [part.strip() for part in _CLAUSE.split(body.strip().removeprefix(table.name))]
    sets = [part for verb, part in pairwise(changes) if verb.upper() == "SET"]
    removes = [part for verb, part in pairwise(changes) if verb.upper() == "REMOVE"]
    update = f"SET {', '.join(sets)}" if sets else ""
    update += f" REMOVE {', '.join(removes)}" if removes else ""
    given = {
        "Key": key,
        "ConditionExpression": where,
        "UpdateExpression": update,
        "ExpressionAttributeValues": values,
    }
    return Statement(kind, key, given)

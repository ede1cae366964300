"""DynamoDB's expressions: conditions, keys, filters, updates and projections.

Each text is parsed once into closures, because handlers use the same few texts again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from benchmarks.aws_stub.parser import COMMA, Parser

if TYPE_CHECKING:
    from benchmarks.aws_stub.parser import Condition, Operand
    from benchmarks.aws_stub.scope import Path


@dataclass(frozen=True, slots=True)
class Update:
    """A parsed update: what to set, remove, add to and delete from."""

    sets: tuple[tuple[Path, Operand], ...]
    removes: tuple[Path, ...]
    adds: tuple[tuple[Path, Operand], ...]
    deletes: tuple[tuple[Path, Operand], ...]


@lru_cache(4096)
def parse_condition(text: str) -> Condition:
    """Return the condition that a text says."""
    parser = Parser(text)
    condition = parser.either()
    parser.end()
    return condition


@lru_cache(4096)
def parse_update(text: str) -> Update:
    """Return the update that a text says."""
    parser = Parser(text)
    parts: dict[str, list[Any]] = {"SET": [], "REMOVE": [], "ADD": [], "DELETE": []}
    while parser.token:
        clause = parser.take().upper()
        while True:
            path = parser.path()
            if clause == "SET":
                parser.expect("=")
                parts[clause].append((path, parser.sum()))
            elif clause == "REMOVE":
                parts[clause].append(path)
            else:
                parts[clause].append((path, parser.operand()))
            if parser.token != COMMA:
                break
            parser.take()
    return Update(*(tuple(parts[clause]) for clause in ("SET", "REMOVE", "ADD", "DELETE")))


@lru_cache(1024)
def parse_projection(text: str) -> tuple[Path, ...]:
    """Return the paths of a projection."""
    parser = Parser(text)
    paths = [parser.path()]
    while parser.token == COMMA:
        parser.take()
        paths.append(parser.path())
    parser.end()
    return tuple(paths)

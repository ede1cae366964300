"""PartiQL statements of a request: what each does, to which table."""

from __future__ import annotations

import re
from typing import Any

_STATEMENT = re.compile(
    r'\s*(UPDATE|DELETE\s+FROM|INSERT\s+INTO|SELECT\b.*?\bFROM)\s+"?([\w.-]+)"?',
    re.IGNORECASE | re.DOTALL,
)
_KINDS = {"UPDATE": "Update", "DELETE": "Delete", "INSERT": "Put", "SELECT": "Get"}


def statements_of(given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the PartiQL statements of a request; none if it has none."""
    for name in ("Statements", "TransactStatements"):
        if isinstance(given.get(name), list):
            statements: list[dict[str, Any]] = given[name]
            return statements
    return [given] if "Statement" in given else []


def target_of(text: str) -> tuple[str, str]:
    """Return what a statement does (`Put`, `Update`, `Delete`, `Get`), and to which table."""
    found = _STATEMENT.match(text)
    if not found:
        return "", ""
    return _KINDS[found[1].split()[0].upper()], found[2]

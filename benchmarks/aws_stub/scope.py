"""What expressions are evaluated in: an item, and the placeholders of a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Value = dict[str, Any]
Item = dict[str, Value]
Path = tuple[str | int, ...]


@dataclass(slots=True)
class Scope:
    """What an expression is evaluated in."""

    item: Item
    names: dict[str, str]
    values: dict[str, Value]

    def path(self, path: Path) -> Path:
        """Return a path with its `#name` placeholders resolved."""
        return tuple(
            self.names[step] if isinstance(step, str) and step[0] == "#" else step for step in path
        )

    def get(self, path: Path) -> Value | None:
        """Return the value at a path, None if there is none."""
        if len(path) == 1:  # nearly always
            name = str(path[0])
            return self.item.get(self.names[name] if name[0] == "#" else name)
        first, *rest = self.path(path)
        found: Any = self.item.get(str(first))
        for step in rest:
            if found is None:
                return None
            if isinstance(step, int):
                elements = found.get("L", [])
                found = elements[step] if step < len(elements) else None
            else:
                found = found.get("M", {}).get(step)
        return found  # type: ignore[no-any-return]

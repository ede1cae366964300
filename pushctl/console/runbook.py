"""The runbook's section of an alarm."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__)
# Beside the code in an installed package (pyproject.toml), in docs/ in a clone.
_PLACES = (_HERE.with_name("operations.md"), _HERE.parents[2] / "docs" / "operations.md")


def section(name: str) -> str | None:
    """Return the text of a section and of those that share its alarm, None if the runbook has none
    of this name."""
    sections = _sections()
    if name not in sections:
        return None
    sharing = [
        f"**{title}**\n\n{_without_first_line(text)}"
        for title, text in sections.items()
        if name in _alarms_named(text)
    ]
    return "\n\n".join((sections[name], *sharing))


def _without_first_line(text: str) -> str:
    return text.partition("\n")[2].strip()


def _alarms_named(text: str) -> list[str]:
    """Return the alarms that a section without an alarm of its own names in its first line."""
    first = text.partition("\n")[0]
    return re.findall(r"\*(\w+)\*", first) if first.startswith("Alarm: ") else []


@lru_cache(maxsize=1)
def _sections() -> dict[str, str]:
    for place in _PLACES:
        if place.is_file():
            parts = re.split(r"^## (\S+)\n", place.read_text("utf-8"), flags=re.MULTILINE)
            return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}
    return {}

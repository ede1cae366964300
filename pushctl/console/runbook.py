"""The runbook's section of an alarm."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__)
# Beside the code in an installed package (pyproject.toml), in docs/ in a clone.
_PLACES = (_HERE.with_name("operations.md"), _HERE.parents[2] / "docs" / "operations.md")


def section(name: str) -> str | None:
    """Return the text of a section, None if the runbook has none of this name."""
    return _sections().get(name)


@lru_cache(maxsize=1)
def _sections() -> dict[str, str]:
    for place in _PLACES:
        if place.is_file():
            parts = re.split(r"^## (\S+)\n", place.read_text("utf-8"), flags=re.MULTILINE)
            return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}
    return {}

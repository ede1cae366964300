"""The notes of a release: its section of CHANGELOG.md.

python -m tools.release_notes v1.2.0
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def notes(tag: str, changelog: str, version: str) -> str:
    """Return the section of a tag's version.

    Raises:
        ValueError: the tag is not the project's version, or has no section.
    """
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, but pyproject.toml says {version}")
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)
    for section in sections[1:]:
        title, _, text = section.partition("\n")
        if re.match(rf"\[?{re.escape(version)}\]?(\s|$)", title):
            return text.strip() + "\n"
    raise ValueError(f"CHANGELOG.md has no section {version}")


def main(tag: str) -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    try:
        print(notes(tag, (ROOT / "CHANGELOG.md").read_text("utf-8"), project["version"]), end="")
    except ValueError as error:
        print(f"release_notes: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

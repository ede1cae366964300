"""The last versions of templates, kept on this machine.

The service stores the current version only. The console keeps each version that it saves or sees,
so that an earlier one can be compared and restored.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

KEPT = 20
How = Literal["saved here", "seen"]


class KeptVersion(BaseModel):
    """A version of a template. `at` is when the console saved or first saw it, epoch seconds."""

    model_config = ConfigDict(frozen=True)

    version: int
    at: int
    how: How
    content: dict[str, Any]


_FILE: TypeAdapter[list[KeptVersion]] = TypeAdapter(list[KeptVersion])


def default_folder(stack: str) -> Path:
    """Return the folder of a stack's versions (XDG Base Directory Specification)."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "pushctl" / "console" / stack


class Versions:
    """The versions of one stack's templates, a file for each template."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def keep(
        self, app_id: str, template_id: str, version: int, content: dict[str, Any], *, how: How
    ) -> None:
        """Keep a version that the API returned. Idempotent; a full or read-only disk loses it."""
        file = self._file(app_id, template_id)
        with self._lock:
            kept = self._read(file)
            if kept and kept[0].version == version and kept[0].content == content:
                return
            new = KeptVersion(version=version, at=int(time.time()), how=how, content=content)
            self._write(file, [new, *kept][:KEPT])

    def of(self, app_id: str, template_id: str) -> list[KeptVersion]:
        """Return the versions of a template, the latest first."""
        with self._lock:
            return self._read(self._file(app_id, template_id))

    def _file(self, app_id: str, template_id: str) -> Path:
        # Both are identifiers that the API has accepted: no `/`, and no dot at the start.
        return self._folder / app_id / f"{template_id}.json"

    def _read(self, file: Path) -> list[KeptVersion]:
        try:
            return _FILE.validate_json(file.read_bytes())
        except (OSError, ValidationError):
            return []

    def _write(self, file: Path, versions: list[KeptVersion]) -> None:
        text = json.dumps([each.model_dump() for each in versions], ensure_ascii=False)
        part = file.with_suffix(f".{os.getpid()}.part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part.touch(mode=0o600)
            part.write_text(text, encoding="utf-8")
            part.replace(file)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()

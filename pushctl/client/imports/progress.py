"""The progress of an import on disk, so that one that was killed goes on where it was."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

from pushctl.client.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Counts(BaseModel):
    """Records so far.

    Attributes:
        imported: the table has the channel as the file says.
        kept: the table has a newer registration of the device.
    """

    model_config = ConfigDict(frozen=True)

    records: int = 0
    imported: int = 0
    kept: int = 0
    rejected: int = 0


class _Stored(BaseModel):
    import_id: str
    counts: Counts = Counts()
    rejects_bytes: int = 0
    is_done: bool = False


class Reject(BaseModel):
    """A record that was not imported, and why."""

    model_config = ConfigDict(frozen=True)

    record: int
    reason: str


@dataclass(slots=True)
class Progress:
    """Counts and rejects of one import, saved together: after each batch, both or neither.

    The rejects are appended first, then their length is recorded. What a killed import appended
    beyond the recorded length is cut off.
    """

    file: Path
    rejects_file: Path
    stored: _Stored

    @classmethod
    def open(cls, export: Path, import_id: str, *, restart: bool) -> Self:
        """Return the progress of an import, from the start if there is none or it is done.

        Raises:
            RefusedError: another import of the file has not finished.
        """
        file = export.with_name(f"{export.name}.progress.json")
        rejects_file = export.with_name(f"{export.name}.rejects.csv")
        stored = None
        if file.exists() and not restart:
            try:
                stored = _Stored.model_validate_json(file.read_text("utf-8"))
            except ValueError:
                raise RefusedError(f"{file} cannot be read; --restart starts anew") from None
            if not stored.is_done and stored.import_id != import_id:
                raise RefusedError(
                    f"{file.name} is of an import with another file, app, stack or date, which has"
                    " not finished; give the same, or --restart"
                )
        if stored is None or stored.is_done:
            stored = _Stored(import_id=import_id)
        progress = cls(file, rejects_file, stored)
        progress._cut_rejects()
        return progress

    @property
    def counts(self) -> Counts:
        """The counts as saved."""
        return self.stored.counts

    def save(self, counts: Counts, rejects: Iterable[Reject], *, is_done: bool = False) -> None:
        """Save the counts and the rejects since the last time."""
        with self.rejects_file.open("a", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened)
            for each in rejects:
                writer.writerow([each.record, each.reason])
            opened.flush()
            os.fsync(opened.fileno())
            size = opened.tell()
        self.stored = self.stored.model_copy(
            update={"counts": counts, "rejects_bytes": size, "is_done": is_done}
        )
        part = self.file.with_suffix(".part")
        with part.open("w", encoding="utf-8") as opened:
            opened.write(self.stored.model_dump_json())
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(self.file)

    def _cut_rejects(self) -> None:
        if self.stored.rejects_bytes == 0:
            self.rejects_file.write_text("record,reason\r\n", encoding="utf-8", newline="")
            return
        with self.rejects_file.open("r+b") as opened:
            opened.truncate(self.stored.rejects_bytes)


def import_id(export: Path, settings: dict[str, object]) -> str:
    """Return an id of what an import does: the same for the same file with the same settings."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    with export.open("rb") as opened:
        while block := opened.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

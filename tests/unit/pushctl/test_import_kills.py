"""An import that is killed anywhere and called again ends as one clean run does."""

from __future__ import annotations

import os
import random
import threading
from typing import TYPE_CHECKING

import pytest

from pushctl.client.errors import RefusedError
from pushctl.client.imports.progress import Progress
from pushctl.client.imports.records import RejectedRecordError
from pushctl.client.imports.runner import ImportReport, ImportSettings, run_import
from tests.unit.pushctl.exports import csv_lines
from wns.channel_uri import channel_identity

if TYPE_CHECKING:
    from pathlib import Path

    from pushctl.client.imports.channel_import import Result
    from pushctl.client.imports.rows import Row

pytestmark = pytest.mark.long

NOW = 1_764_000_000
LINES = int(os.environ.get("IMPORT_LINES", "10000"))
KILLS = 5
SETTINGS = ImportSettings(app_id="my-game", format="csv", exported_at=NOW - 86_400)


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


class Table:
    """Channels and the owners of their URIs, by the rules of `ChannelImport`."""

    def __init__(self) -> None:
        self.channels: dict[tuple[str, str], str] = {}
        self.owners: dict[str, tuple[str, str]] = {}
        self.lock = threading.Lock()
        self.writes_left: float = float("inf")

    def write(self, row: Row) -> Result:
        device, uri = (row.player_id, row.device_id), row.registration.channel_uri
        with self.lock:
            self.writes_left -= 1
            if self.writes_left < 0:
                raise Killed
            if device in self.channels:
                return "imported" if self.channels[device] == uri else "kept"
            if self.owners.setdefault(channel_identity(uri), device) != device:
                raise RejectedRecordError("another device has this channel")
            self.channels[device] = uri
        return "imported"


def run(export: Path, table: Table) -> ImportReport:
    saved = Progress.open(export, "the-import", restart=False)
    return run_import(export, SETTINGS, saved, lambda: table, now=NOW)


def export_in(folder: Path) -> Path:
    folder.mkdir()
    file = folder / "export.csv"
    file.write_text("".join(csv_lines(LINES)), encoding="utf-8")
    return file


def test_import_killed_five_times_ends_as_one_clean_run(tmp_path: Path) -> None:
    clean_table, killed_table = Table(), Table()
    clean_export, killed_export = export_in(tmp_path / "clean"), export_in(tmp_path / "killed")
    clean = run(clean_export, clean_table)

    dice = random.Random(7)
    for _ in range(KILLS):
        killed_table.writes_left = dice.randrange(LINES // 6)
        with pytest.raises(Killed):
            run(killed_export, killed_table)
        # What the killed process had appended, but not recorded, does not count.
        with (killed_export.with_name("export.csv.rejects.csv")).open("a") as rejects:
            rejects.write("half a li")
    killed_table.writes_left = float("inf")
    resumed = run(killed_export, killed_table)

    assert resumed.counts == clean.counts
    assert resumed.resumed_at > 0
    assert killed_table.channels == clean_table.channels
    assert killed_table.owners == clean_table.owners
    rejects_of = [
        each.with_name("export.csv.rejects.csv").read_bytes()
        for each in (clean_export, killed_export)
    ]
    assert rejects_of[0] == rejects_of[1]
    assert clean.counts.records == LINES
    assert clean.counts.rejected > LINES * 0.05


def test_import_repeated_after_it_is_done_changes_nothing(tmp_path: Path) -> None:
    table, export = Table(), export_in(tmp_path / "x")
    first = run(export, table)
    before = dict(table.channels)
    again = run(export, table)
    assert again.counts == first.counts
    assert table.channels == before


def test_progress_of_another_import_is_not_continued(tmp_path: Path) -> None:
    table, export = Table(), export_in(tmp_path / "x")
    table.writes_left = 500
    with pytest.raises(Killed):
        run(export, table)
    with pytest.raises(RefusedError, match="has not finished"):
        Progress.open(export, "another-import", restart=False)
    Progress.open(export, "another-import", restart=True)

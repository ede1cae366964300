"""Rules of the repository's text: no path of one person's machine, no overlong line."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tools.template_yaml import ROOT

PATH_OF_A_MACHINE = re.compile(r"(?<![\w.~-])(/home|/root|/Users|/work)/\w|\b[A-Z]:\\+Users\\")


def test_no_line_of_the_template_is_longer_than_120_characters() -> None:
    lines = (ROOT / "template.yaml").read_text("utf-8").splitlines()
    assert not [number for number, line in enumerate(lines, 1) if len(line) > 120]


@pytest.mark.skipif(
    not (ROOT / ".git").exists() or not shutil.which("git"), reason="not a checkout of git"
)
def test_no_tracked_file_holds_an_absolute_path_of_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    tracked = [ROOT / name for name in listed.split("\0") if name]
    assert ROOT / "template.yaml" in tracked
    assert not [
        str(file.relative_to(ROOT))
        for file in tracked
        if file.is_file() and PATH_OF_A_MACHINE.search(file.read_text("utf-8", "replace"))
    ]

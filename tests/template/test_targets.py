"""Every folder of tests is run by a target of the Makefile, and that by CI."""

from __future__ import annotations

import re

from tools.template_yaml import ROOT


def test_every_folder_of_tests_is_run_by_ci() -> None:
    ci = (ROOT / ".ci/run").read_text("utf-8")
    made = set(re.findall(r"^\s*make ([\w-]+)$", ci, re.MULTILINE)) | {"validate"}  # by check
    targets = re.findall(
        r"^([\w-]+):.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.M
    )
    run = {
        folder
        for name, recipe in targets
        if name in made
        for folder in re.findall(r"tests/\w+", recipe)
    }
    files = (ROOT / "tests").rglob("test_*.py")
    assert {"/".join(file.relative_to(ROOT).parts[:2]) for file in files} <= run

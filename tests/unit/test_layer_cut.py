"""Packages of the layer are cut by rules that fail if a package no longer fits them."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

import pytest

from tools.template_yaml import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CUT: dict[str, Any] = runpy.run_path(str(ROOT / "layers/dependencies/cut.py"))
TEXT = '''"""A package."""

from __future__ import annotations

import os

from package.used import (
    One,
    Two,
)
from package.unused import Three

__all__ = [
    "One",
    "Three",
    "Two",
]
SEPARATOR = os.sep
'''


def test_imports_from_other_modules_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "__init__.py"
    path.write_text(TEXT)
    CUT["cut_imports"](path, ("used",))
    notice, *rest = path.read_text().splitlines()
    assert "cut.py" in notice
    assert [each for each in rest if each] == [
        '"""A package."""',
        "from __future__ import annotations",
        "import os",
        "from package.used import (",
        "    One,",
        "    Two,",
        ")",
        "SEPARATOR = os.sep",
        "__all__ = ['One', 'Two']",
    ]


def test_package_that_no_longer_imports_what_is_kept_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "__init__.py"
    path.write_text(TEXT)
    with pytest.raises(ValueError, match=r"does not import \['moved'\]: adapt IMPORTS"):
        CUT["cut_imports"](path, ("used", "moved"))
    assert path.read_text() == TEXT


def test_part_that_a_file_has_no_longer_or_twice_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("import os\n\nNAME = os.name\n")
    for old in ("import sys", "os"):
        with pytest.raises(ValueError, match="adapt EDITS"):
            CUT["edit"](path, ((old, ""),))
    CUT["edit"](path, (("import os\n", ""), ("os.name", "'posix'")))
    notice, *rest = path.read_text().splitlines()
    assert "cut.py" in notice
    assert rest == ["", "NAME = 'posix'"]


TYPES = '''"""Types."""
from typing import Literal, TypedDict


class Whole(TypedDict, total=False):
    """A dict."""

    type: Literal["whole"]


class More(Whole):
    name: str


class Other:
    kind = Whole | More


def whole(name: str) -> Whole:
    return Whole(type="whole", name=name)
'''


def test_typed_dicts_become_dicts_and_other_lines_stay_where_they_are(tmp_path: Path) -> None:
    path = tmp_path / "types.py"
    path.write_text(TYPES)
    CUT["cut_typed_dicts"](path)
    cut = path.read_text()
    assert cut.splitlines().index("class Other:") == TYPES.splitlines().index("class Other:") + 1
    defined = runpy.run_path(str(path))
    assert defined["Whole"] is defined["More"] is dict
    assert defined["whole"]("a") == {"type": "whole", "name": "a"}
    with pytest.raises(ValueError, match="adapt SCHEMA_TYPES"):
        CUT["cut_typed_dicts"](path)


def test_field_named_documentation_is_no_documentation() -> None:
    member = {"shape": "Text", "documentation": "<p>What it says.</p>"}
    model = {"members": {"documentation": member, "other": [member]}}
    assert CUT["without_documentation"](model) == {
        "members": {"documentation": {"shape": "Text"}, "other": [{"shape": "Text"}]}
    }


def test_files_that_an_installer_linked_from_its_cache_stay_as_they_are(tmp_path: Path) -> None:
    cache, installed = tmp_path / "cache", tmp_path / "installed"
    data = '{"documentation": "What it is."}'
    for folder in (cache, installed):
        folder.mkdir()
    for name, text in (("__init__.py", TEXT), ("service-2.json", data)):
        (cache / name).write_text(text)
        (installed / name).hardlink_to(cache / name)
    CUT["cut_imports"](installed / "__init__.py", ("used",))
    CUT["cut_file"](installed / "service-2.json")
    assert (cache / "__init__.py").read_text() == TEXT
    assert (cache / "service-2.json").read_text() == data
    assert (installed / "service-2.json").read_text() == "{}"

"""A folder of files is read as people mean it, and written without losing work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pushctl.client.errors import RefusedError
from pushctl.client.template_files import canonical, read_folder, write_folder

if TYPE_CHECKING:
    from pathlib import Path

CONTENT: dict[str, Any] = {
    "default_locale": "en",
    "locales": {"en": {"toast": {"texts": ["Hi"]}}},
}


def test_language_code_of_norwegian_is_no_false(tmp_path: Path) -> None:
    (tmp_path / "A.yaml").write_text(
        "default_locale: no\nlocales:\n  no: {toast: {texts: [ja, yes, 2026-12-01]}}\n"
    )
    content = read_folder(tmp_path)["A"]
    assert content["default_locale"] == "no"
    assert content["locales"]["no"]["toast"]["texts"] == ["ja", "yes", "2026-12-01"]


def test_true_and_numbers_keep_their_types(tmp_path: Path) -> None:
    (tmp_path / "A.yaml").write_text(
        "push_enabled: false\ndefault_locale: en\nlocales: {en: {badge: {value: 3}}}\n"
    )
    content = read_folder(tmp_path)["A"]
    assert content["push_enabled"] is False
    assert content["locales"]["en"]["badge"]["value"] == 3


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("A.yaml", "locales: [", "A.yaml"),
        ("A.yaml", "- a list\n", "must hold an object"),
        ("A.yaml", "default_locale: en\ndefault_locale: de\nlocales: {}\n", "there twice"),
        ("A.json", '{"default_locale": "en"}', "locales"),
        ("not an id.json", '{"default_locale": "en"}', "not an id.json"),
        ("A.yaml", "a: !!python/object/apply:os.system ['true']\n", "A.yaml"),
    ],
)
def test_file_that_is_no_template_is_named(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(RefusedError) as refused:
        read_folder(tmp_path)
    assert problem in "\n".join(refused.value.details)


def test_written_templates_are_read_back_the_same(tmp_path: Path) -> None:
    content = canonical(CONTENT)
    assert len(write_folder(tmp_path, {"A": content}, force=False)) == 1
    assert write_folder(tmp_path, {"A": content}, force=False) == []
    assert canonical(read_folder(tmp_path)["A"]) == content


def test_file_that_differs_is_overwritten_only_by_force(tmp_path: Path) -> None:
    (tmp_path / "A.yaml").write_text("default_locale: de\nlocales: {de: {badge: {value: 1}}}\n")
    with pytest.raises(RefusedError):
        write_folder(tmp_path, {"A": CONTENT}, force=False)
    write_folder(tmp_path, {"A": CONTENT}, force=True)
    assert read_folder(tmp_path)["A"]["default_locale"] == "en"

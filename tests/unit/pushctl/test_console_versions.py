"""The console keeps the versions of a template that it has saved or seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pushctl.console.versions import KEPT, Versions

if TYPE_CHECKING:
    from pathlib import Path


def content(text: str) -> dict[str, Any]:
    return {"default_locale": "en", "locales": {"en": {"toast": {"texts": [text]}}}}


def test_versions_are_kept_the_latest_first_and_each_once(tmp_path: Path) -> None:
    versions = Versions(tmp_path)
    versions.keep("game", "Hello", 1, content("one"), how="seen")
    versions.keep("game", "Hello", 1, content("one"), how="seen")
    versions.keep("game", "Hello", 2, content("two"), how="saved here")
    found = Versions(tmp_path).of("game", "Hello")
    assert [(each.version, each.how) for each in found] == [(2, "saved here"), (1, "seen")]
    assert found[1].content == content("one")
    assert versions.of("game", "Other") == []


def test_only_the_last_are_kept(tmp_path: Path) -> None:
    versions = Versions(tmp_path)
    for number in range(1, KEPT + 6):
        versions.keep("game", "Hello", number, content(str(number)), how="seen")
    assert [each.version for each in versions.of("game", "Hello")] == list(range(KEPT + 5, 5, -1))


def test_files_are_for_their_owner_and_a_broken_one_is_no_failure(tmp_path: Path) -> None:
    versions = Versions(tmp_path / "new")
    versions.keep("game", "Hello", 1, content("one"), how="seen")
    (file,) = (tmp_path / "new").rglob("*.json")
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("no JSON")
    assert versions.of("game", "Hello") == []
    versions.keep("game", "Hello", 2, content("two"), how="seen")
    assert [each.version for each in versions.of("game", "Hello")] == [2]


def test_disk_that_takes_nothing_loses_the_history_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    versions = Versions(tmp_path / "file")
    versions.keep("game", "Hello", 1, content("one"), how="seen")
    assert versions.of("game", "Hello") == []

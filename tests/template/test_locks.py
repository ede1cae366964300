"""What is installed is pinned, and from whichever package index the machine is set up to use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tools.template_yaml import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LAYER = ROOT / "layers/dependencies/requirements.txt"
LOCKS = [*sorted(ROOT.glob("requirements/*.txt")), LAYER]
each_lock = pytest.mark.parametrize(
    "lock", LOCKS, ids=[str(lock.relative_to(ROOT)) for lock in LOCKS]
)


def requirements_of(lock: Path) -> list[str]:
    """Its logical lines, comments left out."""
    text = re.sub(r"^\s*#.*$", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def pins_of(lock: Path) -> dict[str, str]:
    """Version and marker of each package."""
    pins = (re.split(r"\s--hash=", line)[0] for line in requirements_of(lock))
    return dict(pin.strip().split("==", 1) for pin in pins)


@each_lock
def test_lock_names_no_package_index(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links|--trusted-host", text)


@each_lock
def test_every_package_is_pinned_and_hashed(lock: Path) -> None:
    requirements = requirements_of(lock)
    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,._-]+\])?==\S+ .*--hash=sha256:", requirement)


def test_layer_holds_the_versions_that_the_tests_run_with() -> None:
    assert pins_of(LAYER).items() <= pins_of(ROOT / "requirements/dev.txt").items()


def test_layer_holds_all_that_botocore_needs_and_no_boto3() -> None:
    # A package of the layer hides the runtime's own, so what is used together is pinned together.
    assert {"botocore", "jmespath", "python-dateutil", "urllib3"} <= pins_of(LAYER).keys()
    assert "boto3" not in pins_of(LAYER)

"""One laptop stack for all end-to-end tests: real servers, gone when the tests are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.stack.ports import Ports
from local.stack.stack import LaptopStack

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all tests of the stack in one process, so that there is one stack."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(scope="session")
def stack() -> Iterator[LaptopStack]:
    """The running stack with template.yaml deployed; its logs are in .local/logs/e2e."""
    with LaptopStack("e2e", Ports.free()) as running:
        yield running

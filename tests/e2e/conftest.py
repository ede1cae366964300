"""One laptop stack for all end-to-end tests: real servers, gone when the tests are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.stack.ports import Ports
from local.stack.stack import LaptopStack

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def stack() -> Iterator[LaptopStack]:
    """The running stack with template.yaml deployed; its logs are in .local/logs/e2e."""
    with LaptopStack("e2e", Ports.free()) as running:
        yield running

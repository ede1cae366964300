from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.wns_emulator import WnsEmulator
from tests.integration.wns_emulator.sender import Sender
from tests.integration.wns_emulator.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority")


@pytest.fixture
def wns(authority: Path) -> Iterator[WnsEmulator]:
    with WnsEmulator(authority, seed=1) as emulator:
        yield emulator


@pytest.fixture
def wire(wns: WnsEmulator) -> Wire:
    return Wire(wns.proxy_url, wns.ca_file)


@pytest.fixture
def sender(wns: WnsEmulator, wire: Wire) -> Sender:
    return Sender(wns, wire)

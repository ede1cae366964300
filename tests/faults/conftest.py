"""Proofs of what happens when things break; each prints the numbers it found."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.faults.cloud import Cloud, Servers
from tests.integration.conftest import backend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.backend import Backend

__all__ = ["backend"]

_FOUND = "found"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        each for status in ("passed", "failed") for each in terminalreporter.getreports(status)
    ]
    lines = [
        f"{report.nodeid.rpartition('::')[2]}: {line}"
        for report in reports
        for name, line in report.user_properties
        if name == _FOUND and report.when == "call"
    ]
    if lines:
        terminalreporter.section("what the proofs found")
        for line in lines:
            terminalreporter.line(line)


@pytest.fixture
def found(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Takes a line for the summary at the end of the run."""
    return partial(record_property, _FOUND)


def set_send_rate(backend: Backend, send_rate: int) -> None:
    """Let the app `my-game` send so many notifications a second."""
    settings = {"name": "My Game", "token_audiences": ["windows-game"], "send_rate": send_rate}
    assert backend.call_as_operator("PUT", "/apps/my-game", settings)[0] == 200


def open_app(backend: Backend) -> None:
    """Make the app `my-game`, with a send rate that is no hindrance."""
    backend.open_app()
    set_send_rate(backend, 10_000)


@pytest.fixture
def game(backend: Backend) -> Backend:
    """The backend on moto with the app `my-game`."""
    open_app(backend)
    return backend


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with Servers(tmp_path_factory.mktemp("servers")) as running:
        yield running


@pytest.fixture
def cloud(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The backend in processes, with the app `my-game`; empty and alone."""
    for name, value in servers.environment().items():
        monkeypatch.setenv(name, value)
    servers.empty()
    cloud = Cloud(monkeypatch, servers)
    try:
        open_app(cloud)
        yield cloud
    finally:
        cloud.close()

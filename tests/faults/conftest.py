"""Faults: what happens when things break. Each test reports the numbers that it found."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.aws_limits.fixtures import limits
from tests.faults.cloud import Cloud, Servers
from tests.integration.builders import game_fixture, open_app
from tests.integration.conftest import backend, few_shards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.aws_limits.limits import AwsLimits

__all__ = ["backend", "few_shards", "limits"]

_FOUND = "found"
NO_HINDRANCE = 10_000
"""Notifications per second that an app may send."""


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
        terminalreporter.section("results of the fault tests")
        for line in lines:
            terminalreporter.line(line)


@pytest.fixture
def found(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Take a line for the summary at the end of the run."""
    return partial(record_property, _FOUND)


game = game_fixture(send_rate=NO_HINDRANCE)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with Servers(tmp_path_factory.mktemp("servers")) as running:
        yield running


@pytest.fixture
def cloud(servers: Servers, monkeypatch: pytest.MonkeyPatch, limits: AwsLimits) -> Iterator[Cloud]:
    """The backend in processes, with the app `my-game`; empty and alone."""
    for name, value in servers.environment().items():
        monkeypatch.setenv(name, value)
    # One of its own: the process's session keeps the credentials of the tests before.
    session = boto3.session.Session()
    monkeypatch.setattr("push.aws.clients._make_client", session.client)
    monkeypatch.setattr("push.aws.clients._session", session._session)
    servers.empty()
    cloud = Cloud(monkeypatch, servers, limits)
    try:
        open_app(cloud, send_rate=NO_HINDRANCE)
        yield cloud
    finally:
        cloud.close()

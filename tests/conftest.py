"""The processes that tests run in, and capacity units of each test: `AWS_UNITS=1 pytest …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scheduling import Scheduling, processes

if TYPE_CHECKING:
    from xdist.remote import Producer

UNITS = "aws_units"


# Optional, so that `-p no:xdist` works.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    return processes(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return Scheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = [
        f"{report.nodeid.rpartition('::')[2]}: {line}"
        for report in terminalreporter.getreports("")
        for name, line in report.user_properties
        if name == UNITS and report.when == "teardown"
    ]
    if lines:
        terminalreporter.section("capacity units")
        for line in lines:
            terminalreporter.line(line)

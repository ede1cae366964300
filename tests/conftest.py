"""Capacity units of each test at the end of the run, if asked for: `AWS_UNITS=1 pytest …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

UNITS = "aws_units"


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

"""The processes of pytest-xdist: how many, and which tests each of them runs.

Tests share a process if they share something that is slow to start. Marks for `--dist loadgroup`
would say it beside the tests, but pytest-xdist 3.8 writes them where pytest 9 does not read them.

Some tests mostly wait, for other processes and for time to pass. One process runs them one after
the other while the others compute, so that no core is idle.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest
    from xdist.workermanage import WorkerController

TOGETHER = {
    "tests/artifact/": "builds",
    "tests/e2e/": "one laptop stack",
    "tests/faults/test_kills.py": "workers",
    "tests/faults/test_limits_in_workers.py": "workers",
    "tests/faults/test_side_by_side.py": "workers",
    "tests/template/test_build.py": "a translated template",
    "tests/template/test_handlers.py": "loaded handlers",
    "tests/template/test_runbook.py": "parsed code",
    "tests/template/test_translated.py": "our translated template",
}
WAITING = ("tests/e2e", "tests/faults")


def processes(config: pytest.Config) -> int:
    """Return how many processes `-n auto` starts: one for each core, and one for the tests that
    wait, if there are any."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (cores or 1) + any(each.startswith(WAITING) for each in config.args)


class Scheduling(LoadScopeScheduling):
    """Gives each process the next test, or all tests that stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return next((name for start, name in TOGETHER.items() if nodeid.startswith(start)), nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        others = (work for each, work in self.assigned_work.items() if each is not node)
        wanted = not any(self._pending_of(_waiting(work)) for work in others)
        is_wanted = (name for name, unit in self.workqueue.items() if _waits(unit) is wanted)
        if (scope := next(is_wanted, None)) is not None:
            self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)


Unit = dict[str, bool]
"""Tests of one scope, and whether each has been run."""


def _waits(unit: Unit) -> bool:
    return next(iter(unit)).startswith(WAITING)


def _waiting(work: dict[str, Unit]) -> dict[str, Unit]:
    return {scope: unit for scope, unit in work.items() if _waits(unit)}

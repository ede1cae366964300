"""Which tests share a process of pytest-xdist: those that share something that is slow to start.

Marks for `--dist loadgroup` would say it beside the tests, but pytest-xdist 3.8 writes them where
pytest 9 does not read them.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

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


class Scheduling(LoadScopeScheduling):
    """Gives each process the next test, or all tests that stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return next((name for start, name in TOGETHER.items() if nodeid.startswith(start)), nodeid)

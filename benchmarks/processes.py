"""Processes that are measured, one round at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from benchmarks.aws_stub.control import ROOT

if TYPE_CHECKING:
    from types import TracebackType


class MeasuredProcessError(Exception):
    """Raised when a measured process fails; contains the end of what it printed."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a round took: CPU and wall seconds, memory in MB after it, bytes of log, its result."""

    cpu: float
    wall: float
    rss_mb: float
    result: Any = None
    log_bytes: int = 0


class MeasuredProcess:
    """A process that speaks the protocol of `benchmarks.workload`; leaving it ends the process."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._log = (ROOT / "benchmarks/.peers/last.log").open("a")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        self._read()

    @classmethod
    def of_product(cls, *arguments: str, environment: dict[str, str]) -> Self:
        """Start `benchmarks.workers` with these arguments."""
        return cls([sys.executable, "-m", "benchmarks.workers", *arguments], environment)

    def run(self, given: Any) -> Spent:
        """Run a round."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(json.dumps(given) + "\n")
        self._process.stdin.flush()
        return Spent(**self._read())

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        line = self._process.stdout.readline()
        if not line:
            self._log.flush()
            log = (ROOT / "benchmarks/.peers/last.log").read_text()
            raise MeasuredProcessError(log.strip()[-600:] or "the process ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe is not None:
                pipe.close()

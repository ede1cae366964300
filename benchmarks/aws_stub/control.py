"""The stub as the benchmarks use it: started as a process, filled, counted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import requests

from tools import template_yaml

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
ACCOUNT = "123456789012"


class AwsStub:
    """A running stub with the tables of template.yaml. Leaving it ends the process."""

    def __init__(self, port: int, process: subprocess.Popen[str] | None = None) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._process = process
        self._session = requests.Session()
        self._session.trust_env = False

    @classmethod
    def start(cls) -> Self:
        environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}"}
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.aws_stub"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        stub = cls(int(process.stdout.readline()), process)
        tables = template_yaml.resources_of_type("AWS::DynamoDB::Table")
        stub.ask(
            "tables", [{"TableName": name} | each["Properties"] for name, each in tables.items()]
        )
        return stub

    def ask(self, what: str, given: Any = None) -> Any:
        """Make a request to the stub's own routes."""
        return self._session.post(f"{self.url}/control/{what}", json=given, timeout=60).json()

    def delay(self, seconds: float) -> None:
        """Answer each call of AWS so much later."""
        self.ask("delay", seconds)

    def counts(self) -> dict[str, dict[str, float]]:
        """Return what was counted since `reset`."""
        found: dict[str, dict[str, float]] = self.ask("counts")
        return found

    def reset(self) -> None:
        """Count from zero."""
        self.ask("reset")

    def clear(self, table: str) -> None:
        """Remove everything from a table."""
        self.ask("clear", table)

    def take(self, queue: str, most: int = 10) -> list[str]:
        """Take message bodies out of a queue."""
        found: list[str] = self.ask("take", {"queue": queue, "most": most})
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()

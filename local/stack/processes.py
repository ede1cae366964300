"""Child processes that never outlive this one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import requests

from local.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

LEASH = Path(__file__).with_name("leash.py")
GRACE_SECONDS = 3.0
LOG_LINES_SHOWN = 8
# All that a server gets of the developer's environment: AWS profiles, proxies and certificate
# bundles stay out of the stack, and so does the home directory with its AWS configuration.
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL")


class Processes:
    """The servers of one stack; leaving the context stops them all.

    Each runs behind `leash.py`, which stops the server and every process that it started as soon
    as its standard input ends: on `stop`, and also when this process is killed outright.
    """

    def __init__(self, log_directory: Path, *, home: Path) -> None:
        self._log_directory = log_directory
        self._home = home
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        self._log_directory.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(
        self, name: str, command: Sequence[str], *, settings: Mapping[str, str], directory: Path
    ) -> None:
        """Starts a server whose output goes to `<name>.log`."""
        kept = {
            variable: os.environ[variable] for variable in KEPT_VARIABLES if variable in os.environ
        }
        private = {"HOME": str(self._home), "TMPDIR": str(self._home), "PYTHONUNBUFFERED": "1"}
        with (self._log_directory / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-I", "-S", str(LEASH), str(GRACE_SECONDS), *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env={**kept, **private, **settings},
                start_new_session=True,
            )

    def wait_until_ready(self, name: str, is_ready: Callable[[], bool], *, seconds: float) -> None:
        """Waits for a server's answer.

        Raises: StackError with the end of its log if it ended, or did not answer in time.
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            if (code := self._running[name].poll()) is not None:
                raise StackError(
                    f"{name} ended with code {code} while starting; {self.log_end(name)}"
                )
            if time.monotonic() > deadline:
                raise StackError(
                    f"{name} did not answer within {seconds:g} s; {self.log_end(name)}"
                )
            time.sleep(0.02)

    def ended(self) -> str | None:
        """The name of a server that has ended by itself, if one has."""
        return next(
            (name for name, child in self._running.items() if child.poll() is not None), None
        )

    def log_end(self, name: str) -> str:
        """Where the log of a server is, and its last lines."""
        path = self._log_directory / f"{name}.log"
        lines = path.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return f"its log {path} ends with:\n" + "\n".join(f"  | {line}" for line in lines)

    def stop(self) -> None:
        """Ends every server at once; returns when the last one, and what it started, is gone."""
        for child in self._running.values():
            if child.stdin is not None:
                child.stdin.close()
        for child in self._running.values():
            child.wait()
        self._running.clear()


def answers(url: str) -> bool:
    """Whether a server answers this URL with success."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=1).ok
        except requests.RequestException:
            return False

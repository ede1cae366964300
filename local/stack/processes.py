"""Child processes that never outlive this one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import requests

from local import direct_http
from local.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LEASH = Path(__file__).with_name("leash.py")
GRACE_SECONDS = 3.0
LOG_LINES_SHOWN = 8
# All other variables are withheld from the servers, so that the developer's AWS profiles, proxies,
# certificate bundles and home directory do not affect the stack.
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL")


class Processes:
    """The servers of one stack; leaving the context stops them all.

    Each runs under `leash.py`, which stops the server and all its processes when its standard input
    ends: on `stop`, and also when this process is killed.
    """

    def __init__(self, log_directory: Path, *, home: Path) -> None:
        self._log_directory = log_directory
        self._home = home
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        try:
            self._log_directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:  # `.local` is a file, or belongs to somebody else
            raise StackError(
                f"the folder {self._log_directory} cannot be made: {error.strerror}; remove what is"
                " in its place."
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(
        self, name: str, command: Sequence[str], *, settings: Mapping[str, str], directory: Path
    ) -> None:
        """Start a server whose output goes to `<name>.log`."""
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
        """Wait until a server is ready.

        Raises:
            StackError: it ended, or was not ready in time; contains the end of its log.
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            if (code := self._running[name].poll()) is not None:
                raise StackError(
                    f"{name} ended with code {code} while starting; {self.log_end(name)}"
                )
            if time.monotonic() > deadline:
                raise StackError(f"{name} was not ready within {seconds:g} s; {self.log_end(name)}")
            time.sleep(0.02)

    def ended(self) -> str | None:
        """Return the name of a server that has ended by itself, if any."""
        return next(
            (name for name, child in self._running.items() if child.poll() is not None), None
        )

    def log_end(self, name: str) -> str:
        """Describe where a server's log is, with its last lines."""
        path = self._log_directory / f"{name}.log"
        lines = path.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return f"its log {path} ends with:\n" + "\n".join(f"  | {line}" for line in lines)

    def stop(self) -> None:
        """Stop all servers; returns when they and their child processes have ended."""
        for child in self._running.values():
            if child.stdin is not None:
                child.stdin.close()
        for child in self._running.values():
            child.wait()
        self._running.clear()


def responds(url: str) -> bool:
    """Return whether a GET of this URL succeeds."""
    try:
        return direct_http.request("GET", url, timeout=1).ok
    except requests.RequestException:
        return False

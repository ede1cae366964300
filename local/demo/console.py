"""pushctl's console beside a stack of `make run`."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from local.stack.build import ROOT
from local.stack.errors import StackError
from local.stack.processes import GRACE_SECONDS, KEPT_VARIABLES, LEASH
from local.stack.run_files import STATE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ART = ROOT / "local/devices/static/art"


@contextlib.contextmanager
def running_console(state: Path, logs: Path) -> Iterator[str]:
    """Serve the console of the stack whose state file is in a folder; yields its address.

    Raises:
        StackError: it does not start.
    """
    command = [
        *(sys.executable, "-I", "-S", str(LEASH), str(GRACE_SECONDS), sys.executable),
        *("-m", "pushctl", "--local", "--json", "console"),
        *("--pictures", str(ART), "--versions", str(state / "console")),
    ]
    settings = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    settings |= {
        "HOME": str(state),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}",
        "PUSHCTL_LOCAL_STATE": str(state / STATE_FILE),
    }
    with (
        (logs / "console.log").open("wb") as log,
        # The address goes to this process, not to the log: it holds the token.
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=ROOT,
            env=settings,
            start_new_session=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None  # noqa: S101
            line = process.stdout.readline()
            if not line:
                raise StackError(f"the console does not start; see {log.name}")
            yield str(json.loads(line)["url"])
        finally:
            assert process.stdin is not None  # noqa: S101
            process.stdin.close()
            process.wait()

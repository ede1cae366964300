"""Runs a command and ends it together with the process that started it.

    python leash.py GRACE_SECONDS COMMAND [ARGUMENT...]

The command gets a process group of its own. When standard input ends, because the parent closed
its end of the pipe or died for any reason, the group is sent SIGTERM and, after the grace,
SIGKILL. When the command ends by itself, remaining processes of its group are killed. The exit code
is the command's.

Stand-alone and standard library only: it starts before every server and must be quick.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading


def signal_group(group: int, number: int) -> None:
    # macOS reports EPERM, not ESRCH, for a group of which only a zombie is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def stop_at_end_of_input(group: int, grace_seconds: float) -> None:
    while os.read(0, 4096):
        pass
    signal_group(group, signal.SIGTERM)
    timer = threading.Timer(grace_seconds, signal_group, (group, signal.SIGKILL))
    timer.daemon = True
    timer.start()


def main(arguments: list[str]) -> int:
    grace_seconds, command = float(arguments[0]), arguments[1:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Not SIG_IGN: the command would inherit that and ignore requests to stop.
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    stopper = threading.Thread(
        target=stop_at_end_of_input, args=(child.pid, grace_seconds), daemon=True
    )
    stopper.start()
    code = child.wait()
    signal_group(child.pid, signal.SIGKILL)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

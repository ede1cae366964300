"""Servers of the laptop stack end with the stack, whatever ends it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.stack.errors import StackError
from local.stack.processes import Processes

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 10.0

# A server that starts another process and prints both ids.
SERVER_WITH_WORKER = """
import os, pathlib, subprocess, sys, time
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
part = pathlib.Path(sys.argv[1] + ".part")
part.write_text(f"{os.getpid()} {worker.pid}")
part.rename(sys.argv[1])
time.sleep(600)
"""
IGNORES_SIGTERM = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVER_WITH_WORKER
)


def start(processes: Processes, program: str, *arguments: Path, **settings: str) -> None:
    command = [sys.executable, "-I", "-c", program, *map(str, arguments)]
    processes.start("server", command, settings=settings, directory=ROOT)


def wait_until(predicate: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not predicate():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    # A zombie, whose new parent has yet to collect it, runs no more.
    return state != "" and not state.startswith("Z")


def pids_in(path: Path) -> list[int]:
    wait_until(path.exists)
    return [int(pid) for pid in path.read_text().split()]


def test_leaving_the_stack_ends_servers_and_their_children(tmp_path: Path) -> None:
    told = tmp_path / "pids"
    with Processes(tmp_path / "logs", home=tmp_path) as processes:
        start(processes, SERVER_WITH_WORKER, told)
        pids = pids_in(told)
        assert all(map(is_alive, pids))
    assert not any(map(is_alive, pids))


def test_server_that_ignores_sigterm_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.stack.processes.GRACE_SECONDS", 0.1)
    told = tmp_path / "pids"
    with Processes(tmp_path / "logs", home=tmp_path) as processes:
        start(processes, IGNORES_SIGTERM, told)
        pids = pids_in(told)
    assert not any(map(is_alive, pids))


def test_failure_inside_the_stack_ends_the_servers(tmp_path: Path) -> None:
    told = tmp_path / "pids"

    def fail() -> None:
        with Processes(tmp_path / "logs", home=tmp_path) as processes:
            start(processes, SERVER_WITH_WORKER, told)
            pids_in(told)
            raise RuntimeError("a test failed")

    with pytest.raises(RuntimeError, match="a test failed"):
        fail()
    assert not any(map(is_alive, pids_in(told)))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_servers_end_when_their_parent_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    told = tmp_path / "pids"
    starter = f"""
import sys, time
from pathlib import Path
from local.stack.processes import Processes
home = Path({str(tmp_path)!r})
with Processes(home / "logs", home=home) as processes:
    command = [sys.executable, "-c", {SERVER_WITH_WORKER!r}, {str(told)!r}]
    processes.start("server", command, settings={{}}, directory=home)
    time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", starter], cwd=ROOT) as running:
        pids = pids_in(told)
        running.send_signal(number)
    wait_until(lambda: not any(map(is_alive, pids)))


def test_worker_of_a_dead_server_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pids"
    with Processes(tmp_path / "logs", home=tmp_path) as processes:
        start(processes, SERVER_WITH_WORKER, told)
        server, worker = pids_in(told)
        os.kill(server, signal.SIGKILL)
        wait_until(lambda: processes.ended() == "server")
        wait_until(lambda: not is_alive(worker))


def test_server_that_ends_while_starting_is_reported_with_the_end_of_its_log(
    tmp_path: Path,
) -> None:
    with Processes(tmp_path / "logs", home=tmp_path) as processes:
        start(processes, "raise SystemExit('no licence')")
        with pytest.raises(StackError, match=r"server ended with code 1 .*\n  \| no licence"):
            processes.wait_until_ready("server", lambda: False, seconds=DEADLINE_SECONDS)


def test_server_that_is_not_ready_in_time_is_reported(tmp_path: Path) -> None:
    with Processes(tmp_path / "logs", home=tmp_path) as processes:
        start(processes, "import time; time.sleep(600)")
        with pytest.raises(StackError, match=r"server was not ready within 0\.1 s"):
            processes.wait_until_ready("server", lambda: False, seconds=0.1)


def test_servers_see_nothing_of_the_developers_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "HTTPS_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PYTHONPATH"):
        monkeypatch.setenv(name, "the developer's own")
    shows = "import os, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(' '.join(os.environ))"
    shown = tmp_path / "shown"
    with Processes(tmp_path / "logs", home=tmp_path) as processes:
        start(processes, shows, shown, SETTING="1")
        wait_until(lambda: processes.ended() == "server")
    allowed = {
        "PATH",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "HOME",
        "TMPDIR",
        "PYTHONUNBUFFERED",
        "SETTING",
    }
    assert {"HOME", "TMPDIR", "SETTING"} <= set(shown.read_text().split()) <= allowed

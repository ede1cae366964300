"""`make run` works end to end, and leaves nothing running."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, astuple

from local.stack.build import ROOT
from local.stack.ports import Ports, variable_of
from local.stack.stack import LOCAL

RUN = [sys.executable, "-m", "local.demo.run", "--name", "run-tested"]
START_SECONDS = 60.0
STOP_SECONDS = 10.0


def environment(ports: Ports) -> dict[str, str]:
    settings = {variable_of(name): str(port) for name, port in asdict(ports).items()}
    misleading = {
        "AWS_PROFILE": "the-developers-own",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "REQUESTS_CA_BUNDLE": "/nowhere",
        "SSL_CERT_FILE": "/nowhere",
    }
    return {**os.environ, **settings, **misleading}


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def test_ctrl_c_ends_every_process_of_a_run_whatever_the_developers_settings_are() -> None:
    ports = Ports.free()
    with subprocess.Popen(
        RUN, cwd=ROOT, env=environment(ports), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        deadline = time.monotonic() + START_SECONDS
        console = ""
        for line in running.stdout:
            assert time.monotonic() < deadline
            if line.startswith("  console "):
                console = line.split()[1]
                break
        settings = (LOCAL / "run-tested/env").read_text("utf-8")
        assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{ports.aws}\n" in settings
        status = subprocess.run(
            [sys.executable, "-m", "pushctl", "--local", "--local-name", "run-tested", "status"],
            cwd=ROOT,
            env={**environment(ports), "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert "space-duel" in status.stdout
        assert all(map(listens, astuple(ports)))
        port = int(console.split(":")[2].split("/")[0])
        assert listens(port)
        token = console.split("/")[3]
        logs = (LOCAL / "logs/run-tested").iterdir()
        assert not [log for log in logs if token in log.read_text("utf-8", "replace")]
        running.send_signal(signal.SIGINT)
        assert running.wait(STOP_SECONDS) == 0
    assert not any(map(listens, [*astuple(ports), port]))
    assert not (LOCAL / "run-tested/stack.json").exists()
    assert not (LOCAL / "run-tested/env").exists()


def test_port_in_use_is_one_sentence_and_nothing_is_left_running() -> None:
    ports = Ports.free()
    with socket.create_server(("127.0.0.1", ports.wns_proxy)):
        done = subprocess.run(
            RUN, cwd=ROOT, env=environment(ports), capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == (
        f"laptop stack: port {ports.wns_proxy} is in use, and the WNS emulator wants it: stop what "
        "listens there, or set LAPTOP_WNS_PROXY_PORT to another port.\n"
    )
    assert not any(map(listens, astuple(ports)))

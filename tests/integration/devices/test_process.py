"""`python -m local.devices` starts, stops and fails in a way that a person understands."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from local.stack.build import ROOT
from local.stack.processes import responds
from tests.integration.devices.page import Page

if TYPE_CHECKING:
    from local.wns_emulator import WnsEmulator

KEY = {"AWS_ACCESS_KEY_ID": "operator", "AWS_SECRET_ACCESS_KEY": "not-to-be-told"}
START_SECONDS = 20.0
STOP_SECONDS = 5.0


def command(port: int, wns_control_url: str) -> list[str]:
    nowhere = "http://127.0.0.1:1"
    return [
        *(sys.executable, "-m", "local.devices", "--port", str(port), "--aws-port", "1"),
        *("--api-url", nowhere, "--issuer-url", nowhere, "--wns-control-url", wns_control_url),
        *("--bus", "game-events", "--token-refresher", "refresher"),
    ]


def test_it_stops_at_once_with_an_open_page_and_reports_an_unreachable_product(
    wns: WnsEmulator,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    environment = {**os.environ, **KEY}
    with subprocess.Popen(command(port, wns.control_url), cwd=ROOT, env=environment) as running:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + START_SECONDS
        while not responds(url):
            assert time.monotonic() < deadline
        page = Page(url)
        answer = page.post("/api/devices", {"player": "sam", "name": "PC"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "unreachable")
        assert "not-to-be-told" not in answer.text
        with page.get("/api/events", stream=True) as stream:
            assert next(stream.iter_lines()) == b"retry: 1000"
            running.send_signal(signal.SIGTERM)
            assert running.wait(STOP_SECONDS) in {0, -signal.SIGTERM}


def test_port_in_use_and_missing_credentials_are_reported_in_one_sentence(wns: WnsEmulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for environment, words in (
            ({**os.environ, **KEY}, f"devices: port {port} cannot be used: "),
            ({name: os.environ[name] for name in ("PATH",)}, "devices: set AWS_ACCESS_KEY_ID"),
        ):
            done = subprocess.run(
                command(port, wns.control_url),
                cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 1
            assert done.stderr.startswith(words)
            assert done.stderr.count("\n") == 1

"""The two forms of the emulator: in a thread, and as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from local.wns_emulator import ControlError, EmulatorControl, PortInUseError, WnsEmulator
from tests.integration.wns_emulator.sender import SECRET, SID
from tests.integration.wns_emulator.wire import LIVE, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]


def start(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local.wns_emulator", "--directory", str(directory), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_in_process_form_starts_within_a_tenth_of_a_second(authority: Path) -> None:
    def duration() -> float:
        started = time.perf_counter()
        with WnsEmulator(authority):
            return time.perf_counter() - started

    assert min(duration() for _ in range(3)) < 0.1


def test_two_emulators_are_independent(authority: Path) -> None:
    with WnsEmulator(authority) as one, WnsEmulator(authority) as other:
        one.put_app(package_sid=SID, client_secret=SECRET)

        assert other.apps() == []
        assert one.proxy_url != other.proxy_url


def test_controls_after_the_end_are_refused(authority: Path) -> None:
    with WnsEmulator(authority) as wns:
        pass

    with pytest.raises(ControlError):
        wns.now()


def test_taken_port_is_one_clear_error(authority: Path, taken_port: int) -> None:
    with (
        pytest.raises(PortInUseError, match=f"Port {taken_port} "),
        WnsEmulator(authority, control_port=taken_port),
    ):
        pass


def test_end_does_not_wait_for_open_connections(authority: Path) -> None:
    with WnsEmulator(authority) as wns:
        wire = Wire(wns.proxy_url, wns.ca_file)
        tunnel = wire.tunnel("db5.notify.windows.com")
        tunnel.__enter__()
        session = requests.Session()
        session.trust_env = False
        events = session.get(f"{wns.control_url}/events", stream=True, timeout=5)
        waiting = threading.Thread(target=wns.wait, args=(wns.cursor(), 20))
        waiting.start()
        started = time.perf_counter()
    took = time.perf_counter() - started

    waiting.join(5)
    events.close()
    session.close()
    tunnel.__exit__(None, None, None)
    assert took < 1
    assert not waiting.is_alive()


def test_ca_is_kept_and_its_key_is_private(tmp_path: Path) -> None:
    with WnsEmulator(tmp_path) as wns:
        first = Path(wns.ca_file).read_bytes()
    with WnsEmulator(tmp_path) as wns:
        assert Path(wns.ca_file).read_bytes() == first

    assert stat.S_IMODE((tmp_path / "ca-key.pem").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem"])
@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_corrupted_ca_is_replaced(tmp_path: Path, name: str, content: bytes | None) -> None:
    with WnsEmulator(tmp_path):
        pass
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)

    with WnsEmulator(tmp_path) as wns:
        assert Wire(wns.proxy_url, wns.ca_file).send(LIVE, method="GET").status == 400


def test_ca_of_another_key_is_replaced(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with WnsEmulator(tmp_path / name):
            pass
    (tmp_path / "a" / "ca.pem").write_bytes((tmp_path / "b" / "ca.pem").read_bytes())

    with WnsEmulator(tmp_path / "a") as wns:
        assert Wire(wns.proxy_url, wns.ca_file).send(LIVE, method="GET").status == 400


def test_key_that_others_can_read_is_made_private(tmp_path: Path) -> None:
    with WnsEmulator(tmp_path):
        pass
    (tmp_path / "ca-key.pem").chmod(0o644)

    with WnsEmulator(tmp_path):
        assert stat.S_IMODE((tmp_path / "ca-key.pem").stat().st_mode) == 0o600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_process_prints_its_addresses_and_exits_0_on_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    with start(tmp_path) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        proxy, control, ca_file = words[3], words[5], words[7]
        controls = EmulatorControl(control)
        controls.put_app(package_sid=SID, client_secret=SECRET)
        channel = controls.create_channel(SID, "pc")
        answer = Wire(proxy, ca_file).send(
            channel.channel_uri,
            headers={
                "Authorization": f"Bearer {controls.issue_token(SID)}",
                "Content-Type": "application/octet-stream",
                "X-WNS-Type": "wns/raw",
            },
            body="hello",
        )
        assert answer.status == 200
        assert controls.device("pc").raw[0]["text"] == "hello"
        started = time.perf_counter()
        os.kill(process.pid, number)
        rest, errors = process.communicate(timeout=10)

    assert process.returncode == 0
    assert time.perf_counter() - started < 2
    assert (rest, errors) == ("", "")


@pytest.mark.parametrize("option", ["--proxy-port", "--control-port"])
def test_process_with_a_taken_port_prints_one_line_and_exits_1(
    tmp_path: Path, taken_port: int, option: str
) -> None:
    with start(tmp_path, option, str(taken_port)) as process:
        output, errors = process.communicate(timeout=20)

    assert process.returncode == 1
    assert output == ""
    assert errors.count("\n") == 1
    assert str(taken_port) in errors
    assert option in errors


def test_process_with_an_unusable_directory_prints_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with start(tmp_path / "file" / "below") as process:
        _, errors = process.communicate(timeout=20)

    assert process.returncode == 1
    assert errors.count("\n") == 1
    assert "file" in errors

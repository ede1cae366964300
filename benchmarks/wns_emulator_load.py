"""The throughput of one WNS emulator: `python -m benchmarks.wns_emulator_load`.

Starts an emulator process of its own, posts toasts to it over kept-alive connections for some
seconds, and prints the rate, and what it cost the emulator in processor time and memory.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pycurl

from local.wns_emulator.control.client import EmulatorControl

PACKAGE_SID = "ms-app://s-1-15-2-1"
SECRET = "of no use elsewhere"  # noqa: S105
TOAST = (
    b'<toast launch="action=match&amp;id=42"><visual><binding template="ToastGeneric">'
    b"<text>Alex challenges you</text><text>Best of three on Dust Harbour</text></binding></visual>"
    b'<audio src="ms-winsoundevent:Notification.IM"/></toast>'
)
CLOCK_TICKS_PER_SECOND = 100
FILLED = 60  # more than a device keeps of anything, so that memory has its final size


@dataclass(frozen=True)
class Reading:
    """Processor time in seconds and resident memory in KiB of a process."""

    processor: float
    memory: int

    @classmethod
    def of(cls, pid: int) -> Reading:
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        status = Path(f"/proc/{pid}/status").read_text()
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        processor = sum(map(int, ticks)) / CLOCK_TICKS_PER_SECOND
        return cls(processor, int(resident.split()[1]))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.wns_emulator_load", description=__doc__
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--devices", type=int, default=200)
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as directory,
        subprocess.Popen(
            [sys.executable, "-m", "local.wns_emulator", "--directory", directory],
            stdout=subprocess.PIPE,
            text=True,
        ) as emulator,
    ):
        try:
            words = emulator.stdout.readline().split() if emulator.stdout else []
            if not words:
                raise SystemExit("the emulator did not start")
            _measure(
                emulator.pid, proxy=words[3], control=words[5], ca_file=words[7], **vars(options)
            )
        finally:
            emulator.terminate()
    return 0


def _measure(
    pid: int,
    *,
    proxy: str,
    control: str,
    ca_file: str,
    seconds: float,
    connections: int,
    devices: int,
) -> None:
    controls = EmulatorControl(control)
    controls.put_app(package_sid=PACKAGE_SID, client_secret=SECRET)
    uris = [controls.create_channel(PACKAGE_SID, f"pc-{n}").channel_uri for n in range(devices)]
    sender = _Sender(uris, proxy, ca_file, controls.issue_token(PACKAGE_SID), connections)
    while sender.sent < FILLED * devices:
        sender.run(0.5)
    sender.sent = 0
    before, started = Reading.of(pid), time.perf_counter()
    sender.run(seconds)
    after, took = Reading.of(pid), time.perf_counter() - started
    processor = after.processor - before.processor
    print(
        f"{sender.sent} notifications in {took:.1f} s: {sender.sent / took:.0f} a second; "
        f"emulator: {processor / sender.sent * 1e6:.0f} us of processor time each, so "
        f"{sender.sent / processor:.0f} a second on one core; "
        f"memory {before.memory // 1024} MiB before, {after.memory // 1024} MiB after"
    )


class _Sender:
    def __init__(
        self, uris: list[str], proxy: str, ca_file: str, token: str, connections: int
    ) -> None:
        self._uris = uris
        self._multi = pycurl.CurlMulti()
        self._idle = [self._easy(proxy, ca_file, token) for _ in range(connections)]
        self._started = 0
        self.sent = 0

    def run(self, seconds: float) -> None:
        deadline = time.perf_counter() + seconds
        busy = 0
        while busy or time.perf_counter() < deadline:
            while self._idle and time.perf_counter() < deadline:
                self._start(self._idle.pop())
                busy += 1
            self._multi.perform()
            _, done, failed = self._multi.info_read()
            if failed:
                raise SystemExit(f"a request failed: {failed[0][2]}")
            for easy in done:
                status = easy.getinfo(pycurl.RESPONSE_CODE)
                if status != HTTPStatus.OK:
                    raise SystemExit(f"WNS answered {status}")
                self._multi.remove_handle(easy)
                self._idle.append(easy)
                self.sent += 1
                busy -= 1
            if not done:
                self._multi.select(0.1)

    def _start(self, easy: pycurl.Curl) -> None:
        easy.setopt(pycurl.URL, self._uris[self._started % len(self._uris)])
        self._started += 1
        self._multi.add_handle(easy)

    def _easy(self, proxy: str, ca_file: str, token: str) -> pycurl.Curl:
        easy = pycurl.Curl()
        easy.setopt(pycurl.PROXY, proxy)
        easy.setopt(pycurl.CAINFO, ca_file)
        easy.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        easy.setopt(pycurl.POSTFIELDS, TOAST)
        easy.setopt(
            pycurl.HTTPHEADER,
            [
                "Content-Type: text/xml",
                "X-WNS-Type: wns/toast",
                "X-WNS-RequestForStatus: true",
                f"Authorization: Bearer {token}",
                "Expect:",
            ],
        )
        return easy


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The peers, installed by themselves into `benchmarks/.peers`, and how each is started.

Python's by pip from a lock, Node's by npm, wrk as a Debian package that is unpacked, not installed.
What cannot be had is left out and named.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

from benchmarks.aws_stub.control import ROOT
from benchmarks.lambda_events import sink_environment
from benchmarks.processes import MeasuredProcess, Spent
from benchmarks.workload import BODY, CONCURRENCY, HEADERS, TOKEN, path

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.wns_sink.process import WnsSink

FOLDER = ROOT / "benchmarks/.peers"
PYTHON = FOLDER / "python/bin/python"
NODE_WNS = "wns@0.5.4"
WRK_PACKAGES = ("wrk", "libluajit2-5.1-2", "libluajit-5.1-2")
PYTHON_PEERS = (
    "pyreqwest",
    "aiohttp + uvloop",
    "aiohttp",
    "requests, 16 threads",
    "requests",
    "httpx",
    "django-push-notifications",
)
NODE_PEERS = {"node wns": "wns", "node https": "https"}


def install() -> list[str]:
    """Install what is missing; return a sentence for each thing that cannot be had."""
    FOLDER.mkdir(exist_ok=True)
    missing = []
    if not _done(["tools/setup.sh", "bench"], ROOT):
        missing.append("The Python peers and the plots are left out: pip could not install them.")
    if not (FOLDER / "node_modules/wns").exists():
        npm = [
            "npm",
            "install",
            "--silent",
            "--no-save",
            "--no-package-lock",
            "--prefix",
            str(FOLDER),
        ]
        if not _done([*npm, NODE_WNS]):
            missing.append("Node's wns is left out: npm could not install it.")
    if not _wrk().exists() and shutil.which("apt-get") and shutil.which("dpkg"):
        _done(["apt-get", "download", "-qq", *WRK_PACKAGES])
        for package in FOLDER.glob("*.deb"):
            _done(["dpkg", "-x", str(package), str(FOLDER / "wrk")])
    if not _wrk().exists():
        missing.append("wrk is left out: there is no Debian package of it here.")
    return missing


def _done(command: list[str], folder: os.PathLike[str] = FOLDER) -> bool:
    if shutil.which(command[0], path=f"{ROOT}:{os.environ.get('PATH', '')}") is None:
        return False
    ran = subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False)
    return ran.returncode == 0


def _wrk() -> Path:
    return FOLDER / "wrk/usr/bin/wrk"


def start_peers(sink: WnsSink) -> dict[str, MeasuredProcess | Wrk]:
    """Start a process of each peer that is installed."""
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TOAST": BODY.decode()}
    environment = base | {"TOKEN": TOKEN} | sink_environment(sink)
    del environment["HTTPS_PROXY"]  # they send to any host, so they need none
    found: dict[str, MeasuredProcess | Wrk] = {}
    if PYTHON.exists():
        for name in PYTHON_PEERS:
            command = [str(PYTHON), "-m", "benchmarks.peers", name]
            found[name] = MeasuredProcess(command, environment)
    if (FOLDER / "node_modules/wns").exists():
        for name, argument in NODE_PEERS.items():
            command = ["node", "benchmarks/peers/node_senders.js", argument]
            found[name] = MeasuredProcess(command, environment)
    if _wrk().exists():
        found["wrk"] = Wrk(sink)
    return found


class Wrk:
    """wrk with one thread: the most that HTTP over TLS can do here, without reading a header."""

    def __init__(self, sink: WnsSink) -> None:
        self._url = f"https://127.0.0.1:{sink.port}{path(1)}"
        headers = "\n".join(f'wrk.headers["{name}"] = "{text}"' for name, text in HEADERS.items())
        script = FOLDER / "wrk.lua"
        script.write_text(f"wrk.method = 'POST'\nwrk.body = '{BODY.decode()}'\n{headers}\n")
        self._script = str(script)

    def run(self, _: int) -> Spent:
        """Send for a second. Its result is how many it sent."""
        library = str(FOLDER / "wrk/usr/lib/x86_64-linux-gnu")
        command = ["-t1", f"-c{CONCURRENCY}", "-d1s", "-s", self._script, self._url]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        ran = subprocess.run(
            [str(_wrk()), *command],
            env={"LD_LIBRARY_PATH": library},
            capture_output=True,
            text=True,
            check=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        sent = re.search(r"(\d+) requests in", ran.stdout)
        if sent is None or "Non-2xx" in ran.stdout:
            raise RuntimeError(f"wrk: {ran.stdout}")
        return Spent(cpu, time.perf_counter() - began, 0.0, int(sent[1]))

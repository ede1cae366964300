"""The backend in processes: AWS, WNS and each worker run separately; workers can be killed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import requests

from local.stack.aws import ROOT, start_aws
from local.stack.ports import HOST, Ports
from local.stack.processes import Processes, responds
from local.wns_emulator.control.client import EmulatorControl
from tests.aws_limits.limits import RULES_VARIABLE, SharedLimits
from tests.faults.worker import SharedClock, set_offset
from tests.integration.backend import ACCOUNT, REGION, Backend
from tests.integration.iam_policy import RecordedCalls
from tools import template_yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    import pytest

    from tests.aws_limits.limits import AwsLimits

START_SECONDS = 30.0
PAUSE_SECONDS = 0.02


class Servers:
    """AWS and WNS in separate processes, shared by all tests."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports = Ports.free()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        processes = self._open.enter_context(
            Processes(self.directory / "logs", home=self.directory)
        )
        with contextlib.ExitStack() as undo:
            undo.callback(self._open.close)
            start_aws(processes, self.ports.aws, directory=self.directory)
            processes.start(
                "wns",
                [sys.executable, "-m", "local.wns_emulator", "--directory", str(self.directory),
                 "--proxy-port", str(self.ports.wns_proxy),
                 "--control-port", str(self.ports.wns_control)],
                settings={}, directory=ROOT,
            )  # fmt: skip
            urls = {"aws": f"{self.aws_url}/_ministack/health", "wns": self.wns_url}
            for name, url in urls.items():
                processes.wait_until_ready(name, partial(responds, url), seconds=START_SECONDS)
            undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def aws_url(self) -> str:
        return f"http://{HOST}:{self.ports.aws}"

    @property
    def wns_url(self) -> str:
        return f"http://{HOST}:{self.ports.wns_control}"

    def empty(self) -> None:
        """Delete everything from AWS and WNS."""
        with requests.Session() as session:
            session.trust_env = False
            assert session.post(f"{self.aws_url}/_ministack/reset", timeout=START_SECONDS).ok
        wns = RemoteWns(self.wns_url)
        for device in wns.devices():
            wns.remove_device(device["device_id"])
        wns.clear_requests()
        wns.clear_faults()

    def environment(self) -> dict[str, str]:
        """Return the variables that point boto3 and the functions to these servers."""
        ca_file = str(self.directory / "ca.pem")
        return {
            "AWS_DEFAULT_REGION": REGION,
            # An account number as key id makes the emulator use that account.
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_ENDPOINT_URL": self.aws_url,
            "HTTPS_PROXY": f"http://{HOST}:{self.ports.wns_proxy}",
            "NO_PROXY": HOST,
            "SSL_CERT_FILE": ca_file,
            "REQUESTS_CA_BUNDLE": ca_file,
        }


class RemoteWns(EmulatorControl):
    """The WNS emulator in another process."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.ca_file = self.call("addresses")["ca_file"]


class Cloud(Backend):
    """Tables, queues and bus of template.yaml in the AWS emulator, and workers between them.

    AWS's limits hold in each process: `limits` for the calls of this one, `worker_limits` for what
    a test adds in the workers.
    """

    wns: Any

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, servers: Servers, limits: AwsLimits
    ) -> None:
        self._clock_file = servers.directory / f"clock-{random.getrandbits(32)}"
        self.worker_limits = SharedLimits(self._clock_file.with_suffix(".limits"))
        set_offset(self._clock_file, 0)
        self._pools: dict[str, subprocess.Popen[str]] = {}
        self._servers = servers
        wns: Any = RemoteWns(servers.wns_url)
        super().__init__(monkeypatch, wns, RecordedCalls(), limits)
        self.clock = SharedClock(self._clock_file)

    def advance(self, seconds: float) -> None:
        """Advance the time of the workers and of WNS; queues keep the machine's."""
        self.clock.ahead += seconds
        set_offset(self._clock_file, self.clock.ahead)
        self.wns.advance_clock(seconds)

    def spawn(self, queue: str, function: str, *, visibility_seconds: int = 4) -> int:
        """Start a worker on a queue; return its process id."""
        if queue not in self._pools:
            logical_id = "".join(part.capitalize() for part in function.split("_")) + "Function"
            variables = template_yaml.environment_of(logical_id)
            settings = {name: self._resolve(value) for name, value in variables.items()}
            with (self._servers.directory / f"{queue}.log").open("w") as log:
                self._pools[queue] = subprocess.Popen(
                    [sys.executable, "-m", "tests.faults.worker", function, self._names[queue],
                     str(visibility_seconds), str(self._clock_file)],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT,
                    env={"PATH": os.environ["PATH"], "PYTHONPATH": f"layers/core{os.pathsep}."}
                    | self._servers.environment() | settings
                    | {RULES_VARIABLE: str(self.worker_limits.file)},
                )  # fmt: skip
        pool = self._pools[queue]
        assert pool.stdin
        assert pool.stdout
        pool.stdin.write("\n")
        pool.stdin.flush()
        for line in pool.stdout:
            if line.startswith("worker "):
                return int(line.split()[1])
        raise AssertionError(f"the workers of {queue} ended, see {self._servers.directory}")

    @staticmethod
    def kill(pid: int) -> None:
        """Kill a worker outright."""
        os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        for pool in self._pools.values():
            pool.communicate()

    def dispatch_all(self) -> None:
        """Turn all requests into deliveries, in this process."""
        while self._work_on("RequestQueue"):
            pass

    def waiting(self, queue: str) -> int:
        """Return how many messages a queue holds, in flight or delayed ones included."""
        answer = self.sqs.get_queue_attributes(QueueUrl=self._names[queue], AttributeNames=["All"])
        return sum(
            int(count)
            for name, count in answer["Attributes"].items()
            if name.startswith("ApproximateNumberOfMessages")
        )


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Return as soon as the condition holds; fail the test after the given number of seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(PAUSE_SECONDS)

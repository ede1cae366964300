"""Worker processes of one function: `python -m tests.faults.worker FUNCTION QUEUE SECONDS CLOCK`.

Replaces Lambda and its poller. Imports the function once; for each line on standard input it forks
a worker and prints its process id. A worker receives batches and passes them to the handler until
it is killed. `CLOCK` is a file with the seconds by which the time is ahead, `SECONDS` the
visibility time-out. AWS's limits hold for its calls; a test adds others in the file that
`AWS_LIMITS_FILE` names.
"""

from __future__ import annotations

import importlib
import os
import signal
import struct
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import boto3

from tests.aws_limits.calls import install
from tests.aws_limits.limits import RULES_VARIABLE, AwsLimits
from tests.integration.backend import Context, sqs_event
from tests.integration.clock import Clock, swap_clock

if TYPE_CHECKING:
    from types import ModuleType

    from tests.aws_limits.loops import Loops

FUNCTION_SECONDS = {"dispatcher": 30, "notification_sender": 60}


class SharedClock(Clock):
    """The clock that all processes of a test share."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def time(self) -> float:
        return time.time() + float(struct.unpack("d", self._file.read_bytes())[0])


def set_offset(file: Path, seconds: float) -> None:
    """Set by how many seconds the time is ahead, atomically for every reader."""
    new = file.with_suffix(".new")
    new.write_bytes(struct.pack("d", seconds))
    new.replace(file)


def main(arguments: list[str]) -> None:
    function, queue_url, visibility_seconds, clock_file = arguments
    limits = AwsLimits(rules=Path(os.environ[RULES_VARIABLE]))
    install(limits)
    module = importlib.import_module(f"functions.{function}.app")
    swap_clock(module, SharedClock(Path(clock_file)))
    workers: list[int] = []
    try:
        for _ in sys.stdin:
            pid = os.fork()
            if pid == 0:
                os.dup2(2, 1)
                _work(module, limits.loops, function, queue_url, int(visibility_seconds))
            workers.append(pid)
            sys.stdout.write(f"worker {pid}\n")
            sys.stdout.flush()
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _work(
    module: ModuleType, loops: Loops, function: str, queue_url: str, visibility_seconds: int
) -> NoReturn:
    sqs: Any = boto3.client("sqs")
    queue = queue_url.rpartition("/")[2]
    while True:
        answer = sqs.receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=visibility_seconds,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["All"],
        )
        messages = loops.admit(function, answer.get("Messages", []))
        if not messages:
            continue
        event = sqs_event(messages, queue)
        with loops.invocation(function, event):
            failed = module.lambda_handler(event, Context(FUNCTION_SECONDS[function]))
        kept = {failure["itemIdentifier"] for failure in failed["batchItemFailures"]}
        done = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
            if message["MessageId"] not in kept
        ]
        if done:
            sqs.delete_message_batch(QueueUrl=queue_url, Entries=done)


if __name__ == "__main__":
    main(sys.argv[1:])

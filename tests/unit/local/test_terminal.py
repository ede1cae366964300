"""A fault that can be expected is plain words and an exit code, never a traceback."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
import requests
from botocore.exceptions import BotoCoreError

from local.demo.scenario import Narrator
from local.stack.errors import StackError
from local.stack.terminal import run_to_exit_code


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def test_work_that_ends_well_is_exit_code_0() -> None:
    assert run_to_exit_code(lambda: None) == 0


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (StackError("port 4566 is in use"), "laptop stack: port 4566 is in use\n"),
        (
            requests.ConnectionError("refused"),
            "laptop stack: a server of the stack failed: refused\n",
        ),
        (
            BotoCoreError(),
            "laptop stack: a server of the stack failed: An unspecified error occurred\n",
        ),
    ],
)
def test_expected_error_is_exit_code_1_and_one_sentence(
    fault: Exception, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise fault

    assert run_to_exit_code(fail) == 1
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_leaves_contexts_and_is_exit_code_130(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    left = []

    def work() -> None:
        try:
            os.kill(os.getpid(), number)
            time.sleep(10)
        finally:
            left.append("the context")

    assert run_to_exit_code(work) == 130
    assert left == ["the context"]
    assert capsys.readouterr().err == "laptop stack: stopped\n"


def test_failed_step_is_reported_and_not_counted() -> None:
    narrator = Narrator(0.0)
    narrator.verify(fact=True, text="its badge reads 1")
    with pytest.raises(StackError, match="failed: its badge reads 2"):
        narrator.verify(fact=False, text="its badge reads 2")
    assert narrator.checks == 1

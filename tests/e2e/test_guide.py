"""Every line that `make run` prints works when it is pasted into a shell, in the order printed."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from local.demo.guide import commands, guide
from local.demo.scenario import APP, DEVICE, EVENT, Narrator, configure_app, refresh_by_schedule
from local.stack.stack import LOCAL

if TYPE_CHECKING:
    from local.stack.stack import LaptopStack


def paste(line: str) -> Any:
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def configured(stack: LaptopStack) -> LaptopStack:
    configure_app(stack, Narrator(0.0))
    refresh_by_schedule(stack, Narrator(0.0))
    return stack


def test_lines_to_paste_do_what_they_say(configured: LaptopStack) -> None:
    stack = configured
    register, publish, show, look, refresh, close, asked = (
        command.line for command in commands(stack)
    )
    channel = paste(register)
    assert channel["device_id"] == DEVICE
    assert paste(publish)["FailedEntryCount"] == 0
    stack.wait_until(lambda: paste(show)["toasts"], 20)
    assert [toast["texts"] for toast in paste(show)["toasts"]] == [["Robin challenges you"]]
    assert paste(look)["app_id"] == APP
    assert "errorMessage" not in (paste(refresh) or {})
    paste(close)
    assert paste(publish)["FailedEntryCount"] == 0
    stack.wait_until(lambda: 410 in {one["status"] for one in paste(asked)}, 20)


def test_guide_shows_every_command_with_what_it_does(configured: LaptopStack) -> None:
    text = guide(configured, LOCAL / "env", "http://127.0.0.1:1/token/")
    assert ". .local/env " in text
    for each in commands(configured):
        assert f"# {each.what}\n" in text
    assert EVENT in text


def test_guide_of_a_named_stack_leads_pushctl_to_it(configured: LaptopStack) -> None:
    text = guide(configured, LOCAL / "env", "http://127.0.0.1:1/token/", name="second")
    assert ".venv/bin/pushctl --local --local-name second status " in text

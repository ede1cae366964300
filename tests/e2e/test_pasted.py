"""The shell lines of README.md and docs/emulator.md work when they are pasted into a clone."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local.demo.guide import addresses
from local.demo.scenario import (
    APP,
    DEVICE,
    PACKAGE_SID,
    PLAYER,
    Narrator,
    configure_app,
    refresh_by_schedule,
)
from local.stack.ports import Ports
from local.stack.run_files import run_files
from tools.template_yaml import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.stack.stack import LaptopStack

PAGES = ("README.md", "docs/emulator.md", "local/README.md")
NOT_PASTED = {
    r"make run.*|make demo": "starts the stack that the tests use; tests/e2e/test_run.py",
    r"make (setup|test.*|bench.*|check|fuzz|build|lock)": "runs these tests, or takes minutes",
    r"AWS_REGION=.*|make (deploy|smoke|destroy).*": "needs AWS; tests/unit/deployment",
    r"make ": "no command",
    r"\.venv/bin/python -m pytest .*": "runs these tests",
    r"\.venv/bin/python -m local\.demo(\.run)?": "tests/e2e/test_run.py and test_guide.py start it",
    r"\.venv/bin/python -m (local\.(stack\.issuer|devices)|benchmarks).*": "is only looked for",
    r"\.venv/bin/(python|pushctl)": "the program's name alone",
}
PASTED = r"\.venv/bin/(pushctl --local .*|python -m local\.wns_emulator.*)"
INLINE = re.compile(r"`((?:\.venv/bin/|python3? -m |make )[^`]*)`")


def shell_blocks(page: str) -> list[str]:
    """Return the blocks of a page that have no language, which are the ones to paste."""
    text = (ROOT / page).read_text("utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for language, block in blocks if not language]


def paste(block: str, environment: dict[str, str]) -> list[str]:
    """Run a block as a shell does, stopping at the first failure; return the lines it prints."""
    done = subprocess.run(
        ["/bin/sh", "-ec", block],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def running(stack: LaptopStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The stack as `make run` leaves it, with its files in a folder of their own."""
    configure_app(stack, Narrator(0.0))
    refresh_by_schedule(stack, Narrator(0.0))
    channel = stack.wns.create_channel(app=PACKAGE_SID, device_id=DEVICE)
    assert stack.player_request(
        "PUT",
        f"/apps/{APP}/channels/{DEVICE}",
        token=stack.player_token(PLAYER),
        json={"channel_uri": channel.channel_uri},
    ).ok
    folder = tmp_path_factory.mktemp("run")
    with run_files(stack.run_state(), folder, folder / "env", addresses(stack)):
        yield folder


def test_lines_of_the_readme(running: Path) -> None:
    if not (ROOT / ".venv/bin/pushctl").exists():
        pytest.skip("make setup has not run here")
    blocks = [
        each
        for each in shell_blocks("README.md")
        if not each.startswith(("make run ", "AWS_REGION="))
    ]
    assert len(blocks) == 2
    (state,) = running.glob("*.json")
    environment = {"PUSHCTL_LOCAL_STATE": str(state), "NO_COLOR": "1", "COLUMNS": "200"}
    operate, call = (block.replace(".local/env", str(running / "env")) for block in blocks)
    shown = "\n".join(paste(operate, environment))
    assert "completed" in shown
    assert DEVICE in shown
    responses = "".join(paste(call, {}))
    app, end = json.JSONDecoder().raw_decode(responses)
    assert app["app_id"] == APP
    assert json.loads(responses[end:])["notification_id"]


def test_lines_of_the_emulators_page() -> None:
    start, printed, export, send = (
        each for each in shell_blocks("docs/emulator.md") if not each.startswith("npm")
    )
    ports = Ports.free()
    places = {".venv/bin/python": shlex.quote(sys.executable), "make setup\n": "exec "}
    places |= {"8630": str(ports.wns_proxy), "8631": str(ports.wns_control)}

    def here(block: str) -> str:
        for old, new in places.items():
            block = block.replace(old, new)
        return block

    with subprocess.Popen(
        ["/bin/sh", "-ec", here(start)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as emulator:
        try:
            assert emulator.stdout is not None
            line = emulator.stdout.readline()
            assert line.split("/ca.pem")[0].split(" ca ")[0] == here(printed).split(" ca ")[0]
            last = paste(here(export) + here(send), {"NO_PROXY": "127.0.0.1"})[-1]
        finally:
            emulator.send_signal(signal.SIGINT)
            assert emulator.wait(10) == 0
    assert json.loads(last)["toasts"][0]["texts"] == ["Alex challenges you"]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_pasted_or_has_a_reason_not_to_be(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    commands = [each.replace("\n", " ") for each in INLINE.findall(text)]
    assert commands
    known = (PASTED, *NOT_PASTED)
    assert [each for each in commands if not any(re.fullmatch(one, each) for one in known)] == []
    for module in re.findall(r"python3? -m ([\w.]+)", text):
        place = ROOT / module.replace(".", "/")
        places = (place.with_suffix(".py"), place / "__main__.py")
        assert module == "pytest" or any(each.exists() for each in places), module
    assert not re.search(r"(?<!bin/)python3? -m", text)

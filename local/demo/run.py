"""`make run`: the laptop stack until Ctrl-C, after one run of the demo scenario.

    python -m local.demo.run [--name NAME]

Ports are 4566 to 4570, of a stack with another name than `run` any that are free; LAPTOP_AWS_PORT,
LAPTOP_ISSUER_PORT, LAPTOP_WNS_PROXY_PORT, LAPTOP_WNS_CONTROL_PORT and LAPTOP_DEVICES_PORT change
them. The operator's and the issuer's keys, and the certificate authority, are kept in .local/NAME;
everything else starts empty. While the stack runs, .local/env (of another name .local/NAME/env) has
its addresses and keys for a shell to source, and pushctl finds it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import time
from typing import TYPE_CHECKING

from local.demo.console import running_console
from local.demo.guide import addresses, guide
from local.demo.scenario import Narrator, run_scenario
from local.stack.errors import StackError
from local.stack.ports import Ports
from local.stack.run_files import DEFAULT_NAME, run_files
from local.stack.stack import LOCAL, LaptopStack
from local.stack.terminal import run_to_exit_code

if TYPE_CHECKING:
    from pathlib import Path

WATCH_SECONDS = 2.0


NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
TAKEN = {"build", "env", "logs"}


def run(name: str) -> None:
    if not NAME.fullmatch(name) or name in TAKEN:
        raise StackError(f"NAME={name!r} must be up to 32 letters and digits, and no taken name.")
    narrator = Narrator(time.monotonic())
    ports = Ports.fixed(os.environ)
    if name != DEFAULT_NAME:  # beside the stack that has the usual ports
        ports = Ports.free_unless_set(os.environ)
    narrator.say("starting AWS, WNS and the issuer of player tokens; deploying template.yaml")
    state, env = LOCAL / name, env_file(name)
    with (
        LaptopStack(name, ports, state=state) as stack,
        run_files(stack.run_state(), state, env, addresses(stack)),
    ):
        run_scenario(stack, narrator)
        with (
            running_console(state, stack.logs) as console_url,
            contextlib.suppress(KeyboardInterrupt),
        ):
            print(guide(stack, env, console_url, name=name), flush=True)
            while True:
                stack.check_servers()
                stack.write_function_logs()
                time.sleep(WATCH_SECONDS)
        print("stopping", flush=True)


def env_file(name: str) -> Path:
    """Return the file to source for a stack."""
    return LOCAL / "env" if name == DEFAULT_NAME else LOCAL / name / "env"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m local.demo.run", description="Run the laptop stack."
    )
    parser.add_argument("--name", default=DEFAULT_NAME, help="name of its folder in .local")
    options = parser.parse_args()
    sys.exit(run_to_exit_code(lambda: run(options.name)))

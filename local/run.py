"""`make run`: starts the laptop stack, runs the demo scenario once, and stays until Ctrl-C.

Ports are 4566 to 4569 (LAPTOP_AWS_PORT, LAPTOP_ISSUER_PORT, LAPTOP_WNS_PROXY_PORT,
LAPTOP_WNS_CONTROL_PORT). What must outlive the stack, the issuer's key and the certificate
authority, is kept in .local/run.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time

from local.guide import guide
from local.scenario import Account, run_scenario
from local.stack.ports import Ports
from local.stack.stack import LOCAL, LaptopStack
from local.stack.terminal import run_to_exit_code


def run() -> None:
    account = Account(time.monotonic())
    ports = Ports.fixed(os.environ)
    account.tell("starting AWS, WNS and the issuer of player tokens; deploying template.yaml")
    with LaptopStack("run", ports, state=LOCAL / "run") as stack:
        run_scenario(stack, account)
        print(guide(stack), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                stack.check_servers()
                time.sleep(0.5)
        print("stopping", flush=True)


if __name__ == "__main__":
    sys.exit(run_to_exit_code(run))

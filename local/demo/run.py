"""`make run`: the laptop stack until Ctrl-C, after one run of the demo scenario.

    python -m local.demo.run [--name NAME]

Ports are 4566 to 4570; LAPTOP_AWS_PORT, LAPTOP_ISSUER_PORT, LAPTOP_WNS_PROXY_PORT,
LAPTOP_WNS_CONTROL_PORT and LAPTOP_DEVICES_PORT change them. The issuer's key and the certificate
authority are kept in .local/NAME; everything else starts empty.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time

from local.demo.guide import guide
from local.demo.scenario import Narrator, run_scenario
from local.stack.ports import Ports
from local.stack.stack import LOCAL, LaptopStack
from local.stack.terminal import run_to_exit_code

WATCH_SECONDS = 2.0


def run(name: str) -> None:
    narrator = Narrator(time.monotonic())
    ports = Ports.fixed(os.environ)
    narrator.say("starting AWS, WNS and the issuer of player tokens; deploying template.yaml")
    with LaptopStack(name, ports, state=LOCAL / name) as stack:
        run_scenario(stack, narrator)
        with contextlib.suppress(KeyboardInterrupt):
            print(guide(stack), flush=True)
            while True:
                stack.check_servers()
                stack.write_function_logs()
                time.sleep(WATCH_SECONDS)
        print("stopping", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m local.demo.run", description="Run the laptop stack."
    )
    parser.add_argument("--name", default="run", help="name of the folder for state and logs")
    options = parser.parse_args()
    sys.exit(run_to_exit_code(lambda: run(options.name)))

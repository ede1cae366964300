"""`make demo`: the demo scenario on a laptop stack of its own.

Exits 0 only if every step was verified.
"""

from __future__ import annotations

import sys
import time

from local.demo.scenario import Narrator, run_scenario
from local.stack.ports import Ports
from local.stack.stack import LaptopStack
from local.stack.terminal import run_to_exit_code


def demo() -> None:
    narrator = Narrator(time.monotonic())
    narrator.say("starting AWS, WNS and the issuer of player tokens; deploying template.yaml")
    with LaptopStack("demo", Ports.free()) as stack:
        narrator.say(f"the API is at {stack.api_url}")
        run_scenario(stack, narrator)
    print(f"demo: ok ({narrator.checks} checks)")


if __name__ == "__main__":
    sys.exit(run_to_exit_code(demo))

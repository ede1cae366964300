"""`make smoke`: checks a deployed stack, dry or to a real device.

    python -m tools.smoke STACK

Dry (no WNS) unless the environment holds CHANNEL_URI, PLAYER_TOKEN, PLAYER_AUDIENCE, and
WNS_PACKAGE_SID and WNS_CLIENT_SECRET, or WNS_TENANT_ID, WNS_CLIENT_ID and WNS_CLIENT_SECRET.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from tools.deployment.account import open_account
from tools.deployment.errors import DeploymentError
from tools.smoke.checks import CHECKS
from tools.smoke.scenario import Device, Scenario
from tools.smoke.target import NotHereError, SmokeError, open_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tools.smoke.target import Target

OF_DEVICE = ("CHANNEL_URI", "PLAYER_TOKEN", "PLAYER_AUDIENCE", "WNS_CLIENT_SECRET")


def smoke(target: Target, device: Device | None, say: Callable[[str], None] = print) -> int:
    """Run checks and scenario; returns how many failed. A failed step does not stop the others."""
    checks = [
        (check.__name__.removeprefix("check_").replace("_", " "), partial(check, target))
        for check in CHECKS
    ]
    failed = _run(checks, say) + _run(Scenario(target, device).steps(), say)
    if device is None:
        say("dry: nothing was sent to WNS; docs/deploy.md says how to reach a real device")
    return failed


def _run(steps: Iterable[tuple[str, Callable[[], str]]], say: Callable[[str], None]) -> int:
    failed = 0
    for name, step in steps:
        try:
            say(f"ok      {step()}")
        except NotHereError as error:
            say(f"skipped {name}: {error}")
        except (SmokeError, BotoCoreError, ClientError) as error:
            failed += 1
            say(f"FAILED  {name}: {error}")
    return failed


def device_of(environment: Mapping[str, str]) -> Device | None:
    """Return the device that the environment describes; None for a dry run.

    Raises:
        SmokeError: the environment describes half a device.
    """
    if "CHANNEL_URI" not in environment:
        return None
    missing = [name for name in OF_DEVICE if not environment.get(name)]
    if missing:
        raise SmokeError(f"CHANNEL_URI is set, but not {', '.join(missing)}")
    names = {
        "package_sid": ["package_sid"],
        "entra": ["tenant_id", "client_id"],
    }
    identity = "package_sid" if environment.get("WNS_PACKAGE_SID") else "entra"
    of_identity = {name: environment.get(f"WNS_{name.upper()}", "") for name in names[identity]}
    return Device(
        environment["CHANNEL_URI"],
        environment["PLAYER_TOKEN"],
        environment["PLAYER_AUDIENCE"],
        {"identity": identity, **of_identity, "client_secret": environment["WNS_CLIENT_SECRET"]},
    )


def main(stack: str) -> int:
    try:
        account = open_account()
        target = open_target(stack, account.region, account.session)
        failed = smoke(target, device_of(os.environ))
    except (DeploymentError, SmokeError, ClientError) as error:
        print(f"make smoke: {error}", file=sys.stderr)
        return 1
    print(f"make smoke: {'failed' if failed else 'ok'}")
    return 1 if failed else 0


if __name__ == "__main__":
    name = "".join(sys.argv[1:])
    if not name:
        sys.exit("make smoke: which stack? make smoke STACK=windows-push-dev")
    sys.exit(main(name))

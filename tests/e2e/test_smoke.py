"""`make smoke` passes on a whole stack, dry and with a device, and fails on a broken one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from botocore.credentials import Credentials

from local.stack.stack import PLAYER_AUDIENCE
from tools.smoke.__main__ import device_of, smoke
from tools.smoke.scenario import Device
from tools.smoke.target import SmokeError, Target

if TYPE_CHECKING:
    from local.stack.stack import LaptopStack

PACKAGE_SID = "ms-app://s-1-15-2-1111111111-5555555555-9999999999"
SECRET = "secret-of-the-smoke-test"
SKIPPED = "skipped alarms of absent metrics: there is no alarm on metric math"


@pytest.fixture
def target(stack: LaptopStack) -> Target:
    operator = stack.operator
    return Target(
        "push-laptop",
        "eu-west-1",
        stack.api_url,
        stack.outputs,
        stack.resources,
        stack.client,
        Credentials(operator.access_key_id, operator.secret_access_key),
    )


def test_dry_run_passes_and_leaves_no_app(target: Target) -> None:
    said: list[str] = []
    assert smoke(target, None, said.append) == 0, said
    assert [line for line in said if not line.startswith("ok")] == [
        SKIPPED,
        "dry: nothing was sent to WNS; docs/deploy.md says how to reach a real device",
    ]
    assert len(said) == 10
    apps = target.operator("GET", "/apps").json()["apps"]
    assert not [app for app in apps if app["app_id"].startswith("smoke-")]


def test_run_with_a_device_reaches_it(target: Target, stack: LaptopStack) -> None:
    stack.wns.put_app(package_sid=PACKAGE_SID, client_secret=SECRET)
    channel = stack.wns.create_channel(app=PACKAGE_SID, device_id="smoked")
    device = Device(
        channel.channel_uri,
        stack.player_token("player-42"),
        PLAYER_AUDIENCE,
        {"identity": "package_sid", "package_sid": PACKAGE_SID, "client_secret": SECRET},
    )
    said: list[str] = []
    assert smoke(target, device, said.append) == 0, said
    texts = [toast["texts"] for toast in stack.wns.device("smoked").toasts]
    assert sorted(texts) == [["Smoke test 2"], ["Smoke test 3"]]


def test_missing_permission_is_found(target: Target, stack: LaptopStack) -> None:
    other = {**target.resources, "NotificationSenderRole": target.resources["ChannelsApiRole"]}
    said: list[str] = []
    assert smoke(replace(target, resources=other), None, said.append) == 1
    (failed,) = [line for line in said if line.startswith("FAILED")]
    assert "NotificationSenderRole may not secretsmanager:GetSecretValue" in failed


def test_half_a_device_is_told() -> None:
    assert device_of({}) is None
    with pytest.raises(SmokeError, match="not PLAYER_TOKEN, PLAYER_AUDIENCE, WNS_CLIENT_SECRET"):
        device_of({"CHANNEL_URI": "https://x.notify.windows.com/?token=a"})

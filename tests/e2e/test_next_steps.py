"""The operator's first calls, as `make deploy` prints them, work when they are pasted."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from tools.deployment.next_steps import first_calls, next_steps

if TYPE_CHECKING:
    from local.stack.stack import LaptopStack

REGION = "eu-west-1"


def test_first_calls_work_when_pasted(stack: LaptopStack) -> None:
    operator = stack.operator
    environment = {
        "PATH": "/usr/bin:/bin",
        "API": stack.api_url,
        "AWS_ACCESS_KEY_ID": operator.access_key_id,
        "AWS_SECRET_ACCESS_KEY": operator.secret_access_key,
    }

    def paste(line: str) -> Any:
        shell = ["/bin/sh", "-c", line]
        done = subprocess.run(shell, env=environment, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    app, template, notification, settings = (
        paste(line) for _, line in first_calls({"PlayerPoolClientId": "client"}, REGION)
    )
    assert app["app_id"] == settings["app_id"] == "my-game"
    assert settings["token_audiences"] == ["client"]
    assert template["template_id"] == "ChallengeReceived"
    assert notification["notification_id"]


def test_next_steps_hold_the_calls_and_a_player() -> None:
    outputs = {
        "ApiUrl": "https://api.example.com",
        "GameServerPolicyArn": "arn:aws:iam::111122223333:policy/game",
        "PlayerPoolId": "eu-west-1_a",
        "PlayerPoolClientId": "client",
    }
    text = next_steps(outputs, REGION, "windows-push-dev")
    for what, line in first_calls(outputs, REGION):
        assert f"# {what}\n{line}\n" in text
    assert "admin-initiate-auth --region eu-west-1 --user-pool-id eu-west-1_a" in text
    assert "make smoke STACK=windows-push-dev" in text

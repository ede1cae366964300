"""What to do with a stack that has just been deployed: lines that work when pasted."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
CREDENTIALS = 'eval "$(aws configure export-credentials --format env)"'
"""AWS CLI 2: puts the credentials of a profile or of single sign-on into the environment."""
AUDIENCE = "windows-game"
TEMPLATE = {
    "default_locale": "en",
    "locales": {"en": {"toast": {"texts": ["${challenger} challenges you"]}}},
}
EVENT = {
    "app_id": "my-game",
    "audience": {"players": ["player-42"]},
    "parameters": {"challenger": "Alex"},
}


def first_calls(outputs: Mapping[str, str], region: str) -> list[tuple[str, str]]:
    """Return the operator's first calls, each as what it does and the line to paste.

    They expect AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, if temporary, AWS_SESSION_TOKEN.
    """
    app = {
        "name": "My Game",
        "identity": "package_sid",
        "token_audiences": [outputs.get("PlayerPoolClientId", AUDIENCE)],
    }
    request = {"audience": {"players": ["player-42"]}, "template": "ChallengeReceived"}
    return [
        ("an app", _signed("PUT", "/apps/my-game", region, app)),
        (
            "its template",
            _signed("PUT", "/apps/my-game/templates/ChallengeReceived", region, TEMPLATE),
        ),
        (
            "a notification, to a player who has no device yet",
            _signed(
                "POST",
                "/apps/my-game/notifications",
                region,
                request | {"parameters": {"challenger": "Alex"}},
            ),
        ),
        ("the app's settings", _signed("GET", "/apps/my-game", region)),
    ]


def credentials_call(region: str) -> tuple[str, str]:
    """Return the call that stores WNS credentials, with placeholders to replace."""
    body = {
        "identity": "package_sid",
        "package_sid": "ms-app://S-1-15-2-…",
        "client_secret": "…",
    }
    return (
        "its credentials, from Partner Center: replace the dots first",
        _signed("PUT", "/apps/my-game/credentials", region, body),
    )


def next_steps(outputs: Mapping[str, str], region: str, stack: str) -> str:
    """Return what `make deploy` prints at its end."""
    calls = first_calls(outputs, region)
    calls.insert(1, credentials_call(region))
    lines = ["", f"The API is {outputs['ApiUrl']}. Paste these lines to try it:", ""]
    lines += ["# your AWS credentials, for curl (AWS CLI 2)", CREDENTIALS, ""]
    lines += [f"API={shlex.quote(outputs['ApiUrl'])}", ""]
    for what, line in calls:
        lines += [f"# {what}", line, ""]
    if "PlayerPoolId" in outputs:
        lines += [*_player(outputs, region), ""]
    if (ROOT / "pushctl").is_dir():
        pushctl = f".venv/bin/python -m pushctl --stack {stack} --region {region}"
        lines += ["# the operator's tool (docs/pushctl.md), in this folder"]
        lines += [f"{pushctl} status"]
        lines += [
            (
                f"{pushctl} send --app my-game --player player-42 --template ChallengeReceived"
                " -p challenger=Alex"
            ),
            "",
        ]
    lines += [
        f"Let game servers send: attach {outputs['GameServerPolicyArn']} to their role.",
        f"Check the stack: make smoke STACK={stack}. More: docs/deploy.md, docs/operations.md.",
    ]
    return "\n".join(lines)


def _player(outputs: Mapping[str, str], region: str) -> list[str]:
    pool, client = outputs["PlayerPoolId"], outputs["PlayerPoolClientId"]
    of_pool = f"--region {region} --user-pool-id {pool}"
    return [
        "# a player of the stack's user pool, and a token as the game client would have it",
        'PASSWORD="$(openssl rand -base64 18)aA1!"',
        (
            f"aws cognito-idp admin-create-user {of_pool} --username player-42"
            " --message-action SUPPRESS"
        ),
        (
            f"aws cognito-idp admin-set-user-password {of_pool} --username player-42 --permanent"
            ' --password "$PASSWORD"'
        ),
        (
            f"aws cognito-idp admin-initiate-auth {of_pool} --client-id {client}"
            " --auth-flow ADMIN_USER_PASSWORD_AUTH"
            ' --auth-parameters "USERNAME=player-42,PASSWORD=$PASSWORD"'
            " --query AuthenticationResult.AccessToken --output text"
        ),
    ]


def _signed(method: str, path: str, region: str, body: object = None) -> str:
    """Return a curl line; without a session token curl leaves the empty header out."""
    line = (
        f"curl -sS -X {method} --aws-sigv4 aws:amz:{region}:execute-api"
        ' --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
        ' -H "x-amz-security-token: $AWS_SESSION_TOKEN"'
    )
    if body is not None:
        text = shlex.quote(json.dumps(body, ensure_ascii=False))
        line += f" -H 'content-type: application/json' -d {text}"
    return f'{line} "$API{path}"'

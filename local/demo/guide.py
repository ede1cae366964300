"""The guide that `make run` prints: addresses, and a command to paste for each flow."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, NamedTuple

from local.demo.scenario import APP, AUDIENCE, DEVICE, EVENT, PACKAGE_SID, PLAYER
from local.stack.aws import REGION
from local.stack.build import ROOT
from local.stack.run_files import DEFAULT_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from local.stack.stack import LaptopStack

_JSON_TYPE = "-H 'Content-Type: application/json'"


class Command(NamedTuple):
    what: str
    line: str


def addresses(stack: LaptopStack) -> dict[str, str]:
    """Return the stack's addresses and the demo's ids as variables for a shell."""
    return {
        "API_URL": stack.api_url,
        "BUS": stack.outputs["GameEventBusName"],
        "PLAYER_TOKENS_URL": stack.issuer_url,
        "WNS_CONTROL_URL": stack.wns_control_url,
        "DEVICES_URL": stack.devices_url,
        "PUSHCTL_APP": APP,
    }


def guide(stack: LaptopStack, env: Path, console_url: str, *, name: str = DEFAULT_NAME) -> str:
    """Return addresses and commands as text for the terminal.

    Args:
        env: the file to source.
        console_url: of pushctl's console.
        name: of the stack, by which pushctl finds it.
    """
    operator = stack.operator
    local = "--local" if name == DEFAULT_NAME else f"--local --local-name {name}"
    shown = {
        "devices": f"{stack.devices_url}  virtual Windows devices, in your browser",
        "console": f"{console_url}  apps, messages, players (docs/console.md)",
        "API": stack.api_url,
        "AWS": f"{operator.endpoint_url}  region {REGION}, signed requests only:",
        "": f"AWS_ACCESS_KEY_ID={operator.access_key_id}"
        f" AWS_SECRET_ACCESS_KEY={operator.secret_access_key}",
        "player tokens": stack.issuer_url,
        "WNS": f"{stack.wns_proxy_url}  as HTTPS proxy; its CA is {stack.ca_file}",
        "WNS control": stack.wns_control_url,
        "logs": str(stack.logs),
        "shell": f". {shlex.quote(_near(env))}  sets the above for curl and the AWS CLI",
        "pushctl": f".venv/bin/pushctl {local} status  (docs/pushctl.md)",
    }
    lines = ["", "The laptop stack is up; Ctrl-C stops it.", ""]
    lines += [f"  {name:<14} {address}" for name, address in shown.items()]
    lines += ["", "One line to paste for each flow, in this order:"]
    for each in commands(stack):
        lines += ["", f"# {each.what}", each.line]
    return "\n".join([*lines, ""])


def commands(stack: LaptopStack) -> list[Command]:
    """Return a command per flow; creates the channel that the first command registers."""
    channel = stack.wns.create_channel(app=PACKAGE_SID, device_id=DEVICE)
    token_request = _json({"sub": PLAYER, "aud": AUDIENCE})
    token = f"$(curl -s {stack.issuer_url}/token -d {token_request} | cut -d '\"' -f 4)"
    event = {
        "EventBusName": stack.outputs["GameEventBusName"],
        "Source": "com.example.space-duel",
        "DetailType": EVENT,
        "Detail": json.dumps(
            {
                "app_id": APP,
                "audience": {"players": [PLAYER]},
                "parameters": {"challenger": "Robin"},
            }
        ),
    }
    refresher = stack.outputs["TokenRefresherFunctionName"]
    aws = stack.operator.endpoint_url
    control = f"{stack.wns_control_url}/control"
    publish = (
        f"{_signed(stack, 'events')} {aws}/ -H 'X-Amz-Target: AWSEvents.PutEvents'"
        f" -H 'Content-Type: application/x-amz-json-1.1' -d {_json({'Entries': [event]})}"
    )
    return [
        Command(
            f"the device {DEVICE} registers a new channel, with a token of its player {PLAYER}",
            f"curl -s -X PUT {stack.api_url}/apps/{APP}/channels/{DEVICE}"
            f' -H "Authorization: Bearer {token}" {_JSON_TYPE}'
            f" -d {_json({'channel_uri': channel.channel_uri})}",
        ),
        Command(f"another service publishes {EVENT} on the bus", publish),
        Command("what the device shows", f"curl -s '{control}/device?device_id={DEVICE}'"),
        Command(
            "an operator reads the app's settings",
            f"{_signed(stack, 'execute-api')} {stack.api_url}/apps/{APP}",
        ),
        Command(
            "the token refresher runs now, ahead of its schedule",
            f"{_signed(stack, 'lambda')} {aws}/2015-03-31/functions/{refresher}/invocations"
            f" -d {_json({'refresh': 'due'})}",
        ),
        Command(
            "Windows closes the channel; publish once more, and WNS responds 410",
            f"curl -s {control}/close_channel {_JSON_TYPE}"
            f" -d {_json({'channel': channel.channel_uri})}",
        ),
        Command(
            "the requests to WNS and its responses",
            f"curl -s '{control}/requests?device_id={DEVICE}'",
        ),
    ]


def _near(path: Path) -> str:
    """Return a path as it is shown to somebody in the repository's folder."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _signed(stack: LaptopStack, service: str) -> str:
    credentials = f"{stack.operator.access_key_id}:{stack.operator.secret_access_key}"
    return f"curl -s --aws-sigv4 aws:amz:{REGION}:{service} --user {credentials}"


def _json(document: object) -> str:
    return shlex.quote(json.dumps(document))

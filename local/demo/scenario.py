"""The demo scenario: one game, one player, one device, from credentials to a closed channel.

Every step is verified by its effect: on the device, in the emulators' records, in the tables. The
first step that fails raises a `StackError` that names it.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from local import direct_http
from local.stack.deploy import STACK_NAME
from local.stack.errors import StackError

if TYPE_CHECKING:
    from local.stack.stack import LaptopStack

APP = "space-duel"
PLAYER = "sam"
DEVICE = "sams-pc"
AUDIENCE = "windows-game"
PACKAGE_SID = (
    "ms-app://s-1-15-2-1004010101-1002020202-1003030303-1004040404-1005050505-1006060606-1007070707"
)
CLIENT_SECRET = "laptop-secret-of-space-duel"  # noqa: S105 (known to the emulator only)
ACCESS_TOKEN_SECRET = f"{STACK_NAME}/apps/{APP}/access-token"
EVENT = "ChallengeReceived"
SOUND = "ms-winsoundevent:Notification.Looping.Call2"
TEMPLATE = {
    "default_locale": "en-US",
    "locales": {
        "en-US": {
            "toast": {"texts": ["${challenger} challenges you"], "audio": {"src": SOUND}},
            "badge": {"value": 1},
        }
    },
}
WAIT_SECONDS = 20.0


@dataclass(slots=True)
class Narrator:
    """Prints each verified step with the seconds since `started_at` (time.monotonic)."""

    started_at: float
    checks: int = field(default=0)

    def say(self, text: str) -> None:
        print(f"  {time.monotonic() - self.started_at:5.1f} s  {text}", flush=True)

    def verify(self, *, fact: object, text: str) -> None:
        """Count and print a fact.

        Raises:
            StackError: it is false.
        """
        if not fact:
            raise StackError(f"failed: {text}")
        self.checks += 1
        self.say(text)


def run_scenario(stack: LaptopStack, narrator: Narrator) -> None:
    """Run the scenario on a new stack.

    Raises:
        StackError: a step failed.
    """
    configure_app(stack, narrator)
    channel_uri = register_device(stack, narrator)
    refresh_by_event(stack, narrator)
    refresh_by_schedule(stack, narrator)
    challenge(stack, narrator)
    lose_channel(stack, narrator, channel_uri)


def configure_app(stack: LaptopStack, narrator: Narrator) -> None:
    stack.wns.put_app(package_sid=PACKAGE_SID, client_secret=CLIENT_SECRET)
    settings = {"name": "Space Duel", "identity": "package_sid", "token_audiences": [AUDIENCE]}
    credentials = {
        "identity": "package_sid",
        "package_sid": PACKAGE_SID,
        "client_secret": CLIENT_SECRET,
    }
    for what, path, body in (
        ("the app", f"/apps/{APP}", settings),
        ("its credentials", f"/apps/{APP}/credentials", credentials),
        ("the template of its event", f"/apps/{APP}/templates/{EVENT}", TEMPLATE),
    ):
        response = stack.signed_request("PUT", path, body)
        narrator.verify(
            fact=response.ok and CLIENT_SECRET not in response.text,
            text=f"operator puts {what}: PUT {path} returns {_status(response)}, without a secret",
        )


def register_device(stack: LaptopStack, narrator: Narrator) -> str:
    """Register the device's channel; returns its URI."""
    channel_uri = stack.wns.create_channel(app=PACKAGE_SID, device_id=DEVICE).channel_uri
    host = urlsplit(channel_uri).hostname or ""
    narrator.verify(
        fact=host.endswith(".notify.windows.com"),
        text=f"the device requests a channel from WNS, on {host}",
    )
    token_request = {"sub": PLAYER, "aud": AUDIENCE}
    token = direct_http.request(
        "POST", f"{stack.issuer_url}/token", json=token_request, timeout=10
    ).json()["access_token"]
    path = f"/apps/{APP}/channels/{DEVICE}"
    body = {"channel_uri": channel_uri, "locale": "en-US"}
    response = stack.player_request("PUT", path, token=token, json=body)
    narrator.verify(
        fact=response.status_code == requests.codes.created and channel_uri not in response.text,
        text=f"the device registers it as {PLAYER}: PUT {path} returns {_status(response)}",
    )
    narrator.verify(
        fact=_channel_uris(stack) == [channel_uri],
        text="the channel is in ChannelsTable",
    )
    return channel_uri


def refresh_by_event(stack: LaptopStack, narrator: Narrator) -> None:
    """Wait for the access token that follows the app's new credentials."""
    stored = _wait_for_access_token(stack)
    narrator.verify(
        fact=stored["expires_at"] > time.time(),
        text="on AppCredentialsChanged the token refresher stored an access token in"
        f" {ACCESS_TOKEN_SECRET}",
    )


def refresh_by_schedule(stack: LaptopStack, narrator: Narrator) -> None:
    """Delete the access token and run the refresher by a copy of its schedule that is due now."""
    secrets, scheduler = stack.client("secretsmanager"), stack.client("scheduler")
    _wait_for_access_token(stack)
    secrets.delete_secret(SecretId=ACCESS_TOKEN_SECRET, ForceDeleteWithoutRecovery=True)
    narrator.say("the secret is deleted")
    name = stack.resources["TokenRefresherFunctionSchedule"]
    deployed = scheduler.get_schedule(Name=name)
    seen = max((each["number"] for each in stack.wns.requests()), default=0)
    scheduler.create_schedule(
        Name="refresh-now",
        ScheduleExpression=f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=deployed["Target"],
        ActionAfterCompletion="DELETE",
    )
    narrator.say(
        f"a second schedule with the target of {name} ({deployed['ScheduleExpression']}) is due"
    )
    stored = _wait_for_access_token(stack)
    narrator.verify(
        fact=stored["expires_at"] > time.time(),
        text="the scheduled token refresher stored a new access token there",
    )
    asked = stack.wns.requests(endpoint="token", app=PACKAGE_SID, after=seen)
    narrator.verify(
        fact=[(each["host"], each["status"]) for each in asked] == [("login.live.com", 200)],
        text="it came from login.live.com, in one request",
    )


def challenge(stack: LaptopStack, narrator: Narrator) -> None:
    publish_event(stack, narrator, challenger="Alex")

    def shown() -> Any:
        device = stack.wns.device(DEVICE)
        return device if device.toasts and device.badge is not None else None

    device = stack.wait_until(shown, WAIT_SECONDS, "the device shows a toast and a badge")
    texts = [toast["texts"] for toast in device.toasts]
    narrator.verify(
        fact=texts == [["Alex challenges you"]], text=f"the device shows {_quoted(texts)}"
    )
    narrator.verify(fact=device.sounds == [SOUND], text=f"it plays {SOUND}, once")
    narrator.verify(fact=device.badge == "1", text="its badge reads 1")
    sent = stack.wns.requests(endpoint="notify")
    narrator.verify(
        fact=[each["status"] for each in sent] == [200, 200]
        and all(each["host"].endswith(".notify.windows.com") for each in sent),
        text=f"WNS accepted one toast and one badge, over TLS at {sent[0]['host']}",
    )


def lose_channel(stack: LaptopStack, narrator: Narrator, channel_uri: str) -> None:
    stack.wns.close_channel(channel_uri)
    narrator.say("the player uninstalls the game: Windows closes the channel")
    gone = "the channel is gone from ChannelsTable"
    publish_event(stack, narrator, challenger="Kim")
    narrator.verify(
        fact=stack.wait_until(lambda: not _channel_uris(stack), WAIT_SECONDS, gone),
        text=gone,
    )
    statuses = {each["status"] for each in stack.wns.requests(endpoint="notify")}
    narrator.verify(fact=statuses == {200, 410}, text="because WNS responded 410")
    toasts = stack.wns.device(DEVICE).toasts
    narrator.verify(fact=len(toasts) == 1, text="the device shows nothing new")


def publish_event(stack: LaptopStack, narrator: Narrator, *, challenger: str) -> None:
    """Publish the game's event on the bus, as another service of the game would."""
    detail = {
        "app_id": APP,
        "audience": {"players": [PLAYER]},
        "parameters": {"challenger": challenger},
    }
    entry = {
        "EventBusName": stack.outputs["GameEventBusName"],
        "Source": "com.example.space-duel",
        "DetailType": EVENT,
        "Detail": json.dumps(detail),
    }
    result = stack.client("events").put_events(Entries=[entry])
    narrator.verify(
        fact=result["FailedEntryCount"] == 0,
        text=f"another service publishes {EVENT} on the bus: {challenger} challenges {PLAYER}",
    )


def _wait_for_access_token(stack: LaptopStack) -> Any:
    """Wait until an access token is stored; returns the content of its secret."""
    secrets = stack.client("secretsmanager")

    def is_stored() -> bool:
        return ACCESS_TOKEN_SECRET in {
            each["Name"] for each in secrets.list_secrets()["SecretList"]
        }

    stack.wait_until(is_stored, WAIT_SECONDS, "an access token is stored")
    return json.loads(secrets.get_secret_value(SecretId=ACCESS_TOKEN_SECRET)["SecretString"])


def _channel_uris(stack: LaptopStack) -> list[str]:
    items = stack.client("dynamodb").scan(TableName=stack.outputs["ChannelsTableName"])["Items"]
    return [item["channel_uri"]["S"] for item in items if "channel_uri" in item]


def _status(response: requests.Response) -> str:
    """Return the status, with the body of a refusal."""
    return str(response.status_code) + ("" if response.ok else f" {response.text}")


def _quoted(texts: list[list[str]]) -> str:
    return ", ".join(f'"{text}"' for lines in texts for text in lines)

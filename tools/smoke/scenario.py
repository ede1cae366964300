"""The scenario: an app, a template, a notification by API and by bus, to their recorded ends."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.smoke.target import NotHereError, SmokeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

    from tools.smoke.target import Target

WAIT_S = 60
PLAYER = "smoke-player"
DEVICE = "smoke-pc"
TEMPLATE = {
    "default_locale": "en",
    "locales": {"en": {"toast": {"texts": ["Smoke test ${number}"]}}},
}
Step = tuple[str, "Callable[[], str]"]


@dataclass(frozen=True, slots=True)
class Device:
    """A real device, for a run that reaches WNS; without one the run is dry.

    Attributes:
        channel_uri: as the game client got it from Windows.
        token: the player's, of the stack's issuer.
        audience: what the token carries as `aud` or `client_id`.
        credentials: the app's WNS credentials, as `PUT …/credentials` takes them.
    """

    channel_uri: str
    token: str
    audience: str
    credentials: dict[str, str]


class Scenario:
    """One run, with an app of its own that is deleted at the end."""

    def __init__(self, target: Target, device: Device | None = None) -> None:
        self._target = target
        self._device = device
        self.app = f"smoke-{secrets.token_hex(4)}"

    def steps(self) -> Iterator[Step]:
        yield "app", self.put_app
        yield "template", self.put_template
        if self._device is not None:
            yield "credentials", self.put_credentials
            yield "channel", self.register
        yield "API", self.send_by_api
        yield "bus", self.send_by_bus
        yield "clean-up", self.delete_app

    def put_app(self) -> str:
        device = self._device
        identity = device.credentials["identity"] if device else "package_sid"
        audiences = [device.audience if device else "smoke"]
        settings = {"name": "Smoke test", "identity": identity, "token_audiences": audiences}
        self._expect(self._call("PUT", "", settings), 201)
        return f"the operator's API creates the app {self.app}"

    def put_template(self) -> str:
        self._expect(self._call("PUT", "/templates/Smoke", TEMPLATE), 201)
        preview = self._call("POST", "/templates/Smoke/preview", {"parameters": {"number": 1}})
        self._expect(preview, 200)
        if "Smoke test 1" not in preview.text:
            raise SmokeError("the template's preview has other texts than the template")
        return "its template is stored and rendered"

    def put_credentials(self) -> str:
        if self._device is None:
            raise NotHereError("dry")
        self._expect(self._call("PUT", "/credentials", self._device.credentials), 204)
        return "Microsoft accepts the credentials, and they are stored"

    def register(self) -> str:
        if self._device is None:
            raise NotHereError("dry")
        path = f"/apps/{self.app}/channels/{DEVICE}"
        body = {"channel_uri": self._device.channel_uri}
        response = self._target.player("PUT", path, self._device.token, body)
        self._expect(response, 201)
        return "the player's token registers the channel"

    def send_by_api(self) -> str:
        body = {
            "audience": {"players": [self._player()]},
            "template": "Smoke",
            "parameters": {"number": 2},
        }
        accepted = self._call("POST", "/notifications", body)
        self._expect(accepted, 202)
        return self._follow(accepted.json()["notification_id"], "the API")

    def send_by_bus(self) -> str:
        detail = {
            "app_id": self.app,
            "audience": {"players": [self._player()]},
            "parameters": {"number": 3},
        }
        entry = {
            "EventBusName": self._target.outputs["GameEventBusName"],
            "Source": "smoke",
            "DetailType": "Smoke",
            "Detail": json.dumps(detail),
        }
        (published,) = self._target.client("events").put_events(Entries=[entry])["Entries"]
        # An event's id is its request_id; a notification's id follows from that and the app.
        key = f"{self.app}#{published['EventId']}"
        return self._follow(hashlib.sha256(key.encode()).hexdigest()[:32], "the bus")

    def delete_app(self) -> str:
        self._expect(self._call("DELETE", ""), 204)
        return "the app is deleted"

    def _player(self) -> str:
        """Return the `sub` of the device's token: whom the notifications go to."""
        if self._device is None:
            return PLAYER
        return subject_of(self._device.token)

    def _follow(self, notification_id: str, source: str) -> str:
        deadline = time.monotonic() + WAIT_S
        while True:
            response = self._call("GET", f"/notifications/{notification_id}")
            view: dict[str, Any] = response.json() if response.ok else {}
            if view.get("state") in {"completed", "failed", "suppressed"}:
                break
            if time.monotonic() > deadline:
                state = view.get("state", response.status_code)
                raise SmokeError(f"a notification by {source} is not completed ({state})")
            time.sleep(1)
        if view["state"] != "completed":
            raise SmokeError(f"a notification by {source} is {view['state']}: {view}")
        if self._device is None:
            if view["players"]["skipped"] != {"no_channel": 1}:
                raise SmokeError(f"a player without a device was not skipped: {view['players']}")
            return f"a notification by {source} ends in the record: no_channel"
        if set(view["counts"]) != {"delivered"}:
            raise SmokeError(f"WNS did not deliver a notification by {source}: {view['counts']}")
        return f"WNS delivers a notification by {source}"

    def _call(self, method: str, path: str, body: object = None) -> requests.Response:
        return self._target.operator(method, f"/apps/{self.app}{path}", body)

    @staticmethod
    def _expect(response: requests.Response, status: int) -> None:
        if response.status_code != status:
            method = response.request.method
            raise SmokeError(
                f"{method} {response.request.path_url} returns {response.status_code}, not"
                f" {status}: {response.text}"
            )


def subject_of(token: str) -> str:
    """Read `sub` of a JWT, unverified.

    Raises:
        SmokeError: it is not a JWT.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["sub"])
    except (IndexError, ValueError, KeyError) as error:
        raise SmokeError("PLAYER_TOKEN is not a JWT with a sub") from error

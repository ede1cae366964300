"""The game that the virtual devices have installed."""

from __future__ import annotations

import hashlib
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from local.demo.scenario import APP, AUDIENCE, CLIENT_SECRET, PACKAGE_SID
from local.devices.errors import DevicesError
from local.devices.examples import EXAMPLES
from local.devices.samples import SAMPLES, TOPIC

if TYPE_CHECKING:
    from local.devices.backend import Backend, Reply
    from local.wns_emulator.control.client import EmulatorControl

NAME = "Space Duel"
SOURCE = "com.example.space-duel"
APP_SETTINGS = {"name": NAME, "identity": "package_sid", "token_audiences": [AUDIENCE]}
CREDENTIALS = {
    "identity": "package_sid",
    "package_sid": PACKAGE_SID,
    "client_secret": CLIENT_SECRET,
}


class Game:
    """Sets up the game as an app and sends its notifications, through the API or the bus."""

    def __init__(self, backend: Backend, wns: EmulatorControl) -> None:
        self._backend = backend
        self._wns = wns
        self._lock = threading.Lock()
        self._is_ready = False
        self._creates_app = False
        self.has_topics: bool | None = None
        """Whether the API supports topics; None until a registration shows it."""

    def prepare(self) -> None:
        """Register the app with Microsoft and the product, and store its templates. Idempotent.

        Raises:
            DevicesError: with the API's reason.
        """
        with self._lock:
            if self._is_ready:
                return
            self._wns.put_app(package_sid=PACKAGE_SID, client_secret=CLIENT_SECRET)
            found = self._backend.as_operator("GET", f"/apps/{APP}")
            if found.status == HTTPStatus.NOT_FOUND:
                self._creates_app = True
            # Also on a retry after credentials were refused: by then the app exists.
            if self._creates_app:
                self._put("", APP_SETTINGS)
                self._put("/credentials", CREDENTIALS)
            for sample in SAMPLES.values():
                if sample.template:
                    self._put(f"/templates/{sample.sample_id}", {**sample.template, "track": True})
            self._backend.refresh_access_tokens()
            self._is_ready = True

    def send_sample(
        self,
        sample_id: str,
        parameters: dict[str, str],
        players: list[str],
        *,
        may_use_topic: bool,
        road: str,
    ) -> dict[str, Any]:
        """Send a sample to these players or, if allowed, to its topic; returns a text and an id.

        Raises:
            DevicesError: there is no such sample, or the API refuses.
        """
        sample = SAMPLES.get(sample_id)
        if sample is None:
            raise DevicesError("unknown_sample", f"there is no sample '{sample_id}'", 404)
        content = sample.content(parameters)
        audience: dict[str, Any] = {"players": players}
        if sample.goes_to_topic and may_use_topic and self.has_topics:
            audience = {"topic": TOPIC}
        self.prepare()
        if road == "bus":
            detail = {"app_id": APP, "audience": audience, **content}
            event_id = self._backend.publish(SOURCE, sample_id, detail)
            return {
                "text": f"EventBridge accepted the event {sample_id}",
                "id": notification_id_of(event_id),
            }
        return self._request({"audience": audience, **content})

    def send(self, notification: dict[str, Any], players: list[str]) -> dict[str, Any]:
        """Send a complete notification through the API; returns a text and an id.

        Raises:
            DevicesError: with the API's reason.
        """
        self.prepare()
        return self._request({"audience": {"players": players}, "notification": notification})

    def notification(self, notification_id: str) -> dict[str, Any]:
        """Return the API's record of a notification.

        Raises:
            DevicesError: there is none, or none yet.
        """
        path = f"/apps/{APP}/notifications/{quote(notification_id, safe='')}"
        reply = self._backend.as_operator("GET", path)
        if reply.status == HTTPStatus.NOT_FOUND:
            message = "there is no record of it yet: an event takes a moment"
            raise DevicesError("no_record", message, HTTPStatus.NOT_FOUND)
        if not reply.ok:
            raise DevicesError("refused", f"GET {path} answers {_reason(reply)}")
        return reply.content

    def view(self) -> dict[str, Any]:
        return {
            "app_id": APP,
            "name": NAME,
            "samples": [sample.view() for sample in SAMPLES.values()],
            "examples": EXAMPLES,
        }

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        path = f"/apps/{APP}/notifications"
        reply = self._backend.as_operator("POST", path, request)
        if not reply.ok:
            raise DevicesError("refused", f"POST {path} answers {_reason(reply)}")
        return {
            "text": f"POST {path} answers {reply.status}",
            "id": reply.content.get("notification_id"),
        }

    def _put(self, path: str, body: object) -> None:
        reply = self._backend.as_operator("PUT", f"/apps/{APP}{path}", body)
        if not reply.ok:
            raise DevicesError("refused", f"PUT /apps/{APP}{path} answers {_reason(reply)}")


def notification_id_of(request_id: str) -> str:
    """Return the id of the notification that a request becomes; docs/api.md has the rule."""
    return hashlib.sha256(f"{APP}#{request_id}".encode()).hexdigest()[:32]


def _reason(reply: Reply) -> str:
    return f"{reply.status}: {reply.reason}"

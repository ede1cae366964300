"""Calls of the product over HTTP, as a game client, an operator and another service make them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from local import direct_http
from local.devices.errors import DevicesError

if TYPE_CHECKING:
    import requests

    from local.stack.aws import Aws

CALL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A response of the API: its status and the JSON of its body, `{}` without one."""

    status: int
    content: dict[str, Any]

    @property
    def ok(self) -> bool:
        return self.status < HTTPStatus.BAD_REQUEST

    @property
    def code(self) -> str | None:
        """The error's code; None if API Gateway itself refused."""
        error = self.content.get("error")
        return error.get("code") if isinstance(error, dict) else None

    @property
    def is_without_route(self) -> bool:
        """Whether the API or API Gateway says that there is no such route."""
        return self.status == HTTPStatus.NOT_FOUND and self.code in {None, "no_such_route"}

    @property
    def reason(self) -> str:
        """The reason of the refusal, in one line."""
        error = self.content.get("error")
        if not isinstance(error, dict):
            return str(self.content.get("message", "no reason given"))
        details = "; ".join(f"{one['field']}: {one['message']}" for one in error["details"])
        return f"{error['message']} ({details})" if details else str(error["message"])

    def rejects(self, field: str) -> bool:
        """Return whether the error is about this field of the body."""
        error = self.content.get("error")
        details = error["details"] if isinstance(error, dict) else []
        return any(field in one["field"].split(".") for one in details)


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of the product and the names of its resources."""

    api_url: str
    issuer_url: str
    bus: str
    token_refresher: str


class Backend:
    """Calls the product; `requests.RequestException` if it cannot be reached."""

    def __init__(self, addresses: Addresses, operator: Aws) -> None:
        self._addresses = addresses
        self._operator = operator

    def player_token(self, player: str, audience: str) -> str:
        """Obtain a player's token, as a game does at sign-in.

        Raises:
            DevicesError: the issuer refuses.
        """
        reply = self._call(
            "POST", f"{self._addresses.issuer_url}/token", {"sub": player, "aud": audience}, {}
        )
        if "access_token" not in reply.content:
            raise DevicesError("no_token", f"the token issuer answers {reply.status}", 502)
        token: str = reply.content["access_token"]
        return token

    def as_player(self, token: str, method: str, path: str, body: object = None) -> Reply:
        """Call a player route."""
        headers = {"Authorization": f"Bearer {token}"}
        return self._call(method, f"{self._addresses.api_url}{path}", body, headers)

    def as_operator(self, method: str, path: str, body: object = None) -> Reply:
        """Call an operator route, signed."""
        url = f"{self._addresses.api_url}{path}"
        return _parse(self._operator.signed_request(method, url, body))

    def publish(self, source: str, detail_type: str, detail: dict[str, Any]) -> str:
        """Publish an event on the bus, as another service of the game would; returns its id.

        Raises:
            DevicesError: EventBridge rejects it.
        """
        entry = {
            "EventBusName": self._addresses.bus,
            "Source": source,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
        }
        result = self._operator.client("events").put_events(Entries=[entry])["Entries"][0]
        if "EventId" not in result:
            raise DevicesError("not_taken", f"EventBridge: {result.get('ErrorMessage')}", 502)
        event_id: str = result["EventId"]
        return event_id

    def refresh_access_tokens(self) -> None:
        """Run the token refresher now, ahead of its schedule."""
        self._operator.client("lambda").invoke(
            FunctionName=self._addresses.token_refresher, Payload=b'{"refresh": "due"}'
        )

    def _call(self, method: str, url: str, body: object, headers: dict[str, str]) -> Reply:
        return _parse(
            direct_http.request(method, url, json=body, headers=headers, timeout=CALL_SECONDS)
        )


def _parse(response: requests.Response) -> Reply:
    try:
        content = response.json() if response.content else {}
    except ValueError:
        content = {}
    return Reply(response.status_code, content if isinstance(content, dict) else {})

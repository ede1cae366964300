"""The product as a game client, an operator and another service see it: over HTTP, nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import requests

from local.devices.errors import DevicesError

if TYPE_CHECKING:
    from local.stack.aws import Aws

CALL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said: its status and the JSON of its body."""

    status: int
    content: dict[str, Any]

    @property
    def ok(self) -> bool:
        return self.status < HTTPStatus.BAD_REQUEST

    @property
    def code(self) -> str | None:
        """The error's code; None where API Gateway itself has refused."""
        error = self.content.get("error")
        return error.get("code") if isinstance(error, dict) else None

    @property
    def is_without_route(self) -> bool:
        """Whether the API has no such route, in its own words or in API Gateway's."""
        return self.status == HTTPStatus.NOT_FOUND and self.code in {None, "no_such_route"}

    @property
    def fault(self) -> str:
        """What the API has against the request, in one line."""
        error = self.content.get("error")
        if not isinstance(error, dict):
            return str(self.content.get("message", "no reason given"))
        details = "; ".join(f"{one['field']}: {one['message']}" for one in error["details"])
        return f"{error['message']} ({details})" if details else str(error["message"])

    def complains_about(self, field: str) -> bool:
        error = self.content.get("error")
        details = error["details"] if isinstance(error, dict) else []
        return any(field in one["field"].split(".") for one in details)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the product is."""

    api_url: str
    issuer_url: str
    bus: str
    token_refresher: str


class Backend:
    """Calls the product; `requests.RequestException` where it cannot be reached."""

    def __init__(self, addresses: Addresses, operator: Aws) -> None:
        self._addresses = addresses
        self._operator = operator

    def player_token(self, player: str, audience: str) -> str:
        """What the game gets when its player signs in.

        Raises: DevicesError where the issuer gives none.
        """
        answer = self._call(
            "POST", f"{self._addresses.issuer_url}/token", {"sub": player, "aud": audience}, {}
        )
        if "access_token" not in answer.content:
            raise DevicesError("no_token", f"the issuer of tokens answers {answer.status}", 502)
        token: str = answer.content["access_token"]
        return token

    def as_player(self, token: str, method: str, path: str, body: object = None) -> Answer:
        """Calls a player route."""
        headers = {"Authorization": f"Bearer {token}"}
        return self._call(method, f"{self._addresses.api_url}{path}", body, headers)

    def as_operator(self, method: str, path: str, body: object = None) -> Answer:
        """Calls an operator route, signed."""
        answer = self._operator.signed_request(method, f"{self._addresses.api_url}{path}", body)
        return _answer(answer)

    def publish(self, source: str, detail_type: str, detail: dict[str, Any]) -> str:
        """Puts an event on the bus, as another service of the game would; returns its id.

        Raises: DevicesError where EventBridge does not take it.
        """
        entry = {
            "EventBusName": self._addresses.bus,
            "Source": source,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
        }
        answer = self._operator.client("events").put_events(Entries=[entry])
        taken = answer["Entries"][0]
        if "EventId" not in taken:
            raise DevicesError("not_taken", f"EventBridge: {taken.get('ErrorMessage')}", 502)
        event_id: str = taken["EventId"]
        return event_id

    def refresh_access_tokens(self) -> None:
        """Runs the token refresher now, not when its schedule says."""
        self._operator.client("lambda").invoke(
            FunctionName=self._addresses.token_refresher, Payload=b'{"refresh": "due"}'
        )

    def _call(self, method: str, url: str, body: object, headers: dict[str, str]) -> Answer:
        with requests.Session() as session:
            session.trust_env = False
            return _answer(
                session.request(method, url, json=body, headers=headers, timeout=CALL_SECONDS)
            )


def _answer(answer: requests.Response) -> Answer:
    try:
        content = answer.json() if answer.content else {}
    except requests.exceptions.JSONDecodeError:
        content = {}
    return Answer(answer.status_code, content if isinstance(content, dict) else {})

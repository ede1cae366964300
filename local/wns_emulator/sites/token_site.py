"""The common part of both token endpoints: form, faults, JSON response, request log."""

from __future__ import annotations

import hmac
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from local.wns_emulator.wire.http1 import KEPT_BODY, Reply, Request

if TYPE_CHECKING:
    from local.wns_emulator.state.apps import App
    from local.wns_emulator.state.core import Core

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 50


@dataclass
class TokenRefusal(Exception):  # noqa: N818
    """Raised for a refusal in OAuth's terms; `code` is the AADSTS number of Entra."""

    error: str
    description: str
    status: int = 400
    code: int = 0
    headers: tuple[tuple[str, str], ...] = ()


class TokenSite(ABC):
    """A token endpoint."""

    common_headers: tuple[tuple[str, str], ...]

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def continue_delay(self) -> float:
        return self._core.switches.continue_delay

    def respond(self, request: Request) -> Reply:
        if not self.serves(request.target.partition(b"?")[0].decode("latin-1")):
            return self._finish(request, self._reply(404, {}), {"outcome": "not found"})
        fields = _fields(request)
        form = dict(fields)
        client_id = form.get("client_id")
        app = self._core.apps.find(client_id) if client_id else None
        details: dict[str, Any] = {"client_id": client_id, "app": app.app_id if app else None}
        fault = self._core.faults.take("token", details["app"], None)
        if fault is not None:
            details["fault"] = fault.name()
        if fault is not None and not fault.takes_effect:
            reply = fault.reply(list(self.common_headers))
            return self._finish(request, reply, details | {"outcome": "fault"})
        try:
            _check_form(request, fields)
            reply = self._reply(200, self.grant(request, form, app))
            details["outcome"] = "granted"
        except TokenRefusal as refusal:
            reply = self._reply(refusal.status, self.refusal_content(refusal), refusal.headers)
            details |= {"outcome": refusal.error, "why": refusal.description}
        if fault is not None:
            common = list(self.common_headers)
            reply = fault.reply(common) if fault.code else fault.corrupt(reply)
        return self._finish(request, reply, details)

    @abstractmethod
    def serves(self, path: str) -> bool:
        """Return whether the token endpoint is at this path."""

    @abstractmethod
    def grant(self, request: Request, form: dict[str, str], app: App | None) -> dict[str, Any]:
        """Issue a token; returns the JSON of the response.

        Raises:
            TokenRefusal: the request is not one that gets a token.
        """

    @abstractmethod
    def refusal_content(self, refusal: TokenRefusal) -> dict[str, Any]:
        """Return the JSON of a refusal."""

    def _reply(
        self, status: int, content: dict[str, Any], headers: tuple[tuple[str, str], ...] = ()
    ) -> Reply:
        all_headers = [*self.common_headers, *headers]
        all_headers.append(("Date", formatdate(self._core.clock.now(), usegmt=True)))
        body = json.dumps(content).encode() if content else b""
        return Reply(status, HTTPStatus(status).phrase, all_headers, body)

    def _finish(self, request: Request, reply: Reply, details: dict[str, Any]) -> Reply:
        self._core.log.add(self._core.clock.now(), "token", request, reply, details)
        return reply


def same_secret(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _fields(request: Request) -> list[tuple[str, str]]:
    """Parse the form; a malformed body has no fields."""
    try:
        return parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return []


def _check_form(request: Request, fields: list[tuple[str, str]]) -> None:
    """Check that a POST is a form with each parameter once; raises TokenRefusal."""
    if request.method != "POST":
        return
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    fault = request.framing_fault
    if fault is None and content_type != FORM:
        fault = f"The Content-Type must be {FORM}."
    elif request.body_size > KEPT_BODY:
        fault = "The request is too long."
    elif len(dict(fields)) != len(fields):
        fault = "A parameter is given more than once."
    if fault is not None:
        raise TokenRefusal("invalid_request", fault)

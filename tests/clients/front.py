"""The backend as a client reaches it: records each request, and fails as a vector says."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from local import direct_http

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

HOST = "127.0.0.1"
FORWARD_SECONDS = 30
HEADERS_FORWARDED = ("Authorization", "Content-Type")


@dataclass(slots=True)
class Behaviour:
    """How the backend behaves from now on: `respond`, `disconnect` or `lose_response`.

    Requests whose path ends in `path` are first answered with `statuses`, then with `always`;
    without either they reach the real backend.
    """

    does: str = "respond"
    statuses: list[int] = field(default_factory=list)
    retry_after: str | None = None
    path: str = ""
    always: int | None = None

    @classmethod
    def of(cls, step: Mapping[str, Any]) -> Self:
        """Return the behaviour that a step of a vector asks for."""
        fields = {name: value for name, value in step.items() if name != "do"}
        return cls(**fields | {"statuses": list(step.get("statuses", ()))})

    def next_status(self, path: str) -> int | None:
        if not path.endswith(self.path):
            return None
        return self.statuses.pop(0) if self.statuses else self.always


class Front(ThreadingHTTPServer):
    """A server in front of the backend at `backend_url`, on a free port of 127.0.0.1."""

    daemon_threads = True

    def __init__(self, backend_url: str) -> None:
        super().__init__((HOST, 0), _Handler)
        self.backend_url = backend_url
        self.url = f"http://{HOST}:{self.server_address[1]}"
        self.behaviour = Behaviour()
        self._requests: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def record(self, request: dict[str, Any]) -> None:
        self._requests.append(request)

    def take_requests(self) -> list[dict[str, Any]]:
        """Return the requests since the last call."""
        taken, self._requests = self._requests, []
        return taken


class _Handler(BaseHTTPRequestHandler):
    server: Front

    def _handle(self) -> None:
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.record(
            {
                "method": self.command,
                "path": self.path,
                "player": _subject(self.headers),
                "body": json.loads(body) if body else None,
            }
        )
        behaviour = self.server.behaviour
        if behaviour.does == "disconnect":
            return
        status = behaviour.next_status(self.path)
        if status is not None:
            headers = {"Retry-After": behaviour.retry_after} if behaviour.retry_after else {}
            self._respond(status, _error(status), headers)
            return
        response = direct_http.request(
            self.command,
            f"{self.server.backend_url}{self.path}",
            data=body,
            headers={
                name: self.headers[name] for name in HEADERS_FORWARDED if name in self.headers
            },
            timeout=FORWARD_SECONDS,
        )
        if behaviour.does == "respond":
            self._respond(response.status_code, response.content, {})

    do_PUT = do_DELETE = do_POST = _handle  # noqa: N815 (names of the base class)

    def _respond(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        # Said, not only done: Mono would send its next request on a connection after a 204.
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _subject(headers: Message) -> str | None:
    """Return the `sub` of the token that a request carries."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or token.count(".") != 2:
        return None
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(claims["sub"])


def _error(status: int) -> bytes:
    code = {429: "too_many_requests", 409: "conflict", 422: "invalid_request"}.get(
        status, "unavailable"
    )
    return json.dumps(
        {"error": {"code": code, "message": "as the vector says", "details": []}}
    ).encode()

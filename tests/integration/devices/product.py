"""A stand-in for the product: its API, the issuer of player tokens, EventBridge and Lambda, in as
far as the devices page calls them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_SUCH_ROUTE = {"error": {"code": "no_such_route", "message": "no such route", "details": []}}


def refusal(field_name: str) -> dict[str, Any]:
    details = [{"field": field_name, "message": "Extra inputs are not permitted"}]
    return {"error": {"code": "invalid_request", "message": "not valid", "details": details}}


@dataclass
class Product:
    """The requests received, and the refusals to give: path endings to statuses and bodies."""

    port: int = 0
    knows_topics: bool = True
    knows_presence: bool = True
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    presence: dict[str, bool] = field(default_factory=dict)
    templates: dict[str, Any] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    answers_to_events: dict[str, str] = field(default_factory=lambda: {"EventId": "event-1"})
    refusals: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        for ending, refused in self.refusals.items():
            if path.endswith(ending):
                return refused
        if path == "/token":
            return 200, {"access_token": f"token-of-{body['sub']}"}
        if path == "/":
            self.events += body["Entries"]
            return 200, {"FailedEntryCount": 0, "Entries": [self.answers_to_events]}
        if path.endswith("/invocations"):
            return 200, {}
        return self._api(method, path, body)

    def _api(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        match path.split("/")[3:]:
            case ["channels", device_id, *rest]:
                return self._channel(method, device_id, body, is_presence=bool(rest))
            case ["templates", template_id]:
                self.templates[template_id] = body
                return 200, {}
            case ["notifications"]:
                self.requests.append(body)
                return 202, {"notification_id": "notification-1"}
            case _:
                return 200, {}

    def _channel(
        self, method: str, device_id: str, body: Any, *, is_presence: bool
    ) -> tuple[int, Any]:
        if is_presence and not self.knows_presence:
            return 404, NO_SUCH_ROUTE
        if is_presence:
            self.presence[device_id] = body["in_game"]
        elif method == "DELETE":
            self.channels.pop(device_id, None)
        elif "topics" in body and not self.knows_topics:
            return 422, refusal("topics")
        else:
            self.channels[device_id] = body
            return 201, {"device_id": device_id}
        return 204, None


class Handler(BaseHTTPRequestHandler):
    product: Product

    def _answer(self) -> None:
        given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(given) if given else None
        status, content = self.product.answer(self.command, unquote(self.path), body)
        data = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def running_product() -> Iterator[Product]:
    product = Product()
    handler = type("HandlerOfProduct", (Handler,), {"product": product})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        product.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield product
        finally:
            server.shutdown()
            thread.join()

"""The stand-in for DynamoDB behind a server, so that the wire's real connections carry each call.

Slower than without; `make test-wire` runs the integration tests this way.
"""

from __future__ import annotations

import itertools
import os
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError

from push.aws.kept_connections import KeptConnections
from tests.aws_limits.wire import BotocoreConnections

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.aws.clients import Patience
    from push.aws.kept_connections import HttpResponse

OVER_HTTP = os.environ.get("WIRE") == "http"
_TICKET = "X-Ticket"


class ServedConnections:
    """The wire's own connections, to a server in this process."""

    def __init__(self, url: str, ca_file: str, patience: Patience) -> None:
        self._stand_in = BotocoreConnections(url, ca_file, patience)
        self._patience, self._ca_file = patience, ca_file
        self._by_process: dict[int, KeptConnections] = {}

    def post(self, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        """Send a request and receive its response.

        Raises:
            BaseException: what the stand-in raises: the server closes the connection then.
        """
        server = _server(os.getpid())
        connections = self._by_process.setdefault(
            os.getpid(), KeptConnections(server.url, self._ca_file, self._patience)
        )
        ticket = server.expect(self._stand_in)
        try:
            return connections.post({**headers, _TICKET: ticket}, body)
        except BotoCoreError as error:
            raise server.raised.pop(ticket, error) from None
        finally:
            del server.expected[ticket]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.expected: dict[str, BotocoreConnections] = {}
        self.raised: dict[str, BaseException] = {}
        self._tickets = itertools.count()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def expect(self, stand_in: BotocoreConnections) -> str:
        """Return the ticket of a request that this stand-in is to answer."""
        ticket = str(next(self._tickets))
        self.expected[ticket] = stand_in
        return ticket


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a response is one packet
    server: _Server

    def do_POST(self) -> None:
        ticket = self.headers[_TICKET]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if ticket in self.server.raised:  # libcurl sends it again on a new connection
            self.close_connection = True
            return
        try:
            response = self.server.expected[ticket].post(dict(self.headers), body)
        except BaseException as error:  # noqa: BLE001 - raised where the request was made
            self.server.raised[ticket] = error
            self.close_connection = True
            return
        self.send_response(response.status_code)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@cache
def _server(_process: int) -> _Server:
    return _Server()

"""A server on a socket that answers as a test tells it to, with whatever bytes."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

BREAK = b""
"""An answer: the connection is closed in place of one."""
SILENCE = b"silence"
"""An answer: nothing, until the client gives up."""


@dataclass
class ReceivedRequest:
    """A request: names of header fields are in lower case."""

    connection: int
    headers: dict[str, str]
    body: bytes


def answer(body: Any, status: int = 200) -> bytes:
    """Return a response with a JSON body, or with these bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} -\r\nContent-Length: {len(content)}\r\n"
    return f"{head}Content-Type: application/x-amz-json-1.0\r\n\r\n".encode() + content


def refusal(code: str, status: int = 400, **details: Any) -> bytes:
    """Return an error as DynamoDB words it."""
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    return answer({"__type": kind, "message": "because"} | details, status)


@dataclass
class ScriptedDynamoDB:
    """Gives each request the next answer; the last one stays.

    Attributes:
        closes: whether it closes each connection after an answer without saying so.
    """

    answers: deque[bytes] = field(default_factory=deque)
    requests: list[ReceivedRequest] = field(default_factory=list)
    closes: bool = False

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._connections: list[socket.socket] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(5)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                number = len(self._connections)
                threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as received, suppress(OSError):
            while received.readline().startswith(b"POST / "):
                headers = {}
                while line := received.readline().decode().strip():
                    name, _, value = line.partition(": ")
                    headers[name.lower()] = value
                body = received.read(int(headers["content-length"]))
                self.requests.append(ReceivedRequest(number, headers, body))
                chosen = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
                if chosen == BREAK:
                    return
                if chosen == SILENCE:
                    received.read(1)
                    return
                connection.sendall(chosen)
                if self.closes:
                    return

"""HTTP/1.1 as WNS speaks it: one request at a time, no chunks; faults delay or cut responses."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import httptools

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 1024 * 1024
KEPT_BODY = 8 * 1024
DISCARD_LIMIT = 64 * 1024 * 1024
LINGER_SECONDS = 1.0
CONTINUE = "100-continue"
STALLED_BODY_BYTES = 16

Ending = Literal["whole", "reset", "closed", "stalled"]


@dataclass(slots=True)
class Request:
    """One request; header names are lower-cased, `body` holds the first `KEPT_BODY` bytes."""

    host: str
    method: str = ""
    target: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    body_size: int = 0
    keep_alive: bool = True

    @property
    def framing_fault(self) -> str | None:
        """Why the head does not declare the body's length as WNS demands, or None."""
        if "transfer-encoding" in self.headers:
            return "Chunked transfer encoding is not supported."
        if self.method == "POST" and "content-length" not in self.headers:
            return "The Content-Length header is required."
        return None


@dataclass(slots=True)
class Reply:
    """One response, and how it is delayed or cut."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    close: bool = False
    delay: float = 0.0
    ending: Ending = "whole"

    def to_bytes(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {self.reason}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        stalled = self.ending == "stalled"
        length = len(self.body) or (STALLED_BODY_BYTES if stalled else 0)
        lines += [f"Content-Length: {length}", "", ""]
        body = self.body[: len(self.body) // 2] if stalled else self.body
        return "\r\n".join(lines).encode("latin-1") + body


class Site(Protocol):
    """The server of one host."""

    @property
    def continue_delay(self) -> float:
        """Seconds before `100 Continue`."""

    def respond(self, request: Request) -> Reply: ...


class Link(Protocol):
    """The connection to the client."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...

    def reset(self) -> None: ...


class Conversation:
    """The requests of one connection, in order."""

    def __init__(
        self, host: str, site: Site, link: Link, report: Callable[[str, dict[str, str]], None]
    ) -> None:
        self._host = host
        self._site = site
        self._link = link
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._request = Request(host)
        self._head_bytes = 0
        self._head_done = False
        self._complete: list[Request] = []
        self._pending: asyncio.TimerHandle | None = None
        self._continue: asyncio.TimerHandle | None = None
        self._ignores_input = False
        self._discarded = 0

    def feed(self, data: bytes) -> None:
        if self._ignores_input or self._pending is not None:
            self._discard(data)
            return
        if not self._parse(data):
            self._report("unreadable", {"host": self._host})
            self._reply_and_close(Reply(400, "Bad Request", []))
            return
        if self._complete:
            request = self._complete[0]
            # A second request before the first response is pipelining, which WNS does not support.
            alone = len(self._complete) == 1 and self._request is request
            self._complete.clear()
            keep_open = alone and request.keep_alive and request.framing_fault is None
            self._respond(request, close=not keep_open)
        elif self._head_done:
            self._check_head()

    def lost(self) -> None:
        """Stop: the connection is lost."""
        self._ignores_input = True
        for timer in (self._pending, self._continue):
            if timer is not None:
                timer.cancel()

    def on_message_begin(self) -> None:
        self._request = Request(self._host)
        self._head_done = False
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._request.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        headers = self._request.headers
        headers[key] = f"{headers[key]}, {text}" if key in headers else text

    def on_headers_complete(self) -> None:
        self._head_done = True
        self._request.method = self._parser.get_method().decode("latin-1")

    def on_body(self, body: bytes) -> None:
        request = self._request
        request.body_size += len(body)
        if len(request.body) < KEPT_BODY:
            request.body += body[: KEPT_BODY - len(request.body)]

    def on_message_complete(self) -> None:
        self._request.keep_alive = self._parser.should_keep_alive()
        self._head_done = False
        self._complete.append(self._request)

    def _parse(self, data: bytes) -> bool:
        if not self._head_done:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._request.keep_alive = False
        except httptools.HttpParserCallbackError:
            raise
        except httptools.HttpParserError:
            return False
        return self._head_done or bool(self._complete) or self._head_bytes <= HEAD_LIMIT

    def _check_head(self) -> None:
        """Respond early if the body would be discarded, otherwise ask for it if expected."""
        request = self._request
        length = int(request.headers.get("content-length", "0"))
        if request.framing_fault or length > BODY_LIMIT:
            request.body_size = max(request.body_size, length)
            self._respond(request, close=True)
        elif self._continue is None and request.headers.get("expect", "").lower() == CONTINUE:
            self._continue = self._loop.call_later(
                self._site.continue_delay, self._link.write, b"HTTP/1.1 100 Continue\r\n\r\n"
            )

    def _respond(self, request: Request, *, close: bool) -> None:
        reply = self._site.respond(request)
        reply.close = reply.close or close
        if self._continue is not None:
            self._continue.cancel()
            self._continue = None
        if reply.delay > 0:
            self._pending = self._loop.call_later(reply.delay, self._send, reply)
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        self._pending = None
        if reply.ending == "reset":
            self._ignores_input = True
            self._link.reset()
        elif reply.ending == "closed":
            self._ignores_input = True
            self._link.close()
        elif reply.ending == "stalled":
            self._ignores_input = True
            self._link.write(reply.to_bytes())
        elif reply.close or self._discarded:
            self._reply_and_close(reply)
        else:
            self._link.write(reply.to_bytes())

    def _reply_and_close(self, reply: Reply) -> None:
        if not any(name == "Connection" for name, _ in reply.headers):
            reply.headers.append(("Connection", "close"))
        self._link.write(reply.to_bytes())
        self._ignores_input = True
        # Closing while the client still writes would reset the connection and lose the response.
        self._loop.call_later(LINGER_SECONDS if self._head_done else 0, self._link.close)

    def _discard(self, data: bytes) -> None:
        self._discarded += len(data)
        if self._discarded > DISCARD_LIMIT:
            self._link.close()

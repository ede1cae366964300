"""A plain HTTP client for the emulator: the standard library's, through the proxy, with its CA."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT_SECONDS = 5.0
LIVE = "https://login.live.com/accesstoken.srf"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Response:
    """One HTTP response; header names as received."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header whose name is spelt exactly so."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) <= 1, f"{name} came more than once"
        return values[0] if values else None

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def wns_status(self) -> tuple[str | None, str | None]:
        return self.header("X-WNS-STATUS"), self.header("X-WNS-NOTIFICATIONSTATUS")

    @property
    def error_text(self) -> str | None:
        return self.header("X-WNS-ERROR-DESCRIPTION")


class Wire:
    """Speaks to the hosts behind one proxy."""

    def __init__(self, proxy_url: str, ca_file: str) -> None:
        parts = urlsplit(proxy_url)
        assert parts.hostname is not None
        assert parts.port is not None
        self.proxy = (parts.hostname, parts.port)
        self.context = ssl.create_default_context(cafile=ca_file)

    @contextmanager
    def connection(
        self, host: str, timeout: float = TIMEOUT_SECONDS
    ) -> Iterator[http.client.HTTPSConnection]:
        connection = http.client.HTTPSConnection(*self.proxy, context=self.context, timeout=timeout)
        connection.set_tunnel(host, 443)
        try:
            yield connection
        finally:
            connection.close()

    def send(
        self,
        url: str,
        *,
        method: str = "POST",
        headers: dict[str, str] | None = None,
        body: bytes | str | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> Response:
        """One request on a connection of its own."""
        with self.connection(urlsplit(url).netloc, timeout) as connection:
            return exchange(connection, url, method=method, headers=headers, body=body)

    def form(self, url: str, **fields: str) -> Response:
        return self.send(url, headers={"Content-Type": FORM}, body=urlencode(fields))

    @contextmanager
    def tunnel(self, host: str, timeout: float = TIMEOUT_SECONDS) -> Iterator[ssl.SSLSocket]:
        """A bare TLS socket to a host behind the proxy."""
        with socket.create_connection(self.proxy, timeout=timeout) as plain:
            plain.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
            assert plain.recv(1024).startswith(b"HTTP/1.1 200")
            with self.context.wrap_socket(plain, server_hostname=host) as secure:
                yield secure


def exchange(
    connection: http.client.HTTPSConnection,
    url: str,
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    body: bytes | str | None = None,
) -> Response:
    """One request on a connection that is kept."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request(method, target, body, headers or {})
    response = connection.getresponse()
    content = response.read()
    return Response(response.status, response.reason, response.getheaders(), content)

"""The HTTP proxy in front of the emulated hosts: CONNECT to those of WNS only."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import httptools

from local.wns_emulator.wire.http1 import HEAD_LIMIT, Conversation, Reply, Site
from local.wns_emulator.wire.tls_link import TlsLink

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

LIVE_HOST = "login.live.com"
ENTRA_HOST = "login.microsoftonline.com"
NOTIFY_DOMAIN = "notify.windows.com"
CERTIFICATE_NAMES = (LIVE_HOST, ENTRA_HOST, f"*.{NOTIFY_DOMAIN}")
NOTIFY_HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.notify\.windows\.com")
HTTPS_PORT = "443"
IDLE_SECONDS = 120.0


class Sites:
    """The sites, by host name."""

    def __init__(self, *, live: Site, entra: Site, notify: Site) -> None:
        self._fixed = {LIVE_HOST: live, ENTRA_HOST: entra}
        self._notify = notify

    def find(self, host: str) -> Site | None:
        """Return the site of a host name, None for a host that is not part of WNS."""
        name = host.lower()
        site = self._fixed.get(name)
        if site is None and NOTIFY_HOST.fullmatch(name):
            return self._notify
        return site


class ConnectProxy:
    """The proxy port and its open connections."""

    def __init__(
        self,
        sites: Sites,
        context: ssl.SSLContext,
        *,
        report: Callable[[str, dict[str, str]], None],
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.sites = sites
        self.context = context
        self.report = report
        self.idle_seconds = idle_seconds
        self.open: set[ProxyConnection] = set()

    def connection(self) -> ProxyConnection:
        return ProxyConnection(self)

    def close(self) -> None:
        """Abort every connection."""
        for connection in list(self.open):
            connection.abort()


class ProxyConnection(asyncio.Protocol):
    """One client connection: CONNECT, then TLS, then HTTP with the requested host."""

    def __init__(self, proxy: ConnectProxy) -> None:
        self._proxy = proxy
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._head_bytes = 0
        self._head_done = False
        self._tls: TlsLink | None = None
        self._last_active = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._proxy.open.add(self)
        self._last_active = self._loop.time()
        self._idle = self._loop.call_later(self._proxy.idle_seconds, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._idle.cancel()
        self._proxy.open.discard(self)
        if self._tls is not None:
            self._tls.lost()

    def data_received(self, data: bytes) -> None:
        self._last_active = self._loop.time()
        if self._tls is not None:
            self._tls.feed(data)
        elif not self._transport.is_closing():
            self._read_connect(data)

    def pause_writing(self) -> None:
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._transport.resume_reading()

    def abort(self) -> None:
        self._transport.abort()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_headers_complete(self) -> None:
        self._head_done = True

    def _read_connect(self, data: bytes) -> None:
        self._head_bytes += len(data)
        rest = b""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = data[upgrade.args[0] :]
        except httptools.HttpParserError:
            self._refuse(400, "Bad Request", "This is not an HTTP proxy request.")
            return
        if self._head_done:
            if self._parser.get_method() == b"CONNECT":
                self._connect(rest)
            else:
                self._refuse(403, "Forbidden", "Only CONNECT is served here.")
        elif self._head_bytes > HEAD_LIMIT:
            self._refuse(400, "Bad Request", "The request head is too long.")

    def _connect(self, rest: bytes) -> None:
        host, _, port = self._target.decode("latin-1").rpartition(":")
        site = self._proxy.sites.find(host) if port == HTTPS_PORT else None
        if site is None:
            self._proxy.report("connect_refused", {"host": host, "port": port})
            self._refuse(
                403,
                "Forbidden",
                f"The WNS emulator connects to {', '.join(CERTIFICATE_NAMES)} on port 443 only.",
            )
            return
        self._transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._tls = TlsLink(
            self._transport,
            self._proxy.context,
            converse=lambda link: Conversation(host.lower(), site, link, self._proxy.report),
            failed=lambda why: self._proxy.report("tls_failed", {"host": host, "reason": why}),
        )
        if rest:
            self._tls.feed(rest)

    def _refuse(self, status: int, reason: str, sentence: str) -> None:
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")]
        reply = Reply(status, reason, headers, body=f"{sentence}\n".encode())
        self._transport.write(reply.to_bytes())
        self._transport.close()

    def _close_if_idle(self) -> None:
        left = self._last_active + self._proxy.idle_seconds - self._loop.time()
        if left <= 0:
            self._transport.abort()
        else:
            self._idle = self._loop.call_later(left, self._close_if_idle)

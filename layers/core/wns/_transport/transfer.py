"""One libcurl handle, configured so that it can only send to WNS, over verified TLS.

Microsoft, "Push notification service request and response headers (Windows Runtime)": HTTPS,
HTTP/1.1, `Content-Length`, neither chunked encoding nor pipelining.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

import pycurl

from wns._transport.addresses import is_public
from wns._transport.response import parse_response, read_plain_delivery
from wns.result import UNRESOLVED_HOST

if TYPE_CHECKING:
    from wns._transport.request import Envelope
    from wns._transport.response import PlainDelivery, Response


MAX_BODY_BYTES = 65_536
_OK: Final = pycurl.PREREQFUNC_OK
_ABORT: Final = pycurl.PREREQFUNC_ABORT

_REASONS = {
    pycurl.E_COULDNT_RESOLVE_HOST: UNRESOLVED_HOST,
    pycurl.E_COULDNT_CONNECT: "no connection",
    pycurl.E_OPERATION_TIMEDOUT: "timed out",
    pycurl.E_SSL_CONNECT_ERROR: "the TLS handshake failed",
    pycurl.E_PEER_FAILED_VERIFICATION: "the certificate is not valid for the host",
    pycurl.E_GOT_NOTHING: "the connection was closed without a response",
    pycurl.E_SEND_ERROR: "the connection broke",
    pycurl.E_RECV_ERROR: "the connection broke",
}


class Transfer:
    """One libcurl easy handle and what it has received; reused for one request after another.

    Attributes:
        easy: the handle; part of a multi handle between `prepare` and `response`.
        blocked: whether the host resolved to an address that is not public.
        requested: whether the request was sent, or was about to be.
    """

    def __init__(
        self, *, ca_file: str, connect_timeout: float, total_timeout: float, max_idle_seconds: float
    ) -> None:
        self.easy = easy = pycurl.Curl()
        self.blocked = False
        self.requested = False
        self._was_retried = False
        self._lines: list[bytes] = []
        self._body_bytes = 0
        self._method = "POST"
        self._envelope: Envelope | None = None
        self._body: bytes | None = None
        self._proxy = ""
        self._sockets: list[socket.socket] = []
        easy.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTPS)
        easy.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        easy.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
        easy.setopt(pycurl.SSL_VERIFYPEER, 1)
        easy.setopt(pycurl.SSL_VERIFYHOST, 2)
        easy.setopt(pycurl.CAINFO, ca_file)
        easy.setopt(pycurl.PROXY_CAINFO, ca_file)
        easy.unsetopt(pycurl.CAPATH)
        easy.setopt(pycurl.FOLLOWLOCATION, 0)
        easy.setopt(pycurl.NOSIGNAL, 1)
        easy.setopt(pycurl.CONNECTTIMEOUT_MS, round(connect_timeout * 1000))
        easy.setopt(pycurl.TIMEOUT_MS, round(total_timeout * 1000))
        easy.setopt(pycurl.MAXAGE_CONN, max(1, round(max_idle_seconds)))
        easy.setopt(pycurl.PROXY, self._proxy)
        easy.setopt(pycurl.NOPROXY, "")
        easy.setopt(pycurl.USERAGENT, "")
        easy.setopt(pycurl.HEADERFUNCTION, self._lines.append)
        easy.setopt(pycurl.WRITEFUNCTION, self._receive_body)
        easy.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        easy.setopt(pycurl.PREREQFUNCTION, self._before_request)

    def prepare(self, url: str, envelope: Envelope, body: bytes, proxy: str) -> None:
        """Configure the next request; `proxy` is empty for none, the environment is ignored.

        libcurl copies all header lines, so what is as it was is not set again.
        """
        self._body_bytes = 0
        self.blocked = self.requested = self._was_retried = False
        easy = self.easy
        easy.setopt(pycurl.URL, url)
        if envelope is not self._envelope:
            easy.setopt(pycurl.HTTPHEADER, envelope.headers)
            if envelope.method != self._method:
                easy.setopt(pycurl.CUSTOMREQUEST, envelope.method)
                self._method = envelope.method
            self._envelope = envelope
        if body != self._body:
            easy.setopt(pycurl.POSTFIELDS, body)
            self._body = body
        if proxy != self._proxy:
            easy.setopt(pycurl.PROXY, proxy)
            self._proxy = proxy

    def plain_delivery(self) -> PlainDelivery | None:
        """Return the response, unread, if all it says is that WNS took the notification."""
        if not self.requested:
            return None
        plain = read_plain_delivery(self._lines)
        if plain is not None:
            self._lines.clear()  # frees what the next response's lines then fit into
        return plain

    def response(self) -> Response | None:
        """Return the response of WNS if its header fields are complete, even if its body is not."""
        # Before the request was sent, the response was the proxy's, to CONNECT.
        return parse_response(self._lines) if self.requested else None

    def error(self, code: int, details: str) -> str:
        """Return why there was no response.

        Args:
            code: libcurl's error.
            details: libcurl's own message. Only messages on certificates are passed on, because
                others may repeat the proxy's password.
        """
        if self.blocked and not self.requested:
            return "the host resolves to an address that is not public"
        if self._was_retried:
            return "the connection broke after the request was sent"
        reason = f"{_REASONS.get(code, 'the transfer failed')} (libcurl error {code})"
        return f"{reason}: {details}" if code == pycurl.E_PEER_FAILED_VERIFICATION else reason

    def release(self) -> None:
        """Close the sockets of this request, whether it completed or was dropped."""
        while self._sockets:
            self._sockets.pop().close()

    def close(self) -> None:
        """Free the handle, which must not be part of a multi handle."""
        self.easy.close()

    def _receive_body(self, data: bytes) -> int:
        self._body_bytes += len(data)
        return len(data) if self._body_bytes <= MAX_BODY_BYTES else -1

    def _open_socket(self, _purpose: int, address: pycurl.CurlSockAddr) -> socket.socket | int:
        if self.requested:
            self._was_retried = True
            return pycurl.SOCKET_BAD
        # Through a proxy, this is the proxy's address, and it is the proxy that resolves the host.
        if not self._proxy and not is_public(str(address.addr[0])):
            self.blocked = True
            return pycurl.SOCKET_BAD
        try:
            opened = socket.socket(address.family, address.socktype, address.protocol)
        except OSError:
            return pycurl.SOCKET_BAD
        # libcurl gets a duplicate; this one is closed in `release`.
        self._sockets.append(opened)
        return opened

    # libcurl repeats a request, on a new or another kept-alive connection, if the connection it
    # used broke before the first byte of the response. WNS may have acted on the first copy: so
    # neither a second request nor a connection for it is allowed. libcurl calls this for each.
    def _before_request(self, *_addresses: object) -> int:
        if self.requested:
            self._was_retried = True
            return _ABORT
        self.requested = True
        self._lines.clear()  # what the proxy said, and the response before
        return _OK

"""A WNS front end on 127.0.0.1 that does whatever a test tells it to.

It is reached as an HTTPS proxy: it takes `CONNECT db5.notify.windows.com:443` and then is that
host, with a certificate of its own authority. So the code under test needs no seam.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RECEIVED = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-WNS-STATUS: received\r\n"
    b"X-WNS-NOTIFICATIONSTATUS: received\r\nX-WNS-MSG-ID: 7D3DF9C3B1F7E2A1\r\n"
    b"X-WNS-DEBUG-TRACE: BN3SCH020010723\r\nMS-CV: 1Gm7lQ.0\r\n\r\n"
)


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """A certificate authority and the server certificates that it signs, as files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        certificate = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), False)
            .add_extension(_SIGNS_CERTIFICATES, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.ca_file = str(folder / "ca.pem")
        (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def context(
        self,
        *names: str,
        expired: bool = False,
        newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ) -> ssl.SSLContext:
        """TLS settings of a server with a certificate for `names`."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._builder(x509.Name([]), key.public_key(), expired=expired)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False
            )
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .sign(self._key, hashes.SHA256())
        )
        path = self._folder / f"{abs(hash((names, expired)))}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        context.maximum_version = newest
        return context

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, expired: bool = False
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        day = dt.timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 3 * day)
            .not_valid_after(now - day if expired else now + day)
        )


@dataclass(frozen=True)
class Request:
    connection: int
    line: str
    headers: dict[str, str]
    body: bytes


class Connection:
    """One connection to the server, as a behaviour sees it."""

    def __init__(self, number: int, plain: socket.socket) -> None:
        self.number = number
        self.socket = plain
        self._buffer = b""

    def secure(self, context: ssl.SSLContext) -> None:
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reset(self) -> None:
        """Close with a TCP reset."""
        linger = struct.pack("ii", 1, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close()

    def close(self) -> None:
        self.socket.close()

    def read_request(self) -> Request | None:
        """The next request, or None when the client has closed."""
        head = self._read_until(b"\r\n\r\n")
        if head is None:
            return None
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = dict(each.split(": ", 1) for each in fields if each)
        length = int(headers.get("Content-Length", 0))
        while len(self._buffer) < length:
            self._buffer += self.socket.recv(65536)
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Request(self.number, line, headers, body)

    def _read_until(self, end: bytes) -> bytes | None:
        while end not in self._buffer:
            data = self.socket.recv(65536)
            if not data:
                return None
            self._buffer += data
        head, _, self._buffer = self._buffer.partition(end)
        return head


def answer_received(connection: Connection, request: Request) -> None:
    connection.send(RECEIVED)


@dataclass
class TlsServer:
    """Accepts connections until it is closed; `behaviour` answers each request.

    Attributes:
        proxy_answer: what CONNECT is answered with.
        before_tls: runs instead of the TLS handshake, if given.
        connects: the CONNECT requests so far.
        requests: the requests so far.
        open_requests, most_open_requests: read but not answered yet, now and at most.
    """

    context: ssl.SSLContext
    behaviour: Callable[[Connection, Request], None] = answer_received
    proxy_answer: bytes = b"HTTP/1.1 200 Connection established\r\nX-WNS-STATUS: received\r\n\r\n"
    before_tls: Callable[[Connection], None] | None = None
    connects: list[Request] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    open_requests: int = 0
    most_open_requests: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._connections: list[Connection] = []
        self.closing = threading.Event()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self.closing.set()
        # Wakes up accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(len(self._connections), plain)
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=[connection])
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: Connection) -> None:
        # Clients break connections, which is what many tests are about.
        with contextlib.suppress(OSError, ssl.SSLError):
            self._converse(connection)
        connection.close()

    def _converse(self, connection: Connection) -> None:
        connect = connection.read_request()
        if connect is None:
            return
        self.connects.append(connect)
        connection.send(self.proxy_answer)
        if self.before_tls:
            self.before_tls(connection)
            return
        connection.secure(self.context)
        while (request := connection.read_request()) is not None:
            with self._lock:
                self.requests.append(request)
                self.open_requests += 1
                self.most_open_requests = max(self.most_open_requests, self.open_requests)
            try:
                self.behaviour(connection, request)
            finally:
                with self._lock:
                    self.open_requests -= 1

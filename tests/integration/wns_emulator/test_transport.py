"""The proxy, TLS and HTTP/1.1 as WNS speaks it."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import pytest

from tests.integration.wns_emulator.sender import TOAST
from tests.integration.wns_emulator.wire import Wire, exchange

if TYPE_CHECKING:
    from local.wns_emulator import WnsEmulator
    from tests.integration.wns_emulator.sender import Sender

HOST = "db5.notify.windows.com"
BODY = TOAST.format("Hi").encode()


def head(sender: Sender, *lines: str) -> bytes:
    """A request head with a good token and type, and the lines that are given."""
    target = sender.channel.channel_uri.partition(".windows.com")[2]
    good = [f"{name}: {value}" for name, value in sender.headers().items()]
    return "\r\n".join([f"POST {target} HTTP/1.1", f"Host: {HOST}", *good, *lines, "", ""]).encode()


def receive(connection: ssl.SSLSocket, until: bytes = b"\r\n\r\n") -> bytes:
    """What comes until a mark, or until the other side closes."""
    received = b""
    while until not in received:
        part = connection.recv(4096)
        if not part:
            break
        received += part
    return received


def ends(connection: ssl.SSLSocket) -> bool:
    """Whether the other side closes within the connection's timeout."""
    return connection.recv(4096) == b""


def ask_proxy(wire: Wire, request: bytes) -> bytes:
    with socket.create_connection(wire.proxy, timeout=5) as plain:
        plain.sendall(request)
        received = b""
        while part := plain.recv(4096):
            received += part
    return received


@pytest.mark.parametrize(
    "target",
    [
        "example.com:443",
        "windows.com:443",
        "notify.windows.com:443",
        "a.b.notify.windows.com:443",
        "evilnotify.windows.com:443",
        "db5.notify.windows.com.example.com:443",
        "db5.notify.windows.com.:443",
        ".notify.windows.com:443",
        "login.live.com:80",
        "db5.notify.windows.com:8443",
        "db5.notify.windows.com",
        "127.0.0.1:443",
        "[::1]:443",
    ],
)
def test_proxy_refuses_any_other_host_or_port_with_403(
    wns: WnsEmulator, wire: Wire, target: str
) -> None:
    answer = ask_proxy(wire, f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert wns.requests() == []


@pytest.mark.parametrize("request_line", ["GET http://login.live.com/", "GET /", "POST /x"])
def test_proxy_serves_nothing_but_connect(wire: Wire, request_line: str) -> None:
    answer = ask_proxy(wire, f"{request_line} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"hello\r\n\r\n"])
def test_proxy_responds_400_to_garbage(wire: Wire, garbage: bytes) -> None:
    assert ask_proxy(wire, garbage).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_proxy_limits_the_length_of_the_head(wire: Wire) -> None:
    lines = b"".join(b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(100))

    answer = ask_proxy(wire, b"CONNECT login.live.com:443 HTTP/1.1\r\n" + lines)

    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_host_names_are_not_case_sensitive(sender: Sender) -> None:
    with sender.wire.tunnel("DB5.Notify.Windows.COM") as connection:
        connection.sendall(head(sender, f"Content-Length: {len(BODY)}") + BODY)

        assert receive(connection).startswith(b"HTTP/1.1 200 OK\r\n")


def test_client_without_the_ca_fails_and_the_reason_is_an_event(
    wns: WnsEmulator, wire: Wire
) -> None:
    cursor = wns.cursor()
    wire.context = ssl.create_default_context()

    with pytest.raises(ssl.SSLCertVerificationError), wire.tunnel(HOST):
        pass

    assert wns.wait(cursor, 5) > cursor


def test_certificate_covers_each_host_and_no_other(wire: Wire) -> None:
    with wire.tunnel(HOST) as connection:
        certificate = connection.getpeercert() or {}

    assert certificate["subjectAltName"] == (
        ("DNS", "login.live.com"),
        ("DNS", "login.microsoftonline.com"),
        ("DNS", "*.notify.windows.com"),
    )


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(sender: Sender, version: ssl.TLSVersion) -> None:
    sender.wire.context.minimum_version = sender.wire.context.maximum_version = version

    assert sender.notify().status == 200


def test_only_http_1_1_is_offered(wire: Wire) -> None:
    wire.context.set_alpn_protocols(["h2", "http/1.1"])

    with wire.tunnel(HOST) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"


def test_connection_is_kept_for_many_requests(sender: Sender) -> None:
    uri, headers = sender.channel.channel_uri, sender.headers()
    with sender.wire.connection(HOST) as connection:
        first = exchange(connection, uri, headers=headers, body=BODY)
        address = connection.sock.getsockname()
        others = [exchange(connection, uri, headers=headers, body=BODY) for _ in range(2)]

        assert [answer.status for answer in (first, *others)] == [200, 200, 200]
        assert connection.sock.getsockname() == address


def test_connection_close_is_honoured(sender: Sender) -> None:
    with sender.wire.tunnel(HOST) as connection:
        connection.sendall(head(sender, f"Content-Length: {len(BODY)}", "Connection: close") + BODY)

        assert b"\r\nConnection: close\r\n" in receive(connection)
        assert ends(connection)


def test_no_content_length_is_411_and_closes(sender: Sender) -> None:
    with sender.wire.tunnel(HOST) as connection:
        connection.sendall(head(sender))
        answer = receive(connection)

        assert answer.startswith(b"HTTP/1.1 411 Length Required\r\n")
        assert b"\r\nConnection: close\r\n" in answer
        assert ends(connection)
    assert sender.device.arrived == {}


@pytest.mark.parametrize("in_one_go", [True, False])
def test_chunked_body_is_411_and_closes(sender: Sender, in_one_go: bool) -> None:
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    with sender.wire.tunnel(HOST) as connection:
        connection.sendall(
            head(sender, "Transfer-Encoding: chunked") + (chunks if in_one_go else b"")
        )

        assert receive(connection).startswith(b"HTTP/1.1 411 Length Required\r\n")
        assert ends(connection)
    assert sender.device.arrived == {}


def test_chunked_body_can_be_400(sender: Sender) -> None:
    sender.wns.set_switches(length_required_status=400)
    with sender.wire.tunnel(HOST) as connection:
        connection.sendall(head(sender, "Transfer-Encoding: chunked"))

        assert receive(connection).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_expect_100_continue_gets_100_and_then_the_response(sender: Sender) -> None:
    with sender.wire.tunnel(HOST) as connection:
        connection.sendall(head(sender, f"Content-Length: {len(BODY)}", "Expect: 100-continue"))
        assert receive(connection) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY)

        assert receive(connection).startswith(b"HTTP/1.1 200 OK\r\n")
    assert sender.texts == ["Hi"]


def test_100_continue_can_be_delayed(sender: Sender) -> None:
    sender.wns.set_switches(continue_delay=60)
    with sender.wire.tunnel(HOST, timeout=0.2) as connection:
        connection.sendall(head(sender, f"Content-Length: {len(BODY)}", "Expect: 100-continue"))
        with pytest.raises(TimeoutError):
            receive(connection)
        connection.settimeout(5)
        connection.sendall(BODY)

        assert receive(connection).startswith(b"HTTP/1.1 200 OK\r\n")


def test_body_in_many_pieces_is_read_whole(sender: Sender) -> None:
    with sender.wire.tunnel(HOST) as connection:
        request = head(sender, f"Content-Length: {len(BODY)}") + BODY
        for start in range(0, len(request), 7):
            connection.sendall(request[start : start + 7])

        assert receive(connection).startswith(b"HTTP/1.1 200 OK\r\n")
    assert sender.texts == ["Hi"]


def test_pipelined_second_request_is_not_answered(sender: Sender) -> None:
    request = head(sender, f"Content-Length: {len(BODY)}") + BODY
    with sender.wire.tunnel(HOST) as connection:
        connection.sendall(request + request)
        answer = receive(connection, until=b"no mark")

    assert answer.count(b"HTTP/1.1 200 OK") == 1
    assert b"\r\nConnection: close\r\n" in answer
    assert sender.texts == ["Hi"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nA: " + b"x" * 100_000,
        b"POST /?token=\xff HTTP/9.9\r\n\r\n",
    ],
)
def test_unreadable_request_is_400_and_closes(sender: Sender, garbage: bytes) -> None:
    with sender.wire.tunnel(HOST) as connection:
        connection.sendall(garbage)

        assert receive(connection).startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert ends(connection)
    assert sender.notify().status == 200


def test_client_that_disconnects_half_way_affects_no_other(sender: Sender) -> None:
    for cut in (10, 100, 400):
        with sender.wire.tunnel(HOST) as connection:
            connection.sendall((head(sender, f"Content-Length: {len(BODY)}") + BODY)[:cut])

    assert sender.notify().status == 200
    assert sender.texts == ["5"]

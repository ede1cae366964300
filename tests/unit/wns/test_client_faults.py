"""What the client makes of a front end that misbehaves."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.unit.wns.sends import send, send_one
from tests.unit.wns.tls_server import RECEIVED, Connection, Request, TlsServer
from wns.client import WnsClient
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.wns.tls_server import Authority

pytestmark = pytest.mark.enable_socket

HEAD = b"HTTP/1.1 200 OK\r\nX-WNS-STATUS: received\r\n"


@pytest.fixture
def client(authority: Authority) -> Iterator[WnsClient]:
    with WnsClient(ca_file=authority.ca_file, concurrency=4) as client:
        yield client


@pytest.fixture
def impatient_client(authority: Authority) -> Iterator[WnsClient]:
    with WnsClient(ca_file=authority.ca_file, concurrency=4, total_timeout=0.5) as client:
        yield client


def read_rest(connection: Connection) -> None:
    while connection.socket.recv(65536):
        pass


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([HEAD + b"\r\n"], id="no length, closed"),
        pytest.param([HEAD + b"Content-Length: 100\r\n\r\nonly this"], id="longer than sent"),
        pytest.param([HEAD + b"Content-Length: 0\r\n\r\nmore than said"], id="shorter than sent"),
        pytest.param([HEAD + b"Content-Length: 9999999999999\r\n\r\n"], id="huge length"),
        pytest.param(
            [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\nno chunk\r\n"], id="bad chunks"
        ),
        pytest.param(
            [HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-WNS-STATUS: dropped\r\n\r\n"],
            id="trailer",
        ),
        pytest.param([b"HTTP/1.1 100 Continue\r\n\r\n" + RECEIVED], id="interim answer first"),
        pytest.param([b"HTTP/1.0 200\nx-wns-status:received\n\n"], id="old and bare"),
        pytest.param([bytes([byte]) for byte in RECEIVED], id="byte by byte"),
        pytest.param(
            [HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"], id="not gzip"
        ),
    ],
)
def test_verdict_counts_once_the_header_fields_are_whole(
    client: WnsClient, server: TlsServer, pieces: list[bytes]
) -> None:
    def answer(connection: Connection, request: Request) -> None:
        for piece in pieces:
            connection.send(piece)
        connection.close()

    server.behaviour = answer
    result = send_one(client, send())

    assert result.outcome is Outcome.DELIVERED
    assert result.status_code == 200
    assert result.transport_error is None
    assert result.may_have_arrived
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-WNS-STATUS: received\r\n", id="half a header"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="interim answer only"),
        pytest.param(b"SSH-2.0-OpenSSH_9.9\r\n", id="another protocol"),
        pytest.param(b"<html>no HTTP</html>", id="HTTP/0.9"),
        pytest.param(b"HTTP/1.1 099 Odd\r\nX-WNS-STATUS: received\r\n\r\n", id="no such status"),
        pytest.param(b"HTTP/1.1 20 OK\r\nX-WNS-STATUS: received\r\n\r\n", id="short status"),
        pytest.param(HEAD + b"Content-Length: -1\r\n", id="negative length"),
        pytest.param(HEAD + b"X: " + b"a" * 200_000, id="endless header"),
        pytest.param(HEAD + b"X-Filler: 0123456789\r\n" * 20_000, id="endless headers"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000, id="endless interim answers"),
    ],
)
def test_no_whole_answer_is_unavailable(
    client: WnsClient, server: TlsServer, answer: bytes
) -> None:
    def send_and_close(connection: Connection, request: Request) -> None:
        connection.send(answer)
        connection.close()

    server.behaviour = send_and_close
    result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert result.status_code is None
    assert result.may_have_arrived
    assert result.transport_error
    assert len(server.requests) == 1


def test_gigabyte_is_cut_off(client: WnsClient, server: TlsServer) -> None:
    sent = 0

    def flood(connection: Connection, request: Request) -> None:
        nonlocal sent
        connection.send(HEAD + b"Content-Length: 1000000000\r\n\r\n")
        megabyte = bytes(1_000_000)
        for _ in range(1000):
            connection.send(megabyte)
            sent += len(megabyte)

    server.behaviour = flood
    result = send_one(client, send())
    server.close()

    assert result.outcome is Outcome.DELIVERED
    assert sent < 100_000_000


def test_small_body_is_thrown_away_and_the_connection_kept(
    client: WnsClient, server: TlsServer
) -> None:
    server.behaviour = lambda connection, _: connection.send(
        HEAD + b"Content-Length: 60000\r\n\r\n" + bytes(60_000)
    )

    assert [send_one(client, send()).outcome for _ in range(3)] == [Outcome.DELIVERED] * 3
    assert len(server.connects) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(client: WnsClient, server: TlsServer, status: int) -> None:
    server.behaviour = lambda connection, _: connection.send(
        b"HTTP/1.1 %d Moved\r\nLocation: https://db6.notify.windows.com/?t\r\n"
        b"Content-Length: 0\r\n\r\n" % status
    )

    result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert result.status_code == status
    assert len(server.requests) == len(server.connects) == 1


def test_stall_ends_at_the_total_timeout(impatient_client: WnsClient, server: TlsServer) -> None:
    server.behaviour = lambda connection, _: read_rest(connection)
    started = time.monotonic()

    results = list(impatient_client.send_all([send() for _ in range(4)]))

    assert [result.outcome for result in results] == [Outcome.UNAVAILABLE] * 4
    assert all("timed out" in str(result.transport_error) for result in results)
    assert all(result.may_have_arrived for result in results)
    assert 0.45 <= time.monotonic() - started < 5


def test_trickle_ends_at_the_total_timeout(impatient_client: WnsClient, server: TlsServer) -> None:
    def trickle(connection: Connection, request: Request) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nX-WNS-STATUS: received\r\nX: ")
        while not server.closing.wait(0.02):
            connection.send(b"a")

    server.behaviour = trickle
    result = send_one(impatient_client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert "timed out" in str(result.transport_error)


def test_silent_handshake_ends_at_the_connect_timeout(
    authority: Authority, server: TlsServer
) -> None:
    server.before_tls = read_rest
    started = time.monotonic()
    with WnsClient(ca_file=authority.ca_file, connect_timeout=0.2, total_timeout=20) as client:
        result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert not result.may_have_arrived
    assert 0.15 <= time.monotonic() - started < 5


@pytest.mark.parametrize("fault", [Connection.close, Connection.reset])
def test_connection_that_breaks_in_the_handshake_is_unavailable(
    client: WnsClient, server: TlsServer, fault: Callable[[Connection], None]
) -> None:
    server.before_tls = fault
    result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert not result.may_have_arrived


@pytest.mark.parametrize("status_line", ["407 Proxy Authentication Required", "502 Bad Gateway"])
def test_proxy_that_refuses_is_no_answer_of_wns(
    client: WnsClient, server: TlsServer, status_line: str
) -> None:
    server.proxy_answer = (
        f"HTTP/1.1 {status_line}\r\nX-WNS-STATUS: received\r\nContent-Length: 0\r\n\r\n"
    ).encode()
    result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert result.status_code is None
    assert not result.may_have_arrived


def test_proxy_that_is_not_there_is_unavailable(
    client: WnsClient, server: TlsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.close()
    result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert "no connection" in str(result.transport_error)


@pytest.mark.parametrize("fault", [Connection.close, Connection.reset])
def test_request_that_a_kept_connection_swallowed_is_not_sent_again(
    client: WnsClient, server: TlsServer, fault: Callable[[Connection], None]
) -> None:
    def swallow_the_second(connection: Connection, request: Request) -> None:
        if len(server.requests) == 2:
            fault(connection)
        else:
            connection.send(RECEIVED)

    server.behaviour = swallow_the_second
    outcomes = [send_one(client, send()) for _ in range(3)]

    assert [result.outcome for result in outcomes] == [
        Outcome.DELIVERED,
        Outcome.UNAVAILABLE,
        Outcome.DELIVERED,
    ]
    assert outcomes[1].may_have_arrived
    assert len(server.requests) == 3


def test_connection_that_was_closed_while_idle_costs_nothing(
    client: WnsClient, server: TlsServer
) -> None:
    def answer_and_close(connection: Connection, request: Request) -> None:
        connection.send(RECEIVED)
        connection.close()

    server.behaviour = answer_and_close
    first = send_one(client, send())
    # libcurl looks after its connections once a second.
    threading.Event().wait(1.1)
    second = send_one(client, send())

    assert [first.outcome, second.outcome] == [Outcome.DELIVERED] * 2
    assert len(server.requests) == 2


def test_request_is_not_moved_to_another_kept_connection_either(
    client: WnsClient, server: TlsServer
) -> None:
    both = threading.Barrier(2)

    def meet_then_break_once(connection: Connection, request: Request) -> None:
        if "meet" in request.line:
            both.wait(timeout=4)
        elif len(server.requests) == 3:
            connection.reset()
            return
        connection.send(RECEIVED)

    server.behaviour = meet_then_break_once
    meet = "https://db5.notify.windows.com/?meet"
    list(client.send_all([send(meet), send(meet)]))
    result = send_one(client, send())

    assert len(server.connects) == 2
    assert result.outcome is Outcome.UNAVAILABLE
    assert result.may_have_arrived
    assert len(server.requests) == 3


def test_one_failure_does_not_touch_the_others(client: WnsClient, server: TlsServer) -> None:
    def every_third_breaks(connection: Connection, request: Request) -> None:
        if request.line.startswith("POST /?token=bad"):
            connection.reset()
        else:
            connection.send(RECEIVED)

    server.behaviour = every_third_breaks
    bad = "https://db5.notify.windows.com/?token=bad"
    results = list(
        client.send_all(
            send(bad if n % 3 == 0 else send().channel_uri, reference=n) for n in range(60)
        )
    )

    assert {result.reference for result in results if result.outcome is Outcome.DELIVERED} == {
        n for n in range(60) if n % 3
    }
    assert len(server.requests) == 60


def test_abandoned_and_failed_sends_leave_no_open_files(
    authority: Authority, server: TlsServer
) -> None:
    server.behaviour = lambda connection, request: (
        connection.reset() if "bad" in request.line else read_rest(connection)
    )

    def open_sockets() -> int:
        links = []
        for fd in os.listdir("/proc/self/fd"):  # noqa: PTH208
            try:
                links.append(os.readlink(f"/proc/self/fd/{fd}"))  # noqa: PTH115
            except FileNotFoundError:
                continue
        return sum(link.startswith("socket:") for link in links)

    before = open_sockets()
    bad = "https://db5.notify.windows.com/?token=bad"
    with WnsClient(ca_file=authority.ca_file, concurrency=4, total_timeout=5.0) as client:
        for _ in range(5):
            results = client.send_all([send(bad), send(), send(), send()])
            next(results)
            results.close()
    server.close()

    assert open_sockets() <= before

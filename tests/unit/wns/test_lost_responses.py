"""A response that was lost is told apart from a request that never left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.wns.sends import send, send_one
from tests.unit.wns.tls_server import RECEIVED, Connection, Request, TlsServer
from wns.client import WnsClient
from wns.result import Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.wns.tls_server import Authority

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def client(authority: Authority) -> Iterator[WnsClient]:
    with WnsClient(ca_file=authority.ca_file, concurrency=4, total_timeout=0.5) as client:
        yield client


def say_nothing(connection: Connection, request: Request) -> None:
    while connection.socket.recv(65536):
        pass


def reset(connection: Connection, request: Request) -> None:
    connection.reset()


def close(connection: Connection, request: Request) -> None:
    connection.close()


def stop_in_the_head(connection: Connection, request: Request) -> None:
    connection.send(RECEIVED[:60])
    connection.close()


@pytest.mark.parametrize("behaviour", [say_nothing, reset, close, stop_in_the_head])
def test_response_is_lost_if_the_request_left_and_nothing_whole_came_back(
    client: WnsClient, server: TlsServer, behaviour: Callable[[Connection, Request], None]
) -> None:
    server.behaviour = behaviour
    result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert result.is_response_lost
    assert len(server.requests) == 1


@pytest.mark.parametrize("behaviour", [reset, close])
def test_response_on_a_kept_connection_can_be_lost_too(
    client: WnsClient, server: TlsServer, behaviour: Callable[[Connection, Request], None]
) -> None:
    first = send_one(client, send())
    server.behaviour = behaviour
    second = send_one(client, send())

    assert not first.is_response_lost
    assert second.is_response_lost
    assert len(server.requests) == 2


@pytest.mark.parametrize("before_tls", [Connection.close, Connection.reset])
def test_request_that_never_left_lost_no_response(
    client: WnsClient, server: TlsServer, before_tls: Callable[[Connection], None]
) -> None:
    server.before_tls = before_tls
    result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert not result.is_response_lost
    assert server.requests == []


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Service Unavailable"])
def test_response_that_says_no_is_not_lost(
    client: WnsClient, server: TlsServer, status: str
) -> None:
    server.behaviour = lambda connection, _: connection.send(
        f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert not result.is_response_lost


def test_send_that_was_refused_before_it_left_lost_no_response() -> None:
    assert not SendResult(Outcome.REFUSED).is_response_lost

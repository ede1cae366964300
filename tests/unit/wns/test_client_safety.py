"""Where the client sends, whom it trusts, and what it never shows."""

from __future__ import annotations

import logging
import socket
import ssl
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import pycurl
import pytest

from tests.unit.wns.sends import notification, send, send_one
from tests.unit.wns.tls_server import Authority, Connection, Request, TlsServer
from wns._transport.transfer import Transfer
from wns.client import Send, WnsClient
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.enable_socket

CANARY = "EgCanaryTokenThatMustNotShow"
SECRET_URI = "https://db5.notify.windows.com/?token=CanaryChannelThatMustNotShow"


@pytest.fixture
def client(authority: Authority) -> Iterator[WnsClient]:
    with WnsClient(ca_file=authority.ca_file, concurrency=4, total_timeout=2.0) as client:
        yield client


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch, no_proxy: None) -> Callable[..., None]:
    """Makes the WNS host resolve to an address and, if given, be on another port."""

    def resolve_to(address: str, port: int = 443) -> None:
        prepare = Transfer.prepare

        def prepare_with_name(self: Transfer, *arguments: Any) -> None:
            prepare(self, *arguments)
            self.easy.setopt(pycurl.RESOLVE, [f"db5.notify.windows.com:443:{address}"])
            if port != 443:
                self.easy.setopt(pycurl.CONNECT_TO, [f"::{address}:{port}"])

        monkeypatch.setattr(Transfer, "prepare", prepare_with_name)

    return resolve_to


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "[::1]", "[fd00:ec2::254]", "[::ffff:127.0.0.1]"],
)
def test_host_that_resolves_into_our_own_network_is_refused(
    client: WnsClient, resolve: Callable[..., None], address: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        resolve(address, listener.getsockname()[1])
        result = send_one(client, send())
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()

    assert result.outcome is Outcome.REFUSED
    assert result.status_code is None
    assert not result.may_have_arrived
    assert "not public" in str(result.transport_error)
    assert address.strip("[]") not in str(result.transport_error)


def test_public_address_is_dialled(client: WnsClient, resolve: Callable[..., None]) -> None:
    dialled: list[str] = []

    def refuse(self: Transfer, purpose: int, address: pycurl.CurlSockAddr) -> int:
        dialled.append(str(address.addr[0]))
        return pycurl.SOCKET_BAD

    resolve("203.0.114.9")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transfer, "_open_socket", refuse)
        result = send_one(client, send())

    assert dialled == ["203.0.114.9"]
    assert result.outcome is Outcome.UNAVAILABLE


def test_no_socket_to_be_had_is_unavailable(
    client: WnsClient, server: TlsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*arguments: object) -> socket.socket:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr("wns._transport.transfer.socket.socket", exhausted)
        result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert send_one(client, send()).outcome is Outcome.DELIVERED


def test_proxy_is_not_used_for_hosts_it_is_not_for(
    client: WnsClient,
    server: TlsServer,
    resolve: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    monkeypatch.setenv("NO_PROXY", "localhost,db5.notify.windows.com")
    resolve("127.0.0.1")

    results = list(
        client.send_all([send(), send("https://hk2.notify.windows.com/?t", reference="proxied")])
    )

    outcomes = {result.reference: result.outcome for result in results}
    assert outcomes == {None: Outcome.REFUSED, "proxied": Outcome.DELIVERED}
    assert [connect.line for connect in server.connects] == [
        "CONNECT hk2.notify.windows.com:443 HTTP/1.1"
    ]


def test_libcurl_does_not_read_the_exceptions_by_itself(
    client: WnsClient, server: TlsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The dot at the end makes no difference to libcurl, but does to Python. Were libcurl to go
    # past the proxy by itself, it would go to an address that nobody has judged.
    monkeypatch.setenv("NO_PROXY", "notify.windows.com.")

    assert send_one(client, send()).outcome is Outcome.DELIVERED
    assert len(server.connects) == 1


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_proxy_comes_from_the_standard_variables(
    client: WnsClient, server: TlsServer, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("HTTPS_PROXY")
    monkeypatch.setenv(variable, server.url)

    assert send_one(client, send()).outcome is Outcome.DELIVERED


def test_change_of_the_proxy_holds_from_the_next_call_on(
    client: WnsClient,
    server: TlsServer,
    wns_context: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send_one(client, send())
    other = TlsServer(wns_context)
    monkeypatch.setenv("HTTPS_PROXY", other.url)
    try:
        assert send_one(client, send()).outcome is Outcome.DELIVERED
    finally:
        other.close()

    assert len(server.requests) == len(other.requests) == 1


def test_proxy_that_makes_no_sense_is_unavailable_and_its_password_not_shown(
    client: WnsClient, server: TlsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"gopher://user:{CANARY}@127.0.0.1:1")
    result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert CANARY not in repr(result)


def test_certificate_of_an_unknown_authority_is_not_accepted(
    client: WnsClient, server: TlsServer, tmp_path: Path
) -> None:
    server.context = Authority(tmp_path).context("*.notify.windows.com")
    result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert "certificate" in str(result.transport_error)
    assert not result.may_have_arrived
    assert server.requests == []


@pytest.mark.parametrize(
    "name", ["notify.windows.com.example.com", "*.windows.com", "hk2.notify.windows.com"]
)
def test_certificate_for_another_host_is_not_accepted(
    client: WnsClient, server: TlsServer, authority: Authority, name: str
) -> None:
    server.context = authority.context(name)
    result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert server.requests == []


def test_expired_certificate_is_not_accepted(
    client: WnsClient, server: TlsServer, authority: Authority
) -> None:
    server.context = authority.context("*.notify.windows.com", expired=True)
    result = send_one(client, send())

    assert result.outcome is Outcome.UNAVAILABLE
    assert "expired" in str(result.transport_error)
    assert server.requests == []


@pytest.mark.parametrize(
    ("newest", "outcome"),
    [
        (ssl.TLSVersion.TLSv1_1, Outcome.UNAVAILABLE),
        (ssl.TLSVersion.TLSv1_2, Outcome.DELIVERED),
        (ssl.TLSVersion.TLSv1_3, Outcome.DELIVERED),
    ],
)
def test_tls_is_at_least_1_2(
    client: WnsClient,
    server: TlsServer,
    authority: Authority,
    newest: ssl.TLSVersion,
    outcome: Outcome,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = authority.context("*.notify.windows.com", newest=newest)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    server.context = context

    assert send_one(client, send()).outcome is outcome


@pytest.mark.parametrize(
    "headers",
    [
        {"X-WNS-Tag": "a\r\nX-Injected: 1"},
        {"X-WNS-Tag": "a\n"},
        {"X-WNS-Tag": "a\0b"},
        {"X-WNS-Tag": "a\tb"},
        {"X-WNS-Tag": "café"},
        {"X-WNS-Tag": ""},
        {"X-WNS-Tag": " "},
        {"X-WNS-Tag: 1\r\nHost": "example.com"},
        {"Authorization": "Bearer other"},
        {"authorization": "Bearer other"},
        {"Content-Length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Host": "example.com"},
        {"Expect": "100-continue"},
        {"Connection": "close"},
        {"Proxy-Authorization": "Basic eDp4"},
        {"X-WNS-": "1\r\n"},
        {"": "x"},
    ],
)
def test_header_that_could_bend_the_request_is_not_sent(
    client: WnsClient, server: TlsServer, headers: dict[str, str]
) -> None:
    result = send_one(client, send(headers=headers))

    assert result.outcome is Outcome.REJECTED
    assert result.transport_error
    assert server.connects == []


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Injected: 1", "a\n", "tökén", "a\0"])
def test_access_token_that_could_bend_the_request_is_not_sent(
    client: WnsClient, server: TlsServer, token: str
) -> None:
    result = send_one(client, send(access_token=token))

    assert result.outcome is Outcome.REJECTED
    assert server.connects == []


def test_proxy_does_not_see_token_or_channel(client: WnsClient, server: TlsServer) -> None:
    send_one(client, send(SECRET_URI, access_token=CANARY))

    (connect,) = server.connects
    assert CANARY in server.requests[0].headers["Authorization"]
    assert "Canary" not in repr(connect)


def echo_everything(connection: Connection, request: Request) -> None:
    said = request.headers["Authorization"]
    connection.send(
        f"HTTP/1.1 401 {said}\r\nX-WNS-Error-Description: bad {said}\r\n"
        f"Content-Length: 0\r\n\r\n".encode()
    )


def reset(connection: Connection, request: Request) -> None:
    connection.reset()


def test_token_and_channel_are_never_shown(
    client: WnsClient,
    server: TlsServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    one = Send(SECRET_URI, CANARY, notification())
    shown = [repr(one), str(one)]
    for behaviour in (echo_everything, reset):
        server.behaviour = behaviour
        shown.append(repr(send_one(client, one)))
    shown.append(repr(send_one(client, Send(SECRET_URI + "#", CANARY, notification()))))
    shown.append(repr(send_one(client, send(SECRET_URI, access_token=CANARY + "\n"))))
    server.proxy_answer = b"HTTP/1.1 502 Bad Gateway\r\n\r\n"
    shown.append(repr(send_one(client, one)))
    monkeypatch.delenv("HTTPS_PROXY")
    monkeypatch.setattr(Transfer, "_open_socket", lambda *_: 1 / 0)
    shown.append(repr(send_one(client, one)))

    def failing() -> Iterator[Send]:
        yield Send(SECRET_URI + "#", CANARY, notification())
        raise LookupError("the source broke")

    try:
        list(client.send_all(failing()))
    except LookupError as error:
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown += [str(frame.locals) for frame in trace.stack if "/core/wns/" in frame.filename]

    assert len(shown) > 9
    captured = capfd.readouterr()
    shown += [captured.out, captured.err, caplog.text]
    assert not [text for text in shown if "Canary" in text]
    assert "bad Bearer ***" in shown[2]

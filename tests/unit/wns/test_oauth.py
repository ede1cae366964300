"""Access tokens: requests, responses, and that no secret leaks."""

from __future__ import annotations

import json
import logging
import time
import traceback
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.unit.wns.tls_server import Authority, Connection, Request, TlsServer
from wns.access_token import AccessToken
from wns.errors import (
    AccessTokenError,
    CredentialsRefusedError,
    TokenEndpointError,
    WnsError,
)
from wns.oauth import (
    CREDENTIALS,
    Credentials,
    EntraCredentials,
    PackageSidCredentials,
    request_access_token,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.enable_socket

NOW = 1_795_000_000.7
SECRET = "Canary+Secret/That&Must=Not Show"
TOKEN = "EgCanaryTokenThatMustNotShow=="
PACKAGE_SID = "ms-app://s-1-15-2-2972962901-2322836549-3722629029-1345238579-3987825745"
STORE_APP = PackageSidCredentials(package_sid=PACKAGE_SID, client_secret=SECRET)
ENTRA_APP = EntraCredentials(
    tenant_id="72f988bf-86f1-41af-91ab-2d7cd011db47",
    client_id="5f4c7d59-0e8b-4d1f-9b8d-2f6e2e3e1c11",
    client_secret=SECRET,
)
BOTH = pytest.mark.parametrize("credentials", [STORE_APP, ENTRA_APP], ids=["sid", "entra"])


@pytest.fixture(scope="session")
def login_context(authority: Authority) -> ssl.SSLContext:
    return authority.context("login.live.com", "login.microsoftonline.com")


@pytest.fixture
def endpoint(
    server: TlsServer,
    authority: Authority,
    login_context: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> TlsServer:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.ca_file)
    server.context = login_context
    return server


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def respond(status_code: int, document: object, *more: str) -> Callable[..., None]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    head = "\r\n".join(
        [
            f"HTTP/1.1 {status_code} Reason",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *more,
        ]
    )
    return lambda connection, _: connection.send(head.encode() + b"\r\n\r\n" + body)


def test_request_with_a_package_sid_is_as_documented(
    endpoint: TlsServer, session: requests.Session
) -> None:
    endpoint.behaviour = respond(
        200, {"token_type": "bearer", "access_token": TOKEN, "expires_in": 86400}
    )

    token = request_access_token(session, STORE_APP, NOW)

    assert token == AccessToken(TOKEN, obtained_at=1_795_000_000, expires_at=1_795_086_400)
    assert endpoint.connects[0].line.startswith("CONNECT login.live.com:443 ")
    (request,) = endpoint.requests
    assert request.line == "POST /accesstoken.srf HTTP/1.1"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["Content-Length"] == str(len(request.body))
    assert parse_qsl(request.body.decode()) == [
        ("grant_type", "client_credentials"),
        ("client_id", PACKAGE_SID),
        ("client_secret", SECRET),
        ("scope", "notify.windows.com"),
    ]
    assert b"client_id=ms-app%3A%2F%2Fs-1-15-2-" in request.body


def test_request_of_an_entra_app_is_as_documented(
    endpoint: TlsServer, session: requests.Session
) -> None:
    endpoint.behaviour = respond(
        200,
        {
            "token_type": "Bearer",
            "expires_in": "86399",
            "ext_expires_in": "86399",
            "expires_on": "1653771789",
            "not_before": "1653685089",
            "access_token": TOKEN,
        },
    )

    token = request_access_token(session, ENTRA_APP, NOW)

    assert token == AccessToken(TOKEN, obtained_at=1_795_000_000, expires_at=1_795_086_399)
    assert endpoint.connects[0].line.startswith("CONNECT login.microsoftonline.com:443 ")
    (request,) = endpoint.requests
    assert request.line == f"POST /{ENTRA_APP.tenant_id}/oauth2/v2.0/token HTTP/1.1"
    assert parse_qsl(request.body.decode()) == [
        ("grant_type", "client_credentials"),
        ("client_id", ENTRA_APP.client_id),
        ("client_secret", SECRET),
        ("scope", "https://wns.windows.com/.default"),
    ]


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [
        (86399, 86399),
        (3600.9, 3600),
        ("86399", 86399),
        (" 60 ", 60),
        (None, 86400),
        (1, 1),
    ],
)
def test_lifetime_may_be_a_number_a_string_or_missing(
    endpoint: TlsServer, session: requests.Session, expires_in: object, lifetime: int
) -> None:
    document = {"access_token": TOKEN, "expires_in": expires_in}
    endpoint.behaviour = respond(200, {k: v for k, v in document.items() if v is not None})

    token = request_access_token(session, STORE_APP, NOW)

    assert token.expires_at - token.obtained_at == lifetime


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>Sign in</html>",
        b"\xff\xfe",
        b"[" * 20_000,
        b'{"access_token": "' + TOKEN.encode() + b'", "expires_in": NaN}',
        b'{"access_token": "' + TOKEN.encode() + b'", "expires_in": 1e999}',
        b'{"access_token": "' + TOKEN.encode() + b'", "expires_in": ' + b"9" * 4000 + b"}",
        [],
        "token",
        None,
        {},
        {"access_token": None},
        {"access_token": 5},
        {"access_token": ""},
        {"access_token": "a b"},
        {"access_token": TOKEN + "\r\nX-Injected: 1"},
        {"access_token": "t\u00f6ken"},
        {"access_token": "a" * 20_000},
        {"access_token": TOKEN, "token_type": "mac"},
        {"access_token": TOKEN, "token_type": None},
        {"access_token": TOKEN, "expires_in": 0},
        {"access_token": TOKEN, "expires_in": -1},
        {"access_token": TOKEN, "expires_in": True},
        {"access_token": TOKEN, "expires_in": "soon"},
        {"access_token": TOKEN, "expires_in": ""},
        {"access_token": TOKEN, "expires_in": [86400]},
        {"access_token": TOKEN, "expires_in": 10**12},
    ],
    ids=lambda document: repr(document)[:50],
)
def test_malformed_response_is_an_endpoint_error(
    endpoint: TlsServer, session: requests.Session, document: object
) -> None:
    endpoint.behaviour = respond(200, document)

    with pytest.raises(TokenEndpointError, match="no usable access token"):
        request_access_token(session, STORE_APP, NOW)


@BOTH
@pytest.mark.parametrize("status_code", [400, 401, 403])
def test_refusal_has_the_error_code_and_description_of_the_endpoint(
    endpoint: TlsServer, session: requests.Session, credentials: Credentials, status_code: int
) -> None:
    endpoint.behaviour = respond(
        status_code, {"error": "invalid_client", "error_description": "Invalid client id"}
    )

    with pytest.raises(CredentialsRefusedError) as caught:
        request_access_token(session, credentials, NOW)

    error = caught.value
    assert (error.error, error.description) == ("invalid_client", "Invalid client id")
    assert str(error) == (
        "The token endpoint refused the credentials: invalid_client (Invalid client id)"
    )
    assert isinstance(error, AccessTokenError)
    assert isinstance(error, WnsError)


@pytest.mark.parametrize("description", [None, 5, ["x"]])
def test_refusal_without_a_description_is_still_a_refusal(
    endpoint: TlsServer, session: requests.Session, description: object
) -> None:
    endpoint.behaviour = respond(400, {"error": "invalid_scope", "error_description": description})

    with pytest.raises(CredentialsRefusedError) as caught:
        request_access_token(session, STORE_APP, NOW)

    assert (caught.value.error, caught.value.description) == ("invalid_scope", "")


def test_description_of_a_refusal_is_cut_and_cannot_forge_log_lines(
    endpoint: TlsServer, session: requests.Session
) -> None:
    endpoint.behaviour = respond(
        400,
        {"error": "invalid_client", "error_description": "AADSTS7000215:\r\nTrace\0" + "x" * 9999},
    )

    with pytest.raises(CredentialsRefusedError) as caught:
        request_access_token(session, STORE_APP, NOW)

    assert caught.value.description == ("AADSTS7000215:  Trace " + "x" * 9999)[:500]


@pytest.mark.parametrize(
    ("status_code", "document"),
    [
        (400, b"<html>"),
        (400, {}),
        (400, {"error": {"code": "invalid_client"}}),
        (400, {"error": "temporarily_unavailable"}),
        (400, {"error": "server_error"}),
        (400, {"error": "invalid_grant", "error_codes": [50196]}),
        (400, {"error": "invalid_request", "error_codes": [90055], "error_description": ""}),
        (400, {"error": "invalid_request", "error_description": "AADSTS90055: Too many requests."}),
        (400, {"error": "invalid_request", "error_description": "AADSTS90006: Try again."}),
        (401, {"error": "invalid_client", "error_codes": ["x", 90033]}),
        (404, {"error": "invalid_client"}),
        (408, {"error": "invalid_client"}),
        (429, {"error": "invalid_client"}),
        (500, {"error": "invalid_client"}),
        (503, b""),
        (204, b""),
        (304, b""),
        (201, {"access_token": TOKEN}),
    ],
)
def test_endpoint_failure_is_not_a_refusal_of_the_credentials(
    endpoint: TlsServer, session: requests.Session, status_code: int, document: object
) -> None:
    endpoint.behaviour = respond(status_code, document)

    with pytest.raises(TokenEndpointError, match=f"login.live.com returned status {status_code}"):
        request_access_token(session, STORE_APP, NOW)


@pytest.mark.parametrize("status_code", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(
    endpoint: TlsServer, session: requests.Session, status_code: int
) -> None:
    endpoint.behaviour = respond(
        status_code,
        {"access_token": TOKEN},
        "Location: https://login.microsoftonline.com/steal",
    )

    with pytest.raises(TokenEndpointError, match=str(status_code)):
        request_access_token(session, STORE_APP, NOW)

    assert len(endpoint.requests) == 1


def test_silent_endpoint_times_out(
    endpoint: TlsServer, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wns.oauth.READ_TIMEOUT_SECONDS", 0.1)

    def stay_silent(*_: object) -> None:
        endpoint.closing.wait(4)

    endpoint.behaviour = stay_silent

    with pytest.raises(
        TokenEndpointError, match=r"login.live.com could not be reached \(ReadTimeout"
    ):
        request_access_token(session, STORE_APP, NOW)


def test_trickling_endpoint_times_out(
    endpoint: TlsServer, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wns.oauth.TOTAL_TIMEOUT_SECONDS", 0.2)

    def trickle(connection: Connection, request: Request) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
        while not endpoint.closing.wait(0.02):
            connection.send(b" ")

    endpoint.behaviour = trickle
    started = time.monotonic()

    with pytest.raises(TokenEndpointError, match="too slowly or with too much data"):
        request_access_token(session, STORE_APP, NOW)

    assert time.monotonic() - started < 2


def test_endless_response_is_aborted(endpoint: TlsServer, session: requests.Session) -> None:
    sent = 0

    def flood(connection: Connection, request: Request) -> None:
        nonlocal sent
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        for _ in range(1000):
            connection.send(b" " * 1_000_000)
            sent += 1_000_000

    endpoint.behaviour = flood

    with pytest.raises(TokenEndpointError, match="too slowly or with too much data"):
        request_access_token(session, STORE_APP, NOW)

    assert sent < 100_000_000


def reset(connection: Connection, request: Request) -> None:
    connection.reset()


def truncate(connection: Connection, request: Request) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}")
    connection.close()


def send_bad_gzip(connection: Connection, request: Request) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")


def echo(connection: Connection, request: Request) -> None:
    secret = dict(parse_qsl(request.body.decode()))["client_secret"]
    description = f"you sent {secret}, that is {quote(secret, safe='')} or {quote_plus(secret)}"
    respond(401, {"error": f"bad {secret}", "error_description": description})(connection, request)


ERROR_PATHS = {
    "reset": (reset, "could not be reached"),
    "length": (truncate, "could not be reached"),
    "gzip": (send_bad_gzip, "could not be reached"),
    "echo": (echo, r"bad \*\*\* \(you sent \*\*\*, that is \*\*\* or \*\*\*"),
    "refused": (respond(400, {"error": "invalid_client"}), "invalid_client"),
    "redirect": (respond(302, {"access_token": TOKEN}, "Location: https://example.com/"), "302"),
    "unusable": (respond(200, {"access_token": TOKEN, "expires_in": -1}), "no usable"),
    "list": (respond(200, {"access_token": [TOKEN, SECRET]}), "no usable"),
    "broken": (respond(200, b'{"access_token": "' + TOKEN.encode()), "no usable"),
    "long": (respond(200, TOKEN.encode() * 2_000), "too much"),
    "down": (respond(503, {"access_token": TOKEN}), "503"),
}


@BOTH
@pytest.mark.parametrize("fault", ERROR_PATHS)
def test_no_error_shows_a_secret_or_a_token(
    endpoint: TlsServer,
    credentials: Credentials,
    fault: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    endpoint.behaviour, message = ERROR_PATHS[fault]

    assert_no_secret_shown(credentials, message, caplog)
    assert "Canary" not in "".join(capfd.readouterr())
    assert len(endpoint.requests) == 1


def test_no_connection_error_shows_a_secret(
    endpoint: TlsServer, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.before_tls = Connection.close
    assert_no_secret_shown(STORE_APP, "could not be reached", caplog)
    endpoint.proxy_answer = b"HTTP/1.1 407 Authenticate\r\n\r\n"
    assert_no_secret_shown(STORE_APP, r"could not be reached \(ProxyError\)", caplog)
    endpoint.close()
    assert_no_secret_shown(STORE_APP, "could not be reached", caplog)


def assert_no_secret_shown(
    credentials: Credentials, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "urllib3")  # push raises it
    with requests.Session() as session, pytest.raises(AccessTokenError, match=message) as caught:
        request_access_token(session, credentials, NOW)

    error = caught.value
    # No chained exception: those of requests contain the request, and so the secret.
    assert error.__cause__ is None
    assert error.__context__ is None
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert [frame.name for frame in trace.stack][1:] == ["request_access_token"]
    shown = [repr(error), str(error), str(vars(error)), caplog.text, *trace.format()]
    assert not [text for text in shown if "Canary" in text]


def test_success_logs_no_secret(
    endpoint: TlsServer, session: requests.Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "urllib3")  # push raises it
    endpoint.behaviour = respond(200, {"access_token": TOKEN})

    token = request_access_token(session, ENTRA_APP, NOW)

    assert token.value == TOKEN
    assert caplog.records
    assert "Canary" not in caplog.text


def test_repr_of_a_token_is_its_fingerprint() -> None:
    token = AccessToken(TOKEN, obtained_at=1, expires_at=2)
    other = AccessToken(TOKEN + "x", obtained_at=1, expires_at=2)

    assert repr(token) == str(token) == f"AccessToken({token.fingerprint}, expires_at=2)"
    assert f"{token}" == repr(token)
    assert len(token.fingerprint) == 12
    assert token.fingerprint == AccessToken(TOKEN, obtained_at=8, expires_at=9).fingerprint
    assert token.fingerprint != other.fingerprint
    assert "Canary" not in repr([token])


@BOTH
def test_repr_of_credentials_hides_the_secret(credentials: Credentials) -> None:
    assert "Canary" not in repr(credentials) + str(credentials) + credentials.model_dump_json()
    assert credentials.client_secret.get_secret_value() == SECRET


@pytest.mark.parametrize("credentials", [STORE_APP, ENTRA_APP], ids=["sid", "entra"])
def test_identity_selects_the_kind_of_credentials(credentials: Credentials) -> None:
    document = credentials.model_dump(mode="json") | {"client_secret": SECRET}

    assert CREDENTIALS.validate_python(document) == credentials
    assert CREDENTIALS.validate_json(json.dumps(document)) == credentials


SID = {"identity": "package_sid", "package_sid": PACKAGE_SID, "client_secret": SECRET}
ENTRA = {
    "identity": "entra",
    "tenant_id": "contoso.onmicrosoft.com",
    "client_id": "5f4c7d59-0e8b-4d1f-9b8d-2f6e2e3e1c11",
    "client_secret": SECRET,
}


@pytest.mark.parametrize(
    "document",
    [
        SID | {"identity": "apns"},
        {key: value for key, value in SID.items() if key != "identity"},
        {key: value for key, value in SID.items() if key != "package_sid"},
        SID | {"client_secret": ""},
        SID | {"client_secret": 5},
        SID | {"tenant_id": "contoso"},
        SID | {"package_sid": "S-1-15-2-2972962901"},
        SID | {"package_sid": "https://example.com/"},
        SID | {"package_sid": PACKAGE_SID + "\n"},
        ENTRA | {"tenant_id": "../common"},
        ENTRA | {"tenant_id": "a/b"},
        ENTRA | {"tenant_id": ".."},
        ENTRA | {"tenant_id": "contoso?x"},
        ENTRA | {"tenant_id": "contoso#x"},
        ENTRA | {"tenant_id": "contoso@x"},
        ENTRA | {"tenant_id": ""},
        ENTRA | {"client_id": ""},
        ENTRA | {"client_id": "a b"},
        ENTRA | {"client_secret": "x" * 2000 + SECRET},
        SECRET,
        [SECRET],
    ],
    ids=lambda document: repr(document)[:40],
)
def test_bad_credentials_are_refused_without_being_repeated(document: object) -> None:
    with pytest.raises(ValidationError) as caught:
        CREDENTIALS.validate_python(document)

    assert "Canary" not in str(caught.value)
    assert "Canary" not in repr(caught.value)


@given(st.text(min_size=1).map(lambda text: text + "/") | st.just("%2e%2e/"))
def test_tenant_cannot_reach_another_path(tenant_id: str) -> None:
    with pytest.raises(ValidationError):
        EntraCredentials(tenant_id=tenant_id, client_id="a", client_secret="b")

"""The issuer signs tokens that a JWT authorizer accepts, and refuses what makes no sense."""

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from local.stack.issuer import (
    IssuerServer,
    SigningKey,
    TokenRequestError,
    issue_token,
    player_claims,
    sign_token,
)

ISSUER = "http://127.0.0.1:1"
NOW = 1_800_000_000.9


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def server(key: SigningKey) -> Iterator[IssuerServer]:
    with IssuerServer(0, key) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def call(
    server: IssuerServer, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    document = json.loads(response.read())
    connection.close()
    return response.status, document


def test_token_response_has_a_signed_token_for_the_player(key: SigningKey) -> None:
    body = json.dumps({"sub": "player-1", "aud": "windows-game", "expires_in": 60}).encode()
    answer = issue_token(body, key=key, issuer=ISSUER, now=NOW)
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 60)
    token = answer["access_token"]
    assert jwt.get_unverified_header(token)["kid"] == key.public_jwk()["kid"]
    claims = jwt.decode(
        token,
        jwt.PyJWK(key.public_jwk()),
        audience="windows-game",
        issuer=ISSUER,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims == {
        "iss": ISSUER, "sub": "player-1", "aud": "windows-game",
        "iat": 1_800_000_000, "exp": 1_800_000_060,
    }  # fmt: skip


def test_token_of_another_key_does_not_verify(key: SigningKey) -> None:
    token = sign_token(
        SigningKey.generate(), player_claims(ISSUER, "player-1", "windows-game", NOW)
    )
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, jwt.PyJWK(key.public_jwk()), audience="windows-game")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"sub=player-1", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"aud": "windows-game"}', "sub"),
        (b'{"sub": "", "aud": "windows-game"}', "sub"),
        (b'{"sub": 1, "aud": "windows-game"}', "sub"),
        (b'{"sub": "p"}', "aud"),
        (b'{"sub": "p", "aud": []}', "aud"),
        (b'{"sub": "p", "aud": ["a", 1]}', "aud"),
        (b'{"sub": "p", "aud": "a", "expires_in": 0}', "expires_in"),
        (b'{"sub": "p", "aud": "a", "expires_in": true}', "expires_in"),
        (b'{"sub": "p", "aud": "a", "expires_in": 86401}', "expires_in"),
        (b'{"sub": "p", "aud": "a", "expires_in": "60"}', "expires_in"),
    ],
)
def test_invalid_request_is_refused(key: SigningKey, body: bytes, words: str) -> None:
    with pytest.raises(TokenRequestError, match=words):
        issue_token(body, key=key, issuer=ISSUER, now=NOW)


def test_key_is_created_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    made = SigningKey.kept_in(tmp_path / "state")
    assert SigningKey.kept_in(tmp_path / "state").public_jwk() == made.public_jwk()
    (file,) = (tmp_path / "state").iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_public_key_document_holds_no_private_part(key: SigningKey) -> None:
    assert set(key.public_jwk()) == {"kty", "key_ops", "n", "e", "kid", "use", "alg"}


@pytest.mark.enable_socket
def test_discovery_leads_to_the_key_that_signs(server: IssuerServer) -> None:
    status, discovery = call(server, "GET", "/.well-known/openid-configuration")
    issuer = server.url
    assert (status, discovery["issuer"]) == (200, issuer)
    status, keys = call(server, "GET", discovery["jwks_uri"].removeprefix(issuer))
    body = json.dumps({"sub": "player-1", "aud": ["a", "b"]}).encode()
    _, answer = call(server, "POST", discovery["token_endpoint"].removeprefix(issuer), body)
    claims = jwt.decode(
        answer["access_token"], jwt.PyJWKSet.from_dict(keys).keys[0], audience="b", issuer=issuer
    )
    assert claims["sub"] == "player-1"


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("call_line", "headers", "status"),
    [
        ("GET /", {}, 404),
        ("POST /tokens", {}, 404),
        ("POST /token", {}, 400),
        ("POST /token", {"Content-Length": "10001"}, 400),
        ("POST /token", {"Content-Length": "-1"}, 400),
    ],
)
def test_invalid_calls_get_an_error_document(
    server: IssuerServer, call_line: str, headers: dict[str, str], status: int
) -> None:
    method, path = call_line.split()
    answered, document = call(server, method, path, b"", **headers)
    assert (answered, document["error"]) == (status, "invalid_request")
    assert document["error_description"]

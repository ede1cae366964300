"""A small OpenID Connect issuer of player tokens, for the laptop stack and its tests.

    python -m local.stack.issuer --directory DIR --port N

GET  /.well-known/openid-configuration   discovery
GET  /jwks.json                          the public key
POST /token                              {"sub", "aud", "expires_in"?} → {"access_token", ...}

It issues a token to any caller: for use on 127.0.0.1 only, never for real players.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

HOST = "127.0.0.1"
DEFAULT_LIFETIME_SECONDS = 3600
LONGEST_LIFETIME_SECONDS = 86_400
LONGEST_BODY = 10_000


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An RSA key and the id by which tokens name it."""

    private: rsa.RSAPrivateKey = field(repr=False)
    key_id: str

    @classmethod
    def generate(cls, key_id: str = "laptop") -> Self:
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=2048), key_id)

    @classmethod
    def kept_in(cls, directory: Path) -> Self:
        """Return the key kept in this directory, created on first use.

        It stays the same across restarts: API Gateway, and its emulator, cache an issuer's keys
        for hours.
        """
        path = directory / "issuer-key.pem"
        if path.exists():
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
            if not isinstance(key, rsa.RSAPrivateKey):
                raise ValueError(
                    f"{path} holds no RSA key: remove it, and a new one will be created."
                )
            return cls(key, "laptop")
        generated = cls.generate()
        pem = generated.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        directory.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.touch(mode=0o600)
        part.write_bytes(pem)
        part.rename(path)
        return generated

    def public_jwk(self) -> dict[str, Any]:
        jwk: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(
            self.private.public_key(), as_dict=True
        )
        return {**jwk, "kid": self.key_id, "use": "sig", "alg": "RS256"}


def sign_token(key: SigningKey, claims: dict[str, Any]) -> str:
    """Sign a JWT with exactly these claims."""
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.key_id})


def player_claims(
    issuer: str,
    sub: str,
    aud: str | list[str],
    now: float,
    lifetime_seconds: int = DEFAULT_LIFETIME_SECONDS,
) -> dict[str, Any]:
    """Return the claims of a token for one player, issued at `now` (epoch seconds)."""
    issued_at = int(now)
    return {
        "iss": issuer,
        "sub": sub,
        "aud": aud,
        "iat": issued_at,
        "exp": issued_at + lifetime_seconds,
    }


class TokenRequestError(ValueError):
    """Raised for an invalid token request; the text names the field."""


def issue_token(body: bytes, *, key: SigningKey, issuer: str, now: float) -> dict[str, Any]:
    """Return the JSON for `POST /token`.

    Raises:
        TokenRequestError: a field is missing or invalid.
    """
    try:
        request = json.loads(body)
    except ValueError:
        raise TokenRequestError("the body is not JSON") from None
    if not isinstance(request, dict):
        raise TokenRequestError("the body is not a JSON object")
    sub: Any = request.get("sub")
    aud: Any = request.get("aud")
    lifetime = request.get("expires_in", DEFAULT_LIFETIME_SECONDS)
    if not isinstance(sub, str) or not sub:
        raise TokenRequestError("sub must be a text that names the player")
    audiences = aud if isinstance(aud, list) else [aud]
    if not audiences or not all(isinstance(each, str) and each for each in audiences):
        raise TokenRequestError("aud must be a text or a list of texts")
    if type(lifetime) is not int or not 0 < lifetime <= LONGEST_LIFETIME_SECONDS:
        raise TokenRequestError(
            f"expires_in must be a number of seconds up to {LONGEST_LIFETIME_SECONDS}"
        )
    token = sign_token(key, player_claims(issuer, sub, aud, now, lifetime))
    return {"access_token": token, "token_type": "Bearer", "expires_in": lifetime}


class IssuerServer(ThreadingHTTPServer):
    """The issuer on a port of 127.0.0.1, bound but not serving yet; port 0 is any free one."""

    def __init__(self, port: int, key: SigningKey) -> None:
        super().__init__((HOST, port), IssuerHandler)
        self.key = key
        self.url = f"http://{HOST}:{self.server_address[1]}"


class IssuerHandler(BaseHTTPRequestHandler):
    server: IssuerServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/.well-known/openid-configuration":
            self._respond(
                HTTPStatus.OK,
                {
                    "issuer": self.server.url,
                    "jwks_uri": f"{self.server.url}/jwks.json",
                    "token_endpoint": f"{self.server.url}/token",
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "response_types_supported": ["token"],
                    "subject_types_supported": ["public"],
                },
            )
        elif self.path == "/jwks.json":
            self._respond(HTTPStatus.OK, {"keys": [self.server.key.public_jwk()]})
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "not found")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdecimal() or int(length) > LONGEST_BODY:
            self.close_connection = True
            self._refuse(
                HTTPStatus.BAD_REQUEST,
                f"the body must be at most {LONGEST_BODY} bytes, with a Content-Length",
            )
            return
        body = self.rfile.read(int(length))
        if self.path != "/token":
            self._refuse(HTTPStatus.NOT_FOUND, "not found")
            return
        try:
            self._respond(
                HTTPStatus.OK,
                issue_token(body, key=self.server.key, issuer=self.server.url, now=time.time()),
            )
        except TokenRequestError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))

    def _refuse(self, status: HTTPStatus, description: str) -> None:
        self._respond(status, {"error": "invalid_request", "error_description": description})

    def _respond(self, status: HTTPStatus, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m local.stack.issuer", description="Issue player tokens."
    )
    parser.add_argument(
        "--directory", type=Path, required=True, help="where the signing key is kept"
    )
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    try:
        server = IssuerServer(options.port, SigningKey.kept_in(options.directory))
    except (OSError, ValueError) as error:
        parser.exit(1, f"issuer: cannot start on port {options.port}: {error}\n")
    with server:
        server.serve_forever()


if __name__ == "__main__":
    main()

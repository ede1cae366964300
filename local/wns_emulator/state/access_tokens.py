"""Signed access tokens, which need no storage.

They have the form of their issuers: from login.live.com an opaque base64 string that starts with
`Eg`, from Microsoft Entra a JSON Web Token.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from local.wns_emulator.state.apps import App, Apps

LEGACY_PREFIX = b"\x12\x00"
SIGNATURE_BYTES = 32
JWT_HEADER = {"typ": "JWT", "alg": "HS256", "kid": "wns-emulator"}
JWT_PARTS = 3


class TokenRefusedError(Exception):
    """Raised when an access token is invalid; the text says why."""


class Claims(NamedTuple):
    app_id: str
    generation: int
    expires_at: float


class AccessTokens:
    """Issues and verifies the tokens of one emulator, signed with its `key`."""

    def __init__(self, apps: Apps, key: bytes) -> None:
        self._apps = apps
        self._key = key
        self._claims = lru_cache(maxsize=1024)(self._read)

    def issue(self, app: App, now: float, lifetime_seconds: int) -> str:
        claims: dict[str, object] = {
            "appid": app.app_id,
            "gen": app.token_generation,
            "iat": int(now),
            "exp": int(now) + lifetime_seconds,
        }
        if app.identity == "package":
            content = LEGACY_PREFIX + json.dumps(claims).encode()
            return base64.b64encode(content + self._sign(content)).decode()
        claims |= {
            "aud": "https://wns.windows.com",
            "iss": f"https://sts.windows.net/{app.tenant_id}/",
            "oid": app.object_id,
            "tid": app.tenant_id,
            "nbf": int(now),
        }
        signed = f"{_jwt_part(JWT_HEADER)}.{_jwt_part(claims)}"
        return f"{signed}.{_unpadded(self._sign(signed.encode()))}"

    def owner(self, token: str, now: float) -> App:
        """Return the app that a token was issued to.

        Raises:
            TokenRefusedError: unknown, altered, expired or revoked.
        """
        claims = self._claims(token)
        app = self._apps.find(claims.app_id)
        if app is None or claims.generation != app.token_generation:
            raise TokenRefusedError("The access token has been revoked.")
        if claims.expires_at <= now:
            raise TokenRefusedError("The access token has expired.")
        return app

    def _read(self, token: str) -> Claims:
        try:
            content = self._content(token)
            claims = json.loads(content)
        except (binascii.Error, ValueError) as error:
            raise TokenRefusedError("The access token is not valid.") from error
        return Claims(claims["appid"], claims["gen"], claims["exp"])

    def _content(self, token: str) -> bytes:
        """Return the signed JSON of a token; raises ValueError for a wrong signature."""
        parts = token.split(".")
        if len(parts) == JWT_PARTS:
            signed = f"{parts[0]}.{parts[1]}".encode("ascii")
            signature, content = _padded(parts[2]), _padded(parts[1])
        else:
            blob = base64.b64decode(token, validate=True)
            signed, signature = blob[:-SIGNATURE_BYTES], blob[-SIGNATURE_BYTES:]
            content = signed.removeprefix(LEGACY_PREFIX)
        if not hmac.compare_digest(signature, self._sign(signed)):
            raise ValueError("the signature is wrong")
        return content

    def _sign(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, hashlib.sha256)


def _jwt_part(content: dict[str, object] | dict[str, str]) -> str:
    return _unpadded(json.dumps(content, separators=(",", ":")).encode())


def _unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _padded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

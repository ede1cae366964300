"""How an access token is got from Microsoft, for both identities an app can have.

Microsoft, "Push notification service request and response headers (Windows Runtime)", access token
request: a UWP or Store app proves itself with its Package SID and secret to login.live.com.
Microsoft, "Quickstart: Push notifications in the Windows App SDK": an app on the Windows App SDK,
packaged or not, does so with its Microsoft Entra registration. WNS takes the tokens of both alike;
a token is good for the channels of its own app only.

Nothing here raises, logs or prints a secret or a token. Exceptions are raised where neither is in
reach: not in a chained exception, whose request would hold the secret, nor in a local variable of a
frame of the traceback.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias
from urllib.parse import quote, quote_plus, urlsplit

import requests
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, TypeAdapter

from wns.errors import AccessTokenError, CredentialsRefusedError, TokenEndpointError

CONNECT_TIMEOUT_SECONDS = 5.0
READ_TIMEOUT_SECONDS = 10.0
TOTAL_TIMEOUT_SECONDS = 20.0
DEFAULT_LIFETIME_SECONDS = 86_400
MAX_LIFETIME_SECONDS = 366 * 86_400
MAX_ANSWER_BYTES = 32_768
MAX_DESCRIPTION_LENGTH = 500

_REFUSALS = frozenset({400, 401, 403})
_NOT_ABOUT_CREDENTIALS = frozenset({"server_error", "temporarily_unavailable"})
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,16384}")
_Secret = Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PackageSidCredentials(_Model):
    """What Partner Center gives for a UWP or Store app: its Package SID and a secret."""

    identity: Literal["package_sid"] = "package_sid"
    package_sid: Annotated[
        str, StringConstraints(pattern=r"^ms-app://[Ss]-1-15-2(-[0-9]{1,10}){1,14}$")
    ]
    client_secret: _Secret


class EntraCredentials(_Model):
    """A Microsoft Entra app registration: the directory (tenant) id, the application (client) id
    and a client secret."""

    identity: Literal["entra"] = "entra"
    tenant_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$")]
    client_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    client_secret: _Secret


Credentials: TypeAlias = Annotated[
    PackageSidCredentials | EntraCredentials, Field(discriminator="identity")
]
CREDENTIALS: TypeAdapter[PackageSidCredentials | EntraCredentials] = TypeAdapter(
    Credentials, config=ConfigDict(hide_input_in_errors=True)
)
"""Reads credentials of either identity; its error messages do not repeat what they were given."""


@dataclass(frozen=True, slots=True, repr=False)
class AccessToken:
    """A WNS bearer token. It prints as its fingerprint.

    Attributes:
        value: what goes into `Authorization: Bearer`.
        obtained_at: epoch seconds.
        expires_at: epoch seconds.
    """

    value: str
    obtained_at: int
    expires_at: int

    @property
    def fingerprint(self) -> str:
        """12 hexadecimal digits that tell tokens apart and give nothing of them away."""
        return hashlib.sha256(self.value.encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"AccessToken({self.fingerprint}, expires_at={self.expires_at})"


def request_access_token(
    session: requests.Session, credentials: Credentials, now: float
) -> AccessToken:
    """Ask Microsoft for an access token. One request, no retry, no redirect.

    Args:
        session: brings the certificates and the proxies.
        credentials: of either identity.
        now: epoch seconds; the token's lifetime counts from it.

    Raises:
        CredentialsRefusedError: the token endpoint does not take the credentials.
            TokenEndpointError: it could not be reached in 5 seconds, was silent for 10, not done
            after 20, or answered nonsense.
    """
    answer = _ask(session, credentials, now)
    if isinstance(answer, AccessTokenError):
        raise answer
    return answer


def _ask(
    session: requests.Session, credentials: Credentials, now: float
) -> AccessToken | AccessTokenError:
    url, form = _request_of(credentials)
    host = urlsplit(url).hostname
    give_up_at = time.monotonic() + TOTAL_TIMEOUT_SECONDS
    try:
        with session.post(
            url,
            data=form,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            status_code = response.status_code
            body = _read(response, give_up_at)
    except requests.RequestException as error:
        return TokenEndpointError(f"{host} could not be reached ({type(error).__name__}).")
    if body is None:
        return TokenEndpointError(f"{host} sent too slowly or too much.")
    document = _object(body)
    if status_code == requests.codes.ok:
        return _token(document, now) or TokenEndpointError(
            f"{host} answered without a usable access token."
        )
    error_code = document.get("error")
    if (
        status_code in _REFUSALS
        and isinstance(error_code, str)
        and error_code not in _NOT_ABOUT_CREDENTIALS
    ):
        secret = credentials.client_secret.get_secret_value()
        return CredentialsRefusedError(
            _presentable(error_code, secret),
            _presentable(document.get("error_description"), secret),
        )
    return TokenEndpointError(f"{host} answered with status {status_code}.")


def _request_of(credentials: Credentials) -> tuple[str, dict[str, str]]:
    secret = credentials.client_secret.get_secret_value()
    if isinstance(credentials, PackageSidCredentials):
        return "https://login.live.com/accesstoken.srf", {
            "grant_type": "client_credentials",
            "client_id": credentials.package_sid,
            "client_secret": secret,
            "scope": "notify.windows.com",
        }
    return f"https://login.microsoftonline.com/{credentials.tenant_id}/oauth2/v2.0/token", {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": secret,
        "scope": "https://wns.windows.com/.default",
    }


def _read(response: requests.Response, give_up_at: float) -> bytes | None:
    body = bytearray()
    # One byte at a time: a larger chunk is only handed out when it is full, and an endpoint that
    # trickles would hold this loop for as long as it likes. Answers have about 2,000 bytes.
    for chunk in response.iter_content(1):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES or time.monotonic() > give_up_at:
            return None
    return bytes(body)


def _object(body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _token(document: dict[str, object], now: float) -> AccessToken | None:
    value = document.get("access_token")
    lifetime = _lifetime(document.get("expires_in"))
    if (
        lifetime is None
        or not isinstance(value, str)
        or not _VISIBLE_ASCII.fullmatch(value)
        or str(document.get("token_type", "bearer")).lower() != "bearer"
    ):
        return None
    return AccessToken(value, obtained_at=int(now), expires_at=int(now) + lifetime)


def _lifetime(expires_in: object) -> int | None:
    # Login.live.com left it out before 2013; Entra's documented sample has it as a string.
    if expires_in is None:
        return DEFAULT_LIFETIME_SECONDS
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float | str):
        return None
    try:
        seconds = float(expires_in)
    except (ValueError, OverflowError):
        return None
    return int(seconds) if 1 <= seconds <= MAX_LIFETIME_SECONDS else None


def _presentable(words: object, secret: str) -> str:
    if not isinstance(words, str):
        return ""
    for form in (secret, quote(secret, safe=""), quote_plus(secret)):
        words = words.replace(form, "***")
    return "".join(c if c.isprintable() else " " for c in words[:MAX_DESCRIPTION_LENGTH])

"""WNS access tokens from Microsoft, for both identities that an app can have.

Microsoft, "Push notification service request and response headers (Windows Runtime)", access token
request: a UWP or Store app authenticates at login.live.com with its Package SID and secret.
Microsoft, "Quickstart: Push notifications in the Windows App SDK": an app on the Windows App SDK,
packaged or not, authenticates with its Microsoft Entra app registration. WNS accepts the tokens of
both; a token is valid for the channels of its own app only.

Nothing here raises, logs or prints a secret or a token. Exceptions are raised where no traceback
can reach one: neither through a chained exception, whose request contains the secret, nor through a
local variable of a frame.
"""

from __future__ import annotations

import json
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias
from urllib.parse import quote, quote_plus, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, TypeAdapter

from wns.access_token import AccessToken
from wns.errors import AccessTokenError, CredentialsRefusedError, TokenEndpointError

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT_SECONDS = 5.0
READ_TIMEOUT_SECONDS = 10.0
TOTAL_TIMEOUT_SECONDS = 20.0
DEFAULT_LIFETIME_SECONDS = 86_400
MAX_LIFETIME_SECONDS = 366 * 86_400
MAX_RESPONSE_BYTES = 32_768
MAX_DESCRIPTION_LENGTH = 500

_REFUSAL_STATUSES = frozenset({400, 401, 403})
_TEMPORARY_ERRORS = frozenset({"server_error", "temporarily_unavailable"})
# Throttling, loop detection and outages that Entra reports like a refusal, as `invalid_grant` or
# `invalid_request` (Microsoft, "Microsoft Entra authentication and authorization error codes"). The
# numbers may change, so they only turn a refusal into a failure that is retried, not the reverse.
_TEMPORARY_ENTRA_CODES = frozenset(
    {
        50196,  # LoopDetected
        90006,  # ExternalServerRetryableError
        90012,  # RequestTimeout
        90033,  # MsodsServiceUnavailable
        90055,  # TenantThrottlingError
        90090,  # GraphRetryableError
    }
)
_ENTRA_CODE = re.compile(r"AADSTS([0-9]{5,7})\b")
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,16384}")
_Secret = Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PackageSidCredentials(_Model):
    """Package SID and client secret of a UWP or Store app, from Partner Center."""

    identity: Literal["package_sid"] = "package_sid"
    package_sid: Annotated[
        str, StringConstraints(pattern=r"^ms-app://[Ss]-1-15-2(-[0-9]{1,10}){1,14}$")
    ]
    client_secret: _Secret


class EntraCredentials(_Model):
    """Tenant id, client id and client secret of a Microsoft Entra app registration."""

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
"""Validates credentials of either identity; its error messages do not repeat the input."""


def request_access_token(
    session: requests.Session, credentials: Credentials, now: float
) -> AccessToken:
    """Obtain an access token from Microsoft: one request, without retries or redirects.

    Args:
        session: provides the trusted certificates and the proxies.
        credentials: of either identity.
        now: epoch seconds; start of the token's lifetime.

    Raises:
        CredentialsRefusedError: the token endpoint refused the credentials.
        TokenEndpointError: the token endpoint could not be reached within 5 seconds, was silent for
            10, took longer than 20, or its response was unusable.
    """
    token_or_error = _request(session, credentials, now)
    if isinstance(token_or_error, AccessTokenError):
        raise token_or_error
    return token_or_error


# Returns its errors: raised here, their traceback would hold the secret.
def _request(
    session: requests.Session, credentials: Credentials, now: float
) -> AccessToken | AccessTokenError:
    url, form = _url_and_form(credentials)
    host = urlsplit(url).hostname
    deadline = time.monotonic() + TOTAL_TIMEOUT_SECONDS
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
            body = _read(response, deadline)
    except OSError as error:  # as requests' own errors are
        return TokenEndpointError(f"{host} could not be reached ({type(error).__name__}).")
    if body is None:
        return TokenEndpointError(f"{host} responded too slowly or with too much data.")
    document = _parse_object(body)
    if status_code == HTTPStatus.OK:
        return _parse_token(document, now) or TokenEndpointError(
            f"{host} returned no usable access token."
        )
    error_code = document.get("error")
    if (
        status_code in _REFUSAL_STATUSES
        and isinstance(error_code, str)
        and error_code not in _TEMPORARY_ERRORS
        and not _entra_codes(document) & _TEMPORARY_ENTRA_CODES
    ):
        secret = credentials.client_secret.get_secret_value()
        return CredentialsRefusedError(
            _redacted(error_code, secret),
            _redacted(document.get("error_description"), secret),
        )
    return TokenEndpointError(f"{host} returned status {status_code}.")


def _url_and_form(credentials: Credentials) -> tuple[str, dict[str, str]]:
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


def _read(response: requests.Response, deadline: float) -> bytes | None:
    body = bytearray()
    # One byte at a time: requests returns a larger chunk only when it is full, so an endpoint that
    # trickles could keep this loop from checking the deadline. Responses have about 2,000 bytes.
    for chunk in response.iter_content(1):
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES or time.monotonic() > deadline:
            return None
    return bytes(body)


def _parse_object(body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _entra_codes(document: dict[str, object]) -> set[int]:
    """Return the numbers of Entra's errors, from the list of them and from the description."""
    listed, description = document.get("error_codes"), document.get("error_description")
    codes = (
        {each for each in listed if isinstance(each, int)} if isinstance(listed, list) else set()
    )
    if isinstance(description, str):
        codes |= {int(each) for each in _ENTRA_CODE.findall(description[:MAX_DESCRIPTION_LENGTH])}
    return codes


def _parse_token(document: dict[str, object], now: float) -> AccessToken | None:
    value = document.get("access_token")
    lifetime = _parse_lifetime(document.get("expires_in"))
    if (
        lifetime is None
        or not isinstance(value, str)
        or not _VISIBLE_ASCII.fullmatch(value)
        or str(document.get("token_type", "bearer")).lower() != "bearer"
    ):
        return None
    return AccessToken(value, obtained_at=int(now), expires_at=int(now) + lifetime)


def _parse_lifetime(expires_in: object) -> int | None:
    # login.live.com omitted it before 2013; in Entra's documented sample it is a string.
    if expires_in is None:
        return DEFAULT_LIFETIME_SECONDS
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float | str):
        return None
    try:
        seconds = float(expires_in)
    except (ValueError, OverflowError):
        return None
    return int(seconds) if 1 <= seconds <= MAX_LIFETIME_SECONDS else None


def _redacted(text: object, secret: str) -> str:
    if not isinstance(text, str):
        return ""
    for form in (secret, quote(secret, safe=""), quote_plus(secret)):
        text = text.replace(form, "***")
    return "".join(c if c.isprintable() else " " for c in text[:MAX_DESCRIPTION_LENGTH])

"""Whether an issuer of player tokens is one that API Gateway can use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from tools.deployment.errors import DeploymentError

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT_S = 10
WELL_KNOWN = "/.well-known/openid-configuration"


def check_issuer(issuer: str, get: Callable[..., requests.Response] = requests.get) -> None:
    """Fetch an issuer's discovery document and compare it with the issuer's name.

    API Gateway fetches the same document for a JWT authorizer, and verifies tokens with the keys
    at its `jwks_uri` (Amazon API Gateway, "Control access to HTTP APIs with JWT authorizers").

    Raises:
        DeploymentError: players' tokens could not be verified.
    """
    if not issuer.startswith("https://"):
        raise DeploymentError(
            "PlayerTokenIssuer must be an https URL, such as https://players.example.com/."
        )
    url = issuer.rstrip("/") + WELL_KNOWN
    document = _fetch(url, get)
    if document.get("issuer") != issuer:
        raise DeploymentError(
            f"{url} names the issuer {document.get('issuer')!r}, not {issuer!r}; give"
            " PlayerTokenIssuer exactly as the document does, or correct the document."
        )
    if not str(document.get("jwks_uri", "")).startswith("https://"):
        raise DeploymentError(f"{url} has no https jwks_uri, so no token could be verified.")


def _fetch(url: str, get: Callable[..., requests.Response]) -> dict[str, Any]:
    try:
        response = get(url, timeout=TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as error:
        raise DeploymentError(
            f"{url} cannot be fetched ({type(error).__name__}); API Gateway needs it to verify"
            " players' tokens: correct PlayerTokenIssuer, or make the address public."
        ) from error
    if response.status_code != requests.codes.ok:
        raise DeploymentError(
            f"{url} returns {response.status_code}; API Gateway needs it to verify players'"
            " tokens: correct PlayerTokenIssuer, or serve the document there."
        )
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise DeploymentError(f"{url} is not a JSON document; correct PlayerTokenIssuer.")
    return document

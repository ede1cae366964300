"""Credentials of apps: operator_api writes them, token_refresher reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import ValidationError

from push.errors import NotFoundError, UnreadableSecretError
from wns.oauth import CREDENTIALS, Credentials

if TYPE_CHECKING:
    from push.secret_store import SecretStore

_KIND = "credentials"


def put_credentials(secrets: SecretStore, app_id: str, credentials: Credentials) -> None:
    """Store an app's credentials in place of any older ones."""
    fields = credentials.model_dump() | {
        "client_secret": credentials.client_secret.get_secret_value()
    }
    secrets.put(app_id, _KIND, json.dumps(fields))


def get_credentials(secrets: SecretStore, app_id: str) -> tuple[Credentials, str]:
    """Return an app's credentials and the name of their version.

    Raises:
        NotFoundError: none were stored yet.
        UnreadableSecretError: what is stored are no credentials.
    """
    secret = secrets.get(app_id, _KIND)
    remedy = f"put them with PUT /apps/{app_id}/credentials"
    if secret is None:
        raise NotFoundError(f"app '{app_id}' has no credentials yet; {remedy}")
    try:
        return CREDENTIALS.validate_json(secret.text), secret.version
    except ValidationError:
        raise UnreadableSecretError(f"app '{app_id}' has damaged credentials; {remedy}") from None


def delete_credentials(secrets: SecretStore, app_id: str) -> None:
    """Delete an app's credentials for good."""
    secrets.delete(app_id, _KIND)

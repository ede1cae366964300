"""Credentials of apps: operator_api writes them, token_refresher reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from push.errors import NotFoundError
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


def get_credentials(secrets: SecretStore, app_id: str) -> Credentials:
    """Return an app's credentials.

    Raises:
        NotFoundError: none were stored yet.
    """
    text = secrets.get(app_id, _KIND)
    if text is None:
        raise NotFoundError(
            f"app '{app_id}' has no credentials yet; put them with PUT /apps/{app_id}/credentials"
        )
    return CREDENTIALS.validate_json(text)

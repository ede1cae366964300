"""Credentials of apps: verified and stored by operator_api, read by token_refresher."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import ValidationError

from push.apps.access_tokens import delete_access_token
from push.errors import MalformedSecretError, NotFoundError
from wns.oauth import CREDENTIALS, request_access_token

if TYPE_CHECKING:
    import requests

    from push.apps.events import AppEvents
    from push.apps.models import App
    from push.aws.secret_store import SecretStore
    from wns.oauth import Credentials


_KIND = "credentials"


def put_credentials(secrets: SecretStore, app_id: str, credentials: Credentials) -> None:
    """Store an app's credentials, replacing older ones."""
    fields = credentials.model_dump() | {
        "client_secret": credentials.client_secret.get_secret_value()
    }
    secrets.put(app_id, _KIND, json.dumps(fields))


def get_credentials(secrets: SecretStore, app_id: str) -> tuple[Credentials, str]:
    """Return an app's credentials and the id of their version in Secrets Manager.

    Raises:
        NotFoundError: none are stored.
        MalformedSecretError: the secret does not hold credentials.
    """
    secret = secrets.get(app_id, _KIND)
    remedy = f"store them with PUT /apps/{app_id}/credentials"
    if secret is None:
        raise NotFoundError(f"app '{app_id}' has no credentials yet; {remedy}")
    try:
        return CREDENTIALS.validate_json(secret.text), secret.version
    except ValidationError:
        raise MalformedSecretError(f"app '{app_id}' has malformed credentials; {remedy}") from None


def delete_credentials(secrets: SecretStore, app_id: str) -> None:
    """Delete an app's credentials without a recovery window. Idempotent."""
    secrets.delete(app_id, _KIND)


def verify_and_store_credentials(
    app: App,
    credentials: Credentials,
    *,
    session: requests.Session,
    secrets: SecretStore,
    events: AppEvents,
    now: float,
) -> None:
    """Store an app's credentials after verifying them with Microsoft, and publish the change.

    They are verified by requesting an access token. It is discarded: only the token refresher
    stores access tokens.

    Args:
        now: epoch seconds.

    Raises:
        InvalidRequestError: the app has the other identity.
        CredentialsRefusedError: the token endpoint refused them.
        TokenEndpointError: the token endpoint did not respond.
        ConflictError, SecretsUnavailableError: they were not stored.
        EventBusUnavailableError: they are stored, but the refresher was not notified; its schedule
            notices them.
    """
    app.check_identity(credentials.identity)
    request_access_token(session, credentials, now)
    put_credentials(secrets, app.app_id, credentials)
    events.publish_credentials_changed(app.app_id)


def delete_secrets(app_id: str, secrets: SecretStore) -> None:
    """Delete an app's credentials and access token without a recovery window. Idempotent.

    Raises:
        SecretsUnavailableError: they may not be deleted.
    """
    delete_credentials(secrets, app_id)
    delete_access_token(secrets, app_id)

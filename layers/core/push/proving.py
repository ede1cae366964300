"""Use case: an app's credentials are proven before they replace older ones, and go with the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from push.access_tokens import delete_access_token
from push.credentials import delete_credentials, put_credentials
from wns.oauth import request_access_token

if TYPE_CHECKING:
    import requests

    from push.announcements import CredentialChanges
    from push.apps import App
    from push.secret_store import SecretStore
    from wns.oauth import Credentials


def prove_and_store(
    app: App,
    credentials: Credentials,
    *,
    session: requests.Session,
    secrets: SecretStore,
    changes: CredentialChanges,
    now: float,
) -> None:
    """Get an access token with the credentials, then store them and announce it. The token itself
    is dropped: only the refresher may store one.

    Args:
        now: epoch seconds.

    Raises:
        InvalidRequestError: the app has the other identity.
        CredentialsRefusedError: the token endpoint does not take them.
        TokenEndpointError: it could not be asked.
        ConflictError, SecretsUnavailableError: they could not be stored.
        AnnouncementError: they are stored, but the refresher was not told.
    """
    app.check_identity(credentials.identity)
    request_access_token(session, credentials, now)
    put_credentials(secrets, app.app_id, credentials)
    changes.announce(app.app_id)


def forget_secrets(app_id: str, secrets: SecretStore) -> None:
    """Delete an app's credentials and access token for good; that they are gone already is no
    error.

    Raises:
        SecretsUnavailableError: they could not be deleted.
    """
    delete_credentials(secrets, app_id)
    delete_access_token(secrets, app_id)

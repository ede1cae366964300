"""Access tokens of apps: token_refresher writes them, notification_sender reads them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from push.errors import AccessTokenMissingError
from wns.oauth import AccessToken

if TYPE_CHECKING:
    from push.secret_store import SecretStore

_KIND = "access-token"
_MAX_AGE_S = 60.0


def put_access_token(secrets: SecretStore, app_id: str, token: AccessToken) -> None:
    """Store an app's access token in place of the older one."""
    secrets.put(app_id, _KIND, json.dumps(asdict(token)))


def get_access_token(secrets: SecretStore, app_id: str) -> AccessToken | None:
    """Return an app's stored access token, valid or not, or None where there is none."""
    text = secrets.get(app_id, _KIND)
    return None if text is None else AccessToken(**json.loads(text))


class AccessTokenCache:
    """The stored access tokens, each read again after a minute."""

    def __init__(self, secrets: SecretStore) -> None:
        self._secrets = secrets
        self._held: dict[str, tuple[float, AccessToken]] = {}

    def get(self, app_id: str, now: float, *, rejected: str | None = None) -> AccessToken:
        """Return the app's access token, at most a minute older than the stored one.

        Args:
            now: epoch seconds.
            rejected: fingerprint of a token that WNS has rejected; it is not returned again.

        Raises:
            AccessTokenMissingError: none is stored that is valid, or only the rejected one.
        """
        read_at, token = self._held.pop(app_id, (0.0, None))
        if token is None or now - read_at > _MAX_AGE_S or not _serves(token, now, rejected):
            read_at, token = now, get_access_token(self._secrets, app_id)
        if token is None or not _serves(token, now, rejected):
            raise AccessTokenMissingError(f"app '{app_id}' has no valid access token stored")
        self._held[app_id] = (read_at, token)
        return token


def _serves(token: AccessToken, now: float, rejected: str | None) -> bool:
    return token.expires_at > now and token.fingerprint != rejected

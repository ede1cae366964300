"""Access tokens of apps: stored by token_refresher, read by notification_sender."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from push.errors import AccessTokenMissingError, SecretsUnavailableError
from wns.access_token import AccessToken

if TYPE_CHECKING:
    from collections.abc import Callable

    from push.aws.secret_store import SecretStore
    from push.errors import AwsUnavailableError


_KIND = "access-token"
_MAX_AGE_S = 60.0
_PAUSE_S = 5.0


@dataclass(frozen=True, slots=True)
class StoredToken:
    """An access token, and the version id of the credentials that it was obtained with."""

    token: AccessToken
    credentials_version: str


def replace_access_token(
    secrets: SecretStore, app_id: str, stored: StoredToken, replaced: str | None
) -> bool:
    """Store an app's access token on condition that `replaced` is the current version of the secret
    that holds it, None if there is none; return whether the condition held.

    Raises:
        SecretsUnavailableError: Secrets Manager failed.
    """
    fields = asdict(stored.token) | {"credentials_version": stored.credentials_version}
    return secrets.replace(app_id, _KIND, json.dumps(fields), replaced)


def get_access_token(secrets: SecretStore, app_id: str) -> tuple[StoredToken | None, str | None]:
    """Return an app's stored access token, valid or not, and the version of its secret.

    The token is None if it cannot be parsed; both are None if none is stored.

    Raises:
        SecretsUnavailableError: Secrets Manager failed.
    """
    secret = secrets.get(app_id, _KIND)
    if secret is None:
        return None, None
    try:
        fields = json.loads(secret.text)
        credentials_version = fields.pop("credentials_version")
        return StoredToken(AccessToken(**fields), credentials_version), secret.version
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, secret.version


def delete_access_token(secrets: SecretStore, app_id: str) -> None:
    """Delete an app's access token without a recovery window. Idempotent."""
    secrets.delete(app_id, _KIND)


class AccessTokenCache:
    """A cache of the stored access tokens, each at most a minute old; older while Secrets Manager
    fails."""

    def __init__(self, secrets: SecretStore) -> None:
        self._secrets = secrets
        self._held: dict[str, tuple[float, AccessToken]] = {}

    def get(
        self,
        app_id: str,
        now: float,
        *,
        rejected: str | None = None,
        on_failure: Callable[[AwsUnavailableError], object] = lambda _: None,
    ) -> AccessToken:
        """Return the app's access token.

        Args:
            now: epoch seconds.
            rejected: fingerprint of a token that WNS has rejected, which is never returned again.
            on_failure: is called with Secrets Manager's failure, even if a cached token serves.

        Raises:
            AccessTokenMissingError: no valid one is stored, or only the rejected one.
        """
        read_again_at, held = self._held.get(app_id, (0.0, None))
        usable = held if held is not None and _serves(held, now, rejected) else None
        if usable is not None and now < read_again_at:
            return usable
        try:
            stored, _ = get_access_token(self._secrets, app_id)
        except SecretsUnavailableError as error:
            on_failure(error)
            if usable is None:
                raise AccessTokenMissingError(
                    f"no access token of app '{app_id}': {error}"
                ) from error
            self._held[app_id] = (now + _PAUSE_S, usable)
            return usable
        if stored is None or not _serves(stored.token, now, rejected):
            self._held.pop(app_id, None)
            raise AccessTokenMissingError(f"app '{app_id}' has no valid access token stored")
        self._held[app_id] = (now + _MAX_AGE_S, stored.token)
        return stored.token


def _serves(token: AccessToken, now: float, rejected: str | None) -> bool:
    return token.expires_at > now and token.fingerprint != rejected

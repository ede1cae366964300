"""Use case: every app's access token is renewed before it ends, or when WNS rejects it, or when the
app's credentials are new.

Any number of invocations may want the same app's token renewed at the same time. The one that takes
the lease in AppsTable asks the token endpoint; the others leave it to that one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from push.apps.access_tokens import StoredToken, get_access_token, put_access_token
from push.apps.credentials import get_credentials
from push.errors import ConflictError, MalformedSecretError, NotFoundError, SecretsUnavailableError
from wns.errors import AccessTokenError
from wns.oauth import request_access_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import requests

    from push.apps.table import Apps
    from push.aws.secret_store import SecretStore

    IsDue = Callable[[StoredToken | None, str], bool]


MIN_SECONDS_BETWEEN_WRITES = 600
"""Secrets Manager keeps each version of a secret for a day, and only so many (AWS Secrets Manager,
PutSecretValue)."""

NEAR_EXPIRY_S = 7200

_LEASE_S = 60  # longer than the token endpoint is given
_WORKERS = 16


class RefreshStatus(StrEnum):
    """What became of an app's access token."""

    FRESH = "fresh"
    REFRESHED = "refreshed"
    ELSEWHERE = "elsewhere"
    NO_CREDENTIALS = "no_credentials"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Refresh:
    """What became of one app's access token, why where it failed, and until when (epoch seconds)
    there is one."""

    app_id: str
    status: RefreshStatus
    reason: str | None = None
    expires_at: int = 0

    def is_near_expiry(self, now: float) -> bool:
        """Return whether an app that has credentials has a token for two more hours at most."""
        return (
            self.status is not RefreshStatus.NO_CREDENTIALS
            and self.expires_at - now <= NEAR_EXPIRY_S
        )


@dataclass(frozen=True, slots=True)
class TokenRefresher:
    """What refreshing works with. Each request has a session of its own; `clock` gives epoch
    seconds."""

    apps: Apps
    secrets: SecretStore
    open_session: Callable[[], requests.Session]
    clock: Callable[[], float]

    def refresh_due(self) -> Sequence[Refresh]:
        """Renew what is missing, past half of its life, or older than the app's credentials; apps
        side by side, and one that fails hinders no other."""
        enabled = [app.app_id for app in self.apps.all() if app.enabled]
        with ThreadPoolExecutor(_WORKERS) as pool:
            return list(pool.map(lambda app_id: self._refresh(app_id, self._is_due), enabled))

    def refresh_rejected(self, app_id: str, fingerprint: str | None) -> Refresh:
        """Renew an access token that WNS rejected, if it is still the stored one and over ten
        minutes old; or a missing one, where there is no fingerprint."""

        def is_due(stored: StoredToken | None, _: str) -> bool:
            if stored is None:
                return True
            if fingerprint is None:
                return stored.token.expires_at <= self.clock()
            return stored.token.fingerprint == fingerprint and self._may_write_again(stored)

        return self._refresh(app_id, is_due)

    def refresh_changed(self, app_id: str) -> Refresh:
        """Renew an access token that was not got with the app's present credentials."""

        def is_due(stored: StoredToken | None, version: str) -> bool:
            return stored is None or stored.credentials_version != version

        return self._refresh(app_id, is_due, at_once=True)

    def _is_due(self, stored: StoredToken | None, version: str) -> bool:
        if stored is None:
            return True
        if stored.credentials_version != version and self._may_write_again(stored):
            return True
        token = stored.token
        return self.clock() >= (token.obtained_at + token.expires_at) / 2

    def _may_write_again(self, stored: StoredToken) -> bool:
        return self.clock() - stored.token.obtained_at >= MIN_SECONDS_BETWEEN_WRITES

    def _refresh(self, app_id: str, is_due: IsDue, *, at_once: bool = False) -> Refresh:
        expires_at = 0
        try:
            credentials, version = get_credentials(self.secrets, app_id)
            stored = get_access_token(self.secrets, app_id)
            expires_at = stored.token.expires_at if stored else 0
            if not is_due(stored, version):
                return Refresh(app_id, RefreshStatus.FRESH, expires_at=expires_at)
            leased_until = int(self.clock()) + _LEASE_S
            if not self.apps.lease(app_id, self.clock(), leased_until, at_once=at_once):
                return Refresh(app_id, RefreshStatus.ELSEWHERE, expires_at=expires_at)
            # Another may have renewed it between the look and the lease.
            stored = get_access_token(self.secrets, app_id)
            expires_at = stored.token.expires_at if stored else 0
            status = RefreshStatus.FRESH
            if is_due(stored, version):
                with self.open_session() as session:
                    token = request_access_token(session, credentials, self.clock())
                put_access_token(self.secrets, app_id, StoredToken(token, version))
                status, expires_at = RefreshStatus.REFRESHED, token.expires_at
        except NotFoundError as error:
            return Refresh(app_id, RefreshStatus.NO_CREDENTIALS, str(error))
        except _FAILURES as error:
            # The lease stays: it keeps the next try a minute away.
            return Refresh(app_id, RefreshStatus.FAILED, str(error), expires_at)
        self.apps.end_lease(app_id, leased_until)
        return Refresh(app_id, status, expires_at=expires_at)


_FAILURES = (AccessTokenError, ConflictError, SecretsUnavailableError, MalformedSecretError)

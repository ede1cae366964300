"""Refreshes access tokens: before they expire, when WNS rejects one, when credentials change.

Any number of invocations may find the same app's token due at the same time. The one that takes the
lease in AppsTable requests a new token; the others leave it to that one. The lease only spares
requests: it may end, or be taken over, while its holder waits for Microsoft. What keeps an older
refresh from overwriting a newer token is the condition of the write.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from push.apps.access_tokens import StoredToken, get_access_token, replace_access_token
from push.apps.credentials import get_credentials
from push.errors import (
    ConflictError,
    MalformedSecretError,
    NotFoundError,
    SecretsUnavailableError,
    TablesUnavailableError,
)
from wns.errors import AccessTokenError
from wns.oauth import request_access_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import requests

    from push.apps.table import Apps
    from push.aws.secret_store import SecretStore
    from wns.access_token import AccessToken

    IsDue = Callable[[StoredToken | None, str], bool]


MIN_SECONDS_BETWEEN_WRITES = 600
"""Secrets Manager keeps versions for a day and at most 100 of them; it asks for no more than one
write every ten minutes (AWS Secrets Manager API reference, PutSecretValue)."""

NEAR_EXPIRY_S = 7200

_LEASE_S = 60  # longer than a token request may take
_WORKERS = 16
_TRIES = 3


class RefreshStatus(StrEnum):
    """The result of a refresh.

    Attributes:
        FRESH: the stored token serves; nothing was requested.
        REFRESHED: a new token is stored.
        ELSEWHERE: another invocation holds the lease: it is requesting a token, or failed to within
            the last minute.
        NO_CREDENTIALS: the app has none yet, or was deleted.
        FAILED: no token could be obtained or stored; `Refresh.reason` says why.
    """

    FRESH = "fresh"
    REFRESHED = "refreshed"
    ELSEWHERE = "elsewhere"
    NO_CREDENTIALS = "no_credentials"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Refresh:
    """The result for one app: why the refresh failed, and when the stored token expires (epoch
    seconds, 0 if there is none)."""

    app_id: str
    status: RefreshStatus
    reason: str | None = None
    expires_at: int = 0

    def is_near_expiry(self, now: float) -> bool:
        """Return whether an app with credentials has no token that is valid for two more hours."""
        return (
            self.status is not RefreshStatus.NO_CREDENTIALS
            and self.expires_at - now <= NEAR_EXPIRY_S
        )


@dataclass(frozen=True, slots=True)
class TokenRefresher:
    """Refreshes access tokens; each request has its own session. `clock` gives epoch seconds."""

    apps: Apps
    secrets: SecretStore
    open_session: Callable[[], requests.Session]
    clock: Callable[[], float]

    def refresh_due(self) -> Sequence[Refresh]:
        """Refresh every token that is missing, past half of its life, or older than the app's
        credentials. Apps are refreshed concurrently; a failure of one affects no other."""
        enabled = [app.app_id for app in self.apps.all() if app.enabled]
        with ThreadPoolExecutor(_WORKERS) as pool:
            return list(pool.map(lambda app_id: self._refresh(app_id, self._is_due), enabled))

    def refresh_rejected(self, app_id: str, fingerprint: str | None) -> Refresh:
        """Refresh a token that WNS rejected, if it is still stored and over ten minutes old.

        Args:
            fingerprint: of the rejected token; None if none was stored."""

        def is_due(stored: StoredToken | None, _: str) -> bool:
            if stored is None:
                return True
            if fingerprint is None:
                return stored.token.expires_at <= self.clock()
            return stored.token.fingerprint == fingerprint and self._may_write_again(stored)

        return self._refresh(app_id, is_due)

    def refresh_changed(self, app_id: str) -> Refresh:
        """Refresh a token that was not obtained with the app's current credentials."""

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
        token: AccessToken | None = None
        try:
            stored, _ = get_access_token(self.secrets, app_id)
            _, version = get_credentials(self.secrets, app_id)
            token = stored.token if stored else None
            if not is_due(stored, version):
                return _result(app_id, RefreshStatus.FRESH, token)
            leased_until = int(self.clock()) + _LEASE_S
            if not self.apps.lease(app_id, self.clock(), leased_until, at_once=at_once):
                return _result(app_id, RefreshStatus.ELSEWHERE, token)
            status, token = self._replace(app_id, is_due)
        except NotFoundError as error:
            return Refresh(app_id, RefreshStatus.NO_CREDENTIALS, str(error))
        except _FAILURES as error:
            # The lease is kept: it limits tries to one a minute, however many senders ask.
            return _result(app_id, RefreshStatus.FAILED, token, str(error))
        with suppress(TablesUnavailableError):  # it ends by itself
            self.apps.end_lease(app_id, leased_until)
        return _result(app_id, status, token)

    def _replace(self, app_id: str, is_due: IsDue) -> tuple[RefreshStatus, AccessToken]:
        """Replace the stored token while it is due; return the status, and the token that is stored
        then.

        still due, and no token was stored meanwhile → refreshed
        another token was stored meanwhile           → again, with what is stored now
        not due any more                             → fresh

        Raises:
            ConflictError: other invocations stored a token at every try.
        """
        obtained: StoredToken | None = None
        for _ in range(_TRIES):
            # In this order. If this version of the token is still the current one at the write, the
            # credentials that were read after it are at least as new as those of that token; so no
            # token is replaced by one of older credentials.
            stored, replaced = get_access_token(self.secrets, app_id)
            credentials, version = get_credentials(self.secrets, app_id)
            if stored is not None and not is_due(stored, version):
                return RefreshStatus.FRESH, stored.token
            if obtained is None or obtained.credentials_version != version:
                with self.open_session() as session:
                    token = request_access_token(session, credentials, self.clock())
                obtained = StoredToken(token, version)
            if replace_access_token(self.secrets, app_id, obtained, replaced):
                return RefreshStatus.REFRESHED, obtained.token
        raise ConflictError(f"the access token of app '{app_id}' is being replaced concurrently")


def _result(
    app_id: str, status: RefreshStatus, token: AccessToken | None, reason: str | None = None
) -> Refresh:
    if token is None:
        return Refresh(app_id, status, reason)
    return Refresh(app_id, status, reason, token.expires_at)


_FAILURES = (
    AccessTokenError,
    ConflictError,
    MalformedSecretError,
    SecretsUnavailableError,
    TablesUnavailableError,
)

"""Use case: every app's access token is renewed before it ends, or when WNS rejects it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from push.access_tokens import get_access_token, put_access_token
from push.credentials import get_credentials
from push.errors import NotFoundError
from wns.errors import AccessTokenError
from wns.oauth import request_access_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import requests

    from push.apps import App
    from push.secret_store import SecretStore
    from wns.oauth import AccessToken

MIN_SECONDS_BETWEEN_WRITES = 600
"""Secrets Manager keeps a version for each write of a secret."""

_WORKERS = 8


class Verdict(StrEnum):
    """What became of an app's access token."""

    FRESH = "fresh"
    REFRESHED = "refreshed"
    NO_CREDENTIALS = "no_credentials"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Refresh:
    """What became of one app's access token, and why where it failed."""

    app_id: str
    verdict: Verdict
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Refresher:
    """What refreshing works with. Each app gets a session of its own; `clock` gives epoch
    seconds."""

    secrets: SecretStore
    open_session: Callable[[], requests.Session]
    clock: Callable[[], float]

    def refresh_due(self, apps: Iterable[App]) -> list[Refresh]:
        """Renew what is missing or past half of its life, apps side by side; one that fails hinders
        no other."""
        enabled = [app.app_id for app in apps if app.enabled]
        with ThreadPoolExecutor(_WORKERS) as pool:
            return list(pool.map(self._refresh_if_due, enabled))

    def refresh_rejected(self, app_id: str, fingerprint: str | None) -> Refresh:
        """Renew an access token that WNS rejected, if it is still the stored one and over ten
        minutes old."""
        token = get_access_token(self.secrets, app_id)
        if token is not None:
            replaced = fingerprint is not None and token.fingerprint != fingerprint
            if replaced or self.clock() - token.obtained_at < MIN_SECONDS_BETWEEN_WRITES:
                return Refresh(app_id, Verdict.FRESH)
        return self._refresh(app_id)

    def _refresh_if_due(self, app_id: str) -> Refresh:
        token = get_access_token(self.secrets, app_id)
        if token is None or _is_past_half_life(token, self.clock()):
            return self._refresh(app_id)
        return Refresh(app_id, Verdict.FRESH)

    def _refresh(self, app_id: str) -> Refresh:
        try:
            credentials = get_credentials(self.secrets, app_id)
            with self.open_session() as session:
                token = request_access_token(session, credentials, self.clock())
        except NotFoundError as error:
            return Refresh(app_id, Verdict.NO_CREDENTIALS, str(error))
        except AccessTokenError as error:
            return Refresh(app_id, Verdict.FAILED, str(error))
        put_access_token(self.secrets, app_id, token)
        return Refresh(app_id, Verdict.REFRESHED)


def _is_past_half_life(token: AccessToken, now: float) -> bool:
    return now >= (token.obtained_at + token.expires_at) / 2

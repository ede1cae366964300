"""What one app may send during a batch: its settings, access token, send budget and pauses."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from push.delivery.send_budget import Wait
from push.errors import (
    AccessTokenMissingError,
    NotFoundError,
    TablesUnavailableError,
    UnreadableItemError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from push.apps.access_tokens import AccessTokenCache
    from push.apps.events import AppEvents
    from push.apps.models import App
    from push.apps.table import AppCache
    from push.delivery.models import Lane
    from push.delivery.send_budget import SendBudgets
    from wns.oauth import AccessToken

_BUDGET_BLOCK = 50
_NO_TOKEN_WAIT_S = 20.0  # the token refresher takes a few seconds
_STOPPED_WAIT_S = 900.0
_OUTAGE_WAIT_S = 5.0


class AppGate:
    """Decides when the next send of an app may start. Times are epoch seconds.

    The gate is shared by all deliveries of the app in a batch, so that a pause or a rejected token
    that one of them learns of holds for the others at once.

    Attributes:
        app_id: whose gate it is.
    """

    def __init__(
        self,
        app_id: str,
        *,
        apps: AppCache,
        tokens: AccessTokenCache,
        budgets: SendBudgets,
        events: AppEvents,
    ) -> None:
        self.app_id = app_id
        self._apps = apps
        self._tokens = tokens
        self._budgets = budgets
        self._events = events
        self._app: App | None = None
        self._token: AccessToken | None = None
        self._granted: dict[Lane, int] = {}
        self._paused_until = 0.0

    def load(self, now: float, rejected: str | None = None) -> None:
        """Read the app and, if it may send, its access token.

        Args:
            rejected: fingerprint of an access token that WNS has rejected.

        Raises:
            TablesUnavailableError: the app cannot be read now.
        """
        with suppress(NotFoundError, UnreadableItemError):
            self._app = self._apps.get(self.app_id, now)
        if self._app is not None and self._app.may_send:
            self._token = self._obtain_token(now, rejected)

    def admit(self, lane: Lane, count_ready: Callable[[], int], now: float) -> AccessToken | float:
        """Take one send out of the app's budget; return the access token to send with, or when to
        ask again.

        Args:
            count_ready: returns how many sends of the app are ready; asked for only when a block of
                the budget is taken.
        """
        if self._app is None or not self._app.may_send:
            return now + _STOPPED_WAIT_S
        if self._token is None:
            return now + _NO_TOKEN_WAIT_S
        if self._paused_until > now:
            return self._paused_until
        if not self._granted.get(lane):
            rate = self._app.send_rate
            block = min(count_ready(), _BUDGET_BLOCK, max(rate // 10, 1))
            try:
                taken = self._budgets.take(self.app_id, lane, block, rate=rate, now=now)
            except TablesUnavailableError:
                return now + _OUTAGE_WAIT_S
            if isinstance(taken, Wait):
                self._paused_until = taken.until
                return taken.until
            self._granted[lane] = taken
        self._granted[lane] -= 1
        return self._token

    def reject_token(self, fingerprint: str, now: float) -> None:
        """Never use the access token with this fingerprint again; look for a newer one."""
        if self._token is not None and self._token.fingerprint == fingerprint:
            self._token = self._obtain_token(now, fingerprint)

    def pause(self, until: float) -> None:
        """Pause the app for all workers."""
        self._granted.clear()
        self._paused_until = max(self._paused_until, until)
        # A worker that does not read of the pause learns of it from WNS.
        with suppress(TablesUnavailableError):
            self._budgets.pause(self.app_id, until)

    def stop(self, reason: str, now: float) -> None:
        """Stop the app until an operator puts it again.

        Raises:
            TablesUnavailableError: only this batch and the budget know of it; WNS's response to
                the next notification stops the app.
        """
        self.pause(now + _STOPPED_WAIT_S)
        self._apps.stop(self.app_id, reason)

    def _obtain_token(self, now: float, rejected: str | None) -> AccessToken | None:
        """Return an access token other than the rejected one; request one if none is stored."""
        try:
            return self._tokens.get(self.app_id, now, rejected=rejected)
        except AccessTokenMissingError:
            self._events.publish_token_rejected(self.app_id, rejected)
            return None

"""What one app may send: its settings, access token, send budget and pauses."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from push.delivery.outcomes import backoff_s
from push.delivery.send_budget import Wait
from push.delivery.token_health import Blame, TokenHealth
from push.errors import AccessTokenMissingError, NotFoundError, TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from push.apps.access_tokens import AccessTokenCache
    from push.apps.events import AppEvents
    from push.apps.models import App
    from push.apps.table import AppCache
    from push.aws.background import Background
    from push.delivery.models import Lane
    from push.delivery.send_budget import SendBudgets
    from wns.oauth import AccessToken

_BUDGET_BLOCK = 50
_NO_TOKEN_WAIT_S = 20.0  # the token refresher takes a few seconds
_STOPPED_WAIT_S = 30.0
_LONGEST_POSTPONED_S = 300.0
_OUTAGE_WAIT_S = 5.0
_LOOK_EVERY_S = 5.0
_PUBLISH_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class AppState:
    """An app and its access token as they are stored, None for what is not there.

    `rejected`: fingerprint of the token that another one was looked for.
    """

    app: App | None
    token: AccessToken | None
    rejected: str | None


@dataclass(frozen=True, slots=True)
class AppSources:
    """Where a gate reads and writes."""

    apps: AppCache
    tokens: AccessTokenCache
    budgets: SendBudgets
    events: AppEvents


class AppGate:
    """Decides when the next send of an app may start. Times are epoch seconds.

    A gate is shared by all deliveries of the app and lives as long as the process, so that a pause
    or a rejected token that one of them learns of holds for the others at once. `read`, `take` and
    the calls that are run in the background are for other threads; they change nothing here.

    Attributes:
        app_id: whose gate it is.
        in_flight: how many sends of the app have no response yet.
        is_reading: whether a newer access token is looked for.
    """

    def __init__(self, app_id: str, sources: AppSources, background: Background) -> None:
        self.app_id = app_id
        self.in_flight = 0
        self.is_reading = False
        self._sources = sources
        self._background = background
        self._app: App | None = None
        self._token: AccessToken | None = None
        self._health = TokenHealth()
        self._granted: dict[Lane, int] = {}
        self._is_taking = False
        self._paused_until = 0.0
        self._looked_at = 0.0
        self._published_at = 0.0

    def begin_batch(self) -> None:
        """Forget the budget that an earlier batch has taken: it was for another second."""
        self._granted.clear()
        self._is_taking = self.is_reading = False
        self.in_flight = 0

    def read(self, now: float, rejected: str | None = None) -> AppState:
        """Read the app and, if it may send, its access token.

        Args:
            rejected: fingerprint of a token that is not wanted again.

        Raises:
            TablesUnavailableError: the app cannot be read now.
        """
        app = token = None
        with suppress(NotFoundError):
            app = self._sources.apps.get(self.app_id, now)
        if app is not None and app.may_send:
            with suppress(AccessTokenMissingError):
                token = self._sources.tokens.get(self.app_id, now, rejected=rejected)
        return AppState(app, token, rejected)

    def update(self, state: AppState, now: float) -> None:
        """Take over what `read` has read. A rejected token stays until there is a newer one."""
        self._app = state.app
        if state.token is not None or state.rejected is None:
            self._token = state.token
        if state.app is not None and state.app.may_send and self._token is None:
            self._publish_rejected(None, now)

    def take(self, lane: Lane, wanted: int, now: float) -> int | Wait:
        """Take sends out of the app's budget; return how many, or until when there are none."""
        rate = self._app.send_rate if self._app else 1
        block = min(wanted, self._block)
        try:
            return self._sources.budgets.take(self.app_id, lane, block, rate=rate, now=now)
        except TablesUnavailableError:
            return Wait(now + _OUTAGE_WAIT_S)

    def grant(self, lane: Lane, taken: int | Wait) -> None:
        """Add what `take` has taken."""
        self._is_taking = False
        if isinstance(taken, Wait):
            self._paused_until = max(self._paused_until, taken.until)
        else:
            self._granted[lane] = self._granted.get(lane, 0) + taken

    def closed_until(self, now: float) -> float:
        """Return when the app may send next: `now`, or later."""
        if self._app is None or not self._app.may_send:
            return now + _STOPPED_WAIT_S
        if self._token is None:
            return now + _NO_TOKEN_WAIT_S
        usable_at = self._health.usable_at(self._token.fingerprint, now, self.in_flight)
        return max(usable_at, self._paused_until, now)

    def has_budget(self, lane: Lane, ready: int) -> bool:
        """Return whether there is, or soon will be, budget for more sends than those ready."""
        granted = self._granted.get(lane, 0)
        return ready < max(granted, self._block) if ready else granted > 0

    @property
    def _block(self) -> int:
        rate = self._app.send_rate if self._app else 1
        return min(_BUDGET_BLOCK, max(rate // 10, 1))

    def request_budget(self, lane: Lane, wanted: int, now: float) -> None:
        """Take budget in the background, unless that is going on or some is left."""
        if self._is_taking or self._granted.get(lane):
            return
        self._is_taking = True
        self._background.run(
            lambda: self.take(lane, wanted, now), lambda taken: self.grant(lane, taken)
        )

    def admit(
        self, lane: Lane, count_ready: Callable[[], int], now: float
    ) -> AccessToken | Wait | None:
        """Take one send out of the app's budget; return the access token to send with, or how long
        to wait, None for: until a call in the background has completed.

        Args:
            count_ready: returns how many sends of the app are ready; asked for only when a block of
                the budget is taken.
        """
        self._read_again_if_due(now)
        closed_until = self.closed_until(now)
        if closed_until > now or self._token is None:
            return Wait(closed_until)
        if not self._granted.get(lane):
            self.request_budget(lane, count_ready(), now)
            return None
        self._granted[lane] -= 1
        return self._token

    @property
    def rejected(self) -> str | None:
        """Fingerprint of the access token that WNS does not accept any more, None if it does."""
        return self._health.rejected

    def has_rejected(self, fingerprint: str | None) -> bool:
        """Return whether the token to send with is the one with this fingerprint."""
        return self._token is not None and self._token.fingerprint == fingerprint

    def note_response(self, fingerprint: str, now: float) -> None:
        """Note a response other than 401: WNS accepts the token."""
        self._health.note_response(fingerprint, now)

    def note_rejection(self, fingerprint: str, player_id: str, now: float) -> Blame:
        """Note a 401 for a player's channel, and look for a newer token; return whose fault it
        is."""
        blame = self._health.note_rejection(fingerprint, player_id, now)
        if self.has_rejected(fingerprint) and (
            blame is Blame.TOKEN or now - self._looked_at >= _LOOK_EVERY_S
        ):
            self._read_again(now, fingerprint)
        return blame

    def request_newer(self, now: float) -> None:
        """Request a newer access token, unless WNS has accepted this one recently."""
        if self._token is not None and not self._health.is_alive(now):
            self._publish_rejected(self._token.fingerprint, now)

    def pause(self, until: float) -> None:
        """Pause the app for all workers."""
        self._granted.clear()
        self._paused_until = max(self._paused_until, until)
        self._run(lambda: self._sources.budgets.pause(self.app_id, until))

    def stop(self, reason: str, now: float) -> None:
        """Stop the app until an operator puts it again. If that cannot be written, WNS's response
        to the next notification stops the app."""
        self.pause(now + _STOPPED_WAIT_S)
        self._run(lambda: self._sources.apps.stop(self.app_id, reason))

    def _read_again_if_due(self, now: float) -> None:
        """Look for a newer token while there is none, or none that WNS accepts."""
        has_good_one = self._token is not None and self.rejected is None
        if not has_good_one and now - self._looked_at >= _LOOK_EVERY_S:
            self._read_again(now, self.rejected)

    def _read_again(self, now: float, rejected: str | None) -> None:
        """Look, in the background, for another token than a rejected one; request one if there is
        none."""
        if self.is_reading:
            return
        self.is_reading = True
        self._looked_at = now

        def read() -> AppState | None:
            try:
                return self.read(now, rejected)
            except TablesUnavailableError:
                return None

        def update(state: AppState | None) -> None:
            self.is_reading = False
            if state is not None:
                self.update(state, now)
            if self.has_rejected(rejected):
                self.request_newer(now)

        self._background.run(read, update)

    def _publish_rejected(self, fingerprint: str | None, now: float) -> None:
        if now - self._published_at >= _PUBLISH_EVERY_S:
            self._published_at = now
            self._run(lambda: self._sources.events.publish_token_rejected(self.app_id, fingerprint))

    def _run(self, call: Callable[[], object]) -> None:
        """Run a call whose failure changes nothing here: what it tells others, they learn of from
        WNS or from the next try."""

        def attempt() -> None:
            with suppress(TablesUnavailableError):
                call()

        self._background.run(attempt, lambda _: None)


def postponed_until(closed_until: float, postponed: int, share: float, now: float) -> float:
    """Return until when a delivery is postponed whose app cannot send: the longer it could not, the
    later, so that thousands of waiting deliveries take no worker's time from other apps.

    Args:
        postponed: how often it was postponed before.
        share: random, in [0, 1).
    """
    longest = min(max(closed_until - now, 1.0) * 2.0**postponed, _LONGEST_POSTPONED_S)
    return max(closed_until, now + backoff_s(postponed, share, longest=longest))

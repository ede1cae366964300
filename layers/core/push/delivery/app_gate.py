"""What one app may send: its settings, access token, send budget and pauses."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from push.delivery.app_token import AppToken
from push.delivery.outcomes import backoff_s
from push.delivery.report import Retry
from push.delivery.send_budget import Wait
from push.errors import NotFoundError, TablesUnavailableError, UnreadableItemError

if TYPE_CHECKING:
    from collections.abc import Callable

    from push.apps.access_tokens import AccessTokenCache
    from push.apps.events import AppEvents
    from push.apps.game_events import GameEvents
    from push.apps.models import App
    from push.apps.table import AppCache
    from push.aws.background import Background
    from push.delivery.models import Delivery, Lane
    from push.delivery.send_budget import SendBudgets
    from push.errors import AwsUnavailableError
    from wns.access_token import AccessToken

_BLOCKS = 10
"""A worker takes a tenth of a second's budget at a time: what it does not use is lost to others."""
_LARGEST_BLOCK = 400
"""All of a broadcast's delivery."""
_STOPPED_WAIT_S = 30.0
_OUTAGE_WAIT_S = 5.0
_READ_PAUSE_EVERY_S = 5.0
_LONGEST_POSTPONED_S = 300.0
_SHORT_BACKLOG_S = 60.0


@dataclass(frozen=True, slots=True)
class AppSources:
    """Where a gate reads and writes."""

    apps: AppCache
    tokens: AccessTokenCache
    budgets: SendBudgets
    events: AppEvents
    game_events: GameEvents


class AppGate:
    """Decides when the next send of an app may start. Times are epoch seconds.

    A gate is shared by all deliveries of the app and lives as long as the process, so that a pause
    or a rejected token that one of them learns of holds for the others at once.

    Attributes:
        app_id: whose gate it is.
        token: the app's access token.
        in_flight: how many sends of the app have no response yet.
        errors: codes of the failed calls of AWS in this batch.
    """

    def __init__(self, app_id: str, sources: AppSources, background: Background) -> None:
        self.app_id = app_id
        self.errors: list[str] = []
        self.token = AppToken(
            app_id, sources.tokens, sources.events, background, on_failure=self._note_failure
        )
        self.in_flight = 0
        self._sources = sources
        self._background = background
        self._app: App | None = None
        self._granted: dict[Lane, int] = {}
        self._is_taking = False
        self._rate = self._block = 1
        self._paused_until = self._read_pause_at = 0.0
        self._pause_reason = Retry.APP_THROTTLED

    def begin_batch(self, now: float) -> None:
        """Read the app and its access token; forget the budget that an earlier batch has taken,
        which was for another second.

        Raises:
            TablesUnavailableError: the app cannot be read now.
        """
        self._granted.clear()
        self.errors.clear()
        self._is_taking = self.token.is_looking = False
        self.in_flight = 0
        self._paused_until = 0.0  # perhaps lifted in the meantime: the budget knows
        self._app = None
        with suppress(NotFoundError, UnreadableItemError):
            self._app = self._sources.apps.get(self.app_id, now)
        self._rate = self._app.send_rate if self._app else 1
        self._block = min(max(self._rate // _BLOCKS, 1), _LARGEST_BLOCK)
        if self._app is not None and self._app.may_send:
            self.token.load(now)

    def closed(self, now: float) -> Wait | None:
        """Return until when the app must not send, and why; None if it may."""
        if self._app is None or not self._app.may_send:
            return Wait(now + _STOPPED_WAIT_S, Retry.APP_STOPPED)
        paused_until = self._paused_until if now < self._read_pause_at else 0.0
        usable_at = self.token.usable_at(now, self.in_flight)
        if max(usable_at, paused_until) <= now:
            return None
        if usable_at < paused_until:
            return Wait(paused_until, self._pause_reason)
        is_missing = self.token.value is None
        return Wait(usable_at, Retry.NO_TOKEN if is_missing else Retry.TOKEN_REJECTED)

    def has_budget(self, lane: Lane, ready: int) -> bool:
        """Return whether there is, or soon will be, budget for more sends than those ready."""
        granted = self._granted.get(lane, 0)
        return ready < max(granted, self._block) if ready else granted > 0

    def take_budget(self, lane: Lane, wanted: int, now: float) -> None:
        """Take sends out of the app's budget."""
        try:
            self._grant(lane, self._take(lane, wanted, now), now)
        except TablesUnavailableError as error:
            self._grant_none(error, now)

    def request_budget(self, lane: Lane, wanted: int, now: float, least: int = 0) -> None:
        """Take budget in the background, unless that is going on or more than `least` is left."""
        if self._is_taking or self._granted.get(lane, 0) > least:
            return
        self._is_taking = True
        self._background.run(
            lambda: self._take(lane, wanted, now),
            lambda taken: self._grant(lane, taken, now),
            lambda error: self._grant_none(error, now),
        )

    def admit(
        self, lane: Lane, count_ready: Callable[[], int], now: float
    ) -> AccessToken | Wait | None:
        """Take one send out of the app's budget; return the access token to send with, or how long
        to wait, None for: until a call in the background has completed.

        `count_ready` returns how many sends are ready; it is asked only when budget is taken.
        """
        closed = self.closed(now)
        if closed is not None:
            return closed
        left = self._granted.get(lane, 0) - 1
        # The next block is taken before this one is used up, so that no send waits for it.
        if left == -1 or left == self._block // 2:
            more = count_ready() - (left + 1)
            if more > 0:
                self.request_budget(lane, more, now, least=left + 1)
        if left >= 0:
            self._granted[lane] = left
        return self.token.value if left >= 0 else None

    def pause(self, until: float, now: float, reason: Retry = Retry.APP_THROTTLED) -> None:
        """Pause the app for all workers."""
        self._granted.clear()
        self._note_pause(Wait(until, reason), now)
        self._run(lambda: self._sources.budgets.pause(self.app_id, until))

    def stop(self, reason: str, now: float) -> None:
        """Stop the app until an operator puts it again. If that cannot be written, WNS's response
        to the next notification stops the app."""
        self.pause(now + _STOPPED_WAIT_S, now, Retry.APP_STOPPED)

        def stop() -> None:
            with suppress(NotFoundError):  # deleted in the meantime
                stopped_at = self._sources.apps.stop(self.app_id, reason, now)
                self._sources.game_events.publish_stop(self.app_id, reason, stopped_at)

        self._run(stop)

    def _take(self, lane: Lane, wanted: int, now: float) -> int | Wait:
        block = min(wanted, self._block)
        return self._sources.budgets.take(self.app_id, lane, block, rate=self._rate, now=now)

    def _grant(self, lane: Lane, taken: int | Wait, now: float) -> None:
        self._is_taking = False
        if isinstance(taken, Wait):
            self._note_pause(taken, now)
        else:
            self._granted[lane] = self._granted.get(lane, 0) + taken

    def _grant_none(self, error: AwsUnavailableError, now: float) -> None:
        self._note_failure(error)
        self._grant("direct", Wait(now + _OUTAGE_WAIT_S), now)

    def _note_pause(self, wait: Wait, now: float) -> None:
        self._paused_until, self._pause_reason = wait.until, wait.reason
        # An operator may lift the pause: budget is asked for before its end.
        self._read_pause_at = min(wait.until, now + _READ_PAUSE_EVERY_S)

    def _run(self, call: Callable[[], object]) -> None:
        # If it fails, the other workers learn of it from WNS.
        self._background.run(call, lambda _: None, self._note_failure)

    def _note_failure(self, error: AwsUnavailableError) -> None:
        self.errors.append(error.code)


def postponed_until(closed: Wait, delivery: Delivery, share: float, now: float) -> float:
    """Return until when a delivery is postponed whose app cannot send: the longer it could not, the
    later, so that thousands of waiting deliveries take no worker's time from other apps.

    One that has waited for budget for less than a minute waits for a small part of that: its turn
    comes when those before it are sent, and then the app's rate is not to go unused.

    Args:
        share: random, in [0, 1).
    """
    longest = max(closed.until - now, 1.0) * 2.0**delivery.postponed
    if closed.reason is Retry.NO_BUDGET:
        waited_s = now - delivery.dispatched_at
        longest = min(longest, max(waited_s * waited_s / _SHORT_BACKLOG_S, 1.0))
    longest = min(longest, _LONGEST_POSTPONED_S)
    until = max(closed.until, now + backoff_s(delivery.postponed, share, longest=longest))
    return min(until, now + _LONGEST_POSTPONED_S)  # an operator may resume the app before

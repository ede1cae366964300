"""The access token that an app's notifications are sent with, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from push.delivery.token_health import Blame, TokenHealth
from push.errors import AccessTokenMissingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from push.apps.access_tokens import AccessTokenCache
    from push.apps.events import AppEvents
    from push.aws.background import Background
    from push.errors import AwsUnavailableError
    from wns.access_token import AccessToken

_MISSING_WAIT_S = 20.0  # the token refresher takes a few seconds
_LOOK_EVERY_S = 5.0
_PUBLISH_EVERY_S = 60.0


class AppToken:
    """Keeps an app's token, looks for a newer one when WNS rejects it, and requests one if there is
    none. Times are epoch seconds.

    Attributes:
        value: the token, None if none is stored.
        fingerprint: the token's, computed once; empty if there is none.
        is_looking: whether a newer one is being read, in the background.
    """

    def __init__(
        self,
        app_id: str,
        tokens: AccessTokenCache,
        events: AppEvents,
        background: Background,
        on_failure: Callable[[AwsUnavailableError], None],
    ) -> None:
        """`on_failure`: is called, from any thread, when a call of AWS failed."""
        self.value: AccessToken | None = None
        self.fingerprint = ""
        self.is_looking = False
        self._app_id = app_id
        self._tokens = tokens
        self._events = events
        self._background = background
        self._on_failure = on_failure
        self._health = TokenHealth()
        self._last_look = self._missing_at = 0.0
        self._published_at = 0.0

    def load(self, now: float) -> None:
        """Read the stored token; keep the present one if WNS rejects it and there is no other. That
        there is none is known for some seconds."""
        if now - self._missing_at < _LOOK_EVERY_S:
            return
        rejected = self._health.rejected
        self._take_over(self._read(now, rejected), rejected, now)

    def usable_at(self, now: float, in_flight: int) -> float:
        """Return when the token may be sent with: `now`, or later.

        Args:
            in_flight: how many sends of the app have no response yet.
        """
        if self.value is None or self._health.rejected is not None:
            self._look_again(now)
        if self.value is None:
            return now + _MISSING_WAIT_S
        return self._health.usable_at(self.fingerprint, now, in_flight)

    def is_same(self, fingerprint: str) -> bool:
        """Return whether the token is the one with this fingerprint."""
        return self.value is not None and self.fingerprint == fingerprint

    def is_accepted(self, now: float) -> bool:
        """Return whether WNS has accepted the token recently."""
        return self._health.is_alive(now)

    def note_response(self, fingerprint: str, now: float) -> None:
        """Note a response other than 401: WNS accepts the token."""
        self._health.note_response(fingerprint, now)

    def note_rejection(self, fingerprint: str, player_id: str, now: float) -> Blame:
        """Note a 401 for a player's channel, and look for a newer token; return whose fault it
        is."""
        blame = self._health.note_rejection(fingerprint, player_id, now)
        if self.is_same(fingerprint):
            self._look_again(now, at_once=blame is Blame.TOKEN)
        return blame

    def request_newer(self, now: float) -> None:
        """Request a newer token, unless WNS has accepted this one recently."""
        if now - self._published_at < _PUBLISH_EVERY_S or self.is_accepted(now):
            return
        self._published_at = now
        fingerprint = self.fingerprint if self.value else None
        self._background.run(
            lambda: self._events.publish_token_rejected(self._app_id, fingerprint),
            lambda _: None,
            self._on_failure,
        )

    def _look_again(self, now: float, *, at_once: bool = False) -> None:
        """Look, in the background, for another token than the present one."""
        if self.is_looking or not (at_once or now - self._last_look >= _LOOK_EVERY_S):
            return
        self.is_looking = True
        self._last_look = now
        rejected = self.fingerprint if self.value else None

        def take_over(token: AccessToken | None) -> None:
            self.is_looking = False
            self._take_over(token, rejected, now)

        self._background.run(lambda: self._read(now, rejected), take_over)

    def _read(self, now: float, rejected: str | None) -> AccessToken | None:
        try:
            return self._tokens.get(
                self._app_id, now, rejected=rejected, on_failure=self._on_failure
            )
        except AccessTokenMissingError:
            return None

    def _take_over(self, token: AccessToken | None, rejected: str | None, now: float) -> None:
        if token is not None or rejected is None:
            self.value = token
            self.fingerprint = "" if token is None else token.fingerprint
        if token is None:
            self._missing_at = now
            self.request_newer(now)

"""Whether WNS still accepts an app's access token: a circuit breaker over its responses.

A 401 can be the token's fault or the channel's: a channel URI that is not the app's own, such as
one of a browser's Web Push, is answered with 401 too, and any player can register one. Therefore:

* A token that got another response within a minute is alive; a 401 is then the channel's. Not so
  if it is rejected for several players in a row: it was revoked in the meantime.
* Otherwise the token is suspected: the recipient waits for a newer one, its neighbours are sent to.
* Rejected for a second player, and alive for nobody, the token is not used; after a while one send
  tries it again, unless a newer one is stored by then.
"""

from __future__ import annotations

from enum import StrEnum

_ALIVE_S = 60.0
_FIRST_HOLD_S = 20.0  # the token refresher takes a few seconds
_LONGEST_HOLD_S = 300.0
_TRIAL_POLL_S = 0.2
_SUSPECTS = 2
_IN_A_ROW = 5


class Blame(StrEnum):
    """What a 401 says."""

    CHANNEL = "channel"
    """The token is alive: WNS does not accept it for this channel."""
    TOKEN = "token"  # noqa: S105
    """The token may have been revoked."""


class TokenHealth:
    """What is known of an app's token in this process. Times are epoch seconds."""

    def __init__(self) -> None:
        self._start("")

    def _start(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        self._alive_at = 0.0
        self._suspects = set[str]()
        self._hold_s = 0.0
        self._held_until = 0.0

    @property
    def rejected(self) -> str | None:
        """Fingerprint of the token that is rejected, None if none is."""
        return self._fingerprint if self._hold_s else None

    def is_alive(self, now: float) -> bool:
        """Return whether WNS has accepted the token recently."""
        return now - self._alive_at <= _ALIVE_S and len(self._suspects) < _IN_A_ROW

    def note_response(self, fingerprint: str, now: float) -> None:
        """Note a response other than 401: the token is alive."""
        if self._knows(fingerprint):
            self._alive_at = now
            self._suspects.clear()
            self._hold_s = self._held_until = 0.0

    def note_rejection(self, fingerprint: str, player_id: str, now: float) -> Blame:
        """Note a 401 for a player's channel; return whose fault it is."""
        if not self._knows(fingerprint):
            return Blame.TOKEN
        self._suspects.add(player_id)
        if self.is_alive(now):
            return Blame.CHANNEL
        if len(self._suspects) >= _SUSPECTS and now >= self._held_until:
            self._hold_s = min(max(2 * self._hold_s, _FIRST_HOLD_S), _LONGEST_HOLD_S)
            self._held_until = now + self._hold_s
        return Blame.TOKEN

    def usable_at(self, fingerprint: str, now: float, in_flight: int) -> float:
        """Return when the token may be sent with: `now`, or later while it is rejected.

        Args:
            in_flight: how many sends with the token have no response yet.
        """
        if fingerprint != self._fingerprint:
            self._start(fingerprint)
        if not self._hold_s:
            return now
        if now < self._held_until:
            return self._held_until
        # One send tries the token; the others wait for its response.
        return now + _TRIAL_POLL_S if in_flight else now

    def _knows(self, fingerprint: str) -> bool:
        return fingerprint == self._fingerprint

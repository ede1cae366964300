"""The one clock that every age, expiry and throttle of the emulator is measured with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Wall time plus what has been skipped; it never goes back."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._skipped = 0.0

    def now(self) -> float:
        """Epoch seconds."""
        return self._wall() + self._skipped

    def advance(self, seconds: float) -> float:
        """Skip time and return the new now.

        Raises:
            ValueError: for a negative number of seconds.
        """
        if seconds < 0:
            raise ValueError("the clock only goes forward: give seconds of 0 or more")
        self._skipped += seconds
        return self.now()

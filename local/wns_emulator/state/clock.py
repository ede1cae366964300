"""The clock of the emulator, by which every age, expiry and throttle is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Wall time plus the time skipped; it never goes back."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._skipped = 0.0

    def now(self) -> float:
        """Return the time in epoch seconds."""
        return self._wall() + self._skipped

    def advance(self, seconds: float) -> float:
        """Skip seconds; returns the new time.

        Raises:
            ValueError: the number is negative.
        """
        if seconds < 0:
            raise ValueError("seconds must be 0 or more")
        self._skipped += seconds
        return self.now()

"""Throttles of apps and channels, closed by a control or by a rate limit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Throttle:
    """The throttle of one app or one channel, in seconds of the emulator's clock."""

    until: float = 0.0
    retry_after: int | None = None
    window_start: float = 0.0
    used: int = 0

    def close(self, until: float, retry_after: int | None = None) -> None:
        self.until = until
        self.retry_after = retry_after

    def open(self) -> None:
        self.until = 0.0
        self.retry_after = None
        self.used = 0

    def is_closed(self, now: float) -> bool:
        return now < self.until

    def count(self, now: float, *, limit: float | None, window_seconds: float) -> bool:
        """Count one request; returns False if it exceeds the window's limit."""
        if limit is None:
            return True
        if now - self.window_start >= window_seconds:
            self.window_start = now
            self.used = 0
        self.used += 1
        return self.used <= limit

"""When WNS says "too many": throttles set by hand and rates that are watched."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Throttle:
    """The throttle of one app or one channel, in seconds of the emulator's clock."""

    until: float = 0.0
    retry_after: int | None = None
    window_start: float = 0.0
    used: int = 0

    def close(self, until: float, retry_after: int | None) -> None:
        self.until = until
        self.retry_after = retry_after

    def open(self) -> None:
        self.until = 0.0
        self.used = 0

    def seconds_left(self, now: float) -> int:
        """What `Retry-After` says: whole seconds, 1 or more."""
        left = self.until - now
        if self.retry_after is not None and math.isinf(left):
            return self.retry_after
        return max(1, math.ceil(left)) if math.isfinite(left) else 1

    def admits(self, now: float, *, limit: float | None, window_seconds: float) -> bool:
        """Count one request; False where the throttle is closed or the window is used up."""
        if now < self.until:
            return False
        if limit is None:
            return True
        if now - self.window_start >= window_seconds:
            self.window_start = now
            self.used = 0
        self.used += 1
        return self.used <= limit

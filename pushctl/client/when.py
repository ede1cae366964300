"""Times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def duration(seconds: float) -> str:
    """Return a duration in its largest unit, such as `3 hours`."""
    for size, unit in _UNITS:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return "0 seconds"


def ago(seconds: float) -> str:
    """Return how long ago something was, such as `3 hours ago`."""
    return "just now" if seconds < 1 else f"{duration(seconds)} ago"


def clock_time(at: float) -> str:
    """Return epoch seconds as date and time in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

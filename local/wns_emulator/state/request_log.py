"""The log of requests, without their secrets: the newest in full, all of them counted."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.wns_emulator.state.events import Events
    from local.wns_emulator.wire.http1 import Reply, Request

SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization"}


class RequestLog:
    """The last `keep` requests."""

    def __init__(self, events: Events, keep: int) -> None:
        self._events = events
        self._kept: deque[dict[str, Any]] = deque(maxlen=keep)
        self._number = 0
        self.counts: Counter[str] = Counter()

    def add(
        self, at: float, endpoint: str, request: Request, reply: Reply, details: dict[str, Any]
    ) -> None:
        """Record one request; `details` adds `outcome`, `why`, `channel_id` and so on."""
        self._number += 1
        is_whole = reply.ending == "whole"
        entry: dict[str, Any] = {
            "number": self._number,
            "at": at,
            "endpoint": endpoint,
            "method": request.method,
            "host": request.host,
            "headers": {name: _masked(name, value) for name, value in request.headers.items()},
            "body_bytes": request.body_size,
            "status": reply.status if is_whole else None,
            "reason": reply.reason if is_whole else reply.ending,
            "answer_headers": reply.headers,
            **details,
        }
        self.counts[f"{endpoint} {entry['status'] or reply.ending}"] += 1
        self._kept.append(entry)
        self._events.publish("request", entry)

    def since(self, number: int) -> list[dict[str, Any]]:
        """Return the recorded requests with a higher number, oldest first."""
        return [entry for entry in self._kept if entry["number"] > number]

    def clear(self) -> None:
        self._kept.clear()
        self.counts.clear()


def _masked(name: str, value: str) -> str:
    if name not in SECRET_HEADERS:
        return value
    scheme, _, rest = value.partition(" ")
    return f"{scheme} ***" if rest else "***"

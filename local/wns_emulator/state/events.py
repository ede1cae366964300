"""What has happened, as a numbered stream that any number of readers follow at their own pace."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(frozen=True, slots=True)
class Event:
    number: int
    kind: str
    data: dict[str, Any]


class Events:
    """The last `keep` events. Belongs to the event loop's thread.

    Readers hold a cursor and no queue: a slow one misses events instead of filling memory.
    """

    def __init__(self, keep: int) -> None:
        self._kept: deque[Event] = deque(maxlen=keep)
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed = False
        self.last_number = 0

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        self.last_number += 1
        self._kept.append(Event(self.last_number, kind, data))
        self._wake()

    def close(self) -> None:
        """End every reader."""
        self._closed = True
        self._wake()

    def after(self, number: int) -> list[Event]:
        """Kept events with a higher number, oldest first."""
        if not self._kept or number >= self.last_number:
            return []
        first = self._kept[0].number
        return [self._kept[i] for i in range(max(0, number + 1 - first), len(self._kept))]

    async def wait(self, after: int, timeout_seconds: float) -> int:
        """Return the last number as soon as it is above `after`, or when the time is up."""
        if self.last_number <= after and not self._closed:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.add(waiter)
            try:
                await asyncio.wait({waiter}, timeout=timeout_seconds)
            finally:
                self._waiting.discard(waiter)
                waiter.cancel()
        return self.last_number

    async def follow(self, after: int, pause_seconds: float) -> AsyncIterator[Event | None]:
        """Yield events as they come, and None whenever `pause_seconds` pass without one."""
        cursor = after
        while not self._closed:
            fresh = self.after(cursor)
            for event in fresh:
                yield event
            if fresh:
                cursor = fresh[-1].number
            elif await self.wait(cursor, pause_seconds) <= cursor and not self._closed:
                yield None

    def _wake(self) -> None:
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

"""Controls for looking: the clock, the requests seen, and waiting for something to happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.wns_emulator.control.operations.arguments import Count, Seconds, Text, control

if TYPE_CHECKING:
    from local.wns_emulator.state.core import Core

LONGEST_WAIT = 60.0


class InspectionOperations:
    def __init__(self, core: Core, addresses: dict[str, str]) -> None:
        self._core = core
        self._addresses = addresses

    @control
    def addresses(self) -> dict[str, str]:
        return self._addresses

    @control
    def now(self) -> float:
        return self._core.clock.now()

    @control
    def advance_clock(self, *, seconds: Seconds) -> float:
        now = self._core.clock.advance(seconds)
        self._core.events.publish("clock", {"now": now})
        return now

    @control
    def requests(
        self,
        *,
        after: Count = 0,
        endpoint: Text | None = None,
        app: Text | None = None,
        channel_id: Text | None = None,
        device_id: Text | None = None,
        status: int | None = None,
    ) -> list[dict[str, Any]]:
        """The kept requests, oldest first, that fit everything given."""
        wanted = {
            "endpoint": endpoint,
            "app": app,
            "channel_id": channel_id,
            "device_id": device_id,
            "status": status,
        }
        asked = {name: value for name, value in wanted.items() if value is not None}
        return [
            entry
            for entry in self._core.log.since(after)
            if all(entry.get(name) == value for name, value in asked.items())
        ]

    @control
    def request_counts(self) -> dict[str, int]:
        """All requests so far by endpoint and status, also those no longer kept."""
        return dict(self._core.log.counts)

    @control
    def clear_requests(self) -> None:
        self._core.log.clear()

    @control
    def cursor(self) -> int:
        """The number of the newest event."""
        return self._core.events.last_number

    @control
    async def wait(self, *, after: Count, timeout: Seconds = 30) -> int:
        """Wait for an event with a higher number; returns the newest number either way."""
        return await self._core.events.wait(after, min(timeout, LONGEST_WAIT))

"""Controls that inspect: the clock, the requests seen, and waiting for events."""

from __future__ import annotations

from typing import Any

from local.wns_emulator.argument_types import Count, Seconds, Text
from local.wns_emulator.control.declaration import ControlGroup, control, long_poll, query

LONGEST_WAIT = 60.0


class InspectionControls(ControlGroup):
    """Times are epoch seconds of the emulator's clock."""

    @query
    def addresses(self) -> dict[str, str]:
        """Return `proxy_url`, `control_url` and `ca_file`."""
        return self._addresses

    @query
    def now(self) -> float:
        """Return the emulator's time."""
        return self._core.clock.now()

    @control
    def advance_clock(self, seconds: Seconds) -> float:
        """Advance the clock at once; returns the new time."""
        now = self._core.clock.advance(seconds)
        self._core.events.publish("clock", {"now": now})
        return now

    @query
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
        """List the requests among the newest 1,000 that match, oldest first, without secrets."""
        filters = {
            "endpoint": endpoint,
            "app": app,
            "channel_id": channel_id,
            "device_id": device_id,
            "status": status,
        }
        given = {name: value for name, value in filters.items() if value is not None}
        return [
            entry
            for entry in self._core.log.since(after)
            if all(entry.get(name) == value for name, value in given.items())
        ]

    @query
    def request_counts(self) -> dict[str, int]:
        """Count all requests so far, for instance `{"notify 200": 12, "token 200": 1}`."""
        return dict(self._core.log.counts)

    @control
    def clear_requests(self) -> None:
        """Delete the recorded requests and their counts."""
        self._core.log.clear()

    @query
    def cursor(self) -> int:
        """Return the number of the newest event."""
        return self._core.events.last_number

    @long_poll
    async def wait(self, after: Count, timeout: Seconds = 30) -> int:
        """Wait up to `timeout` seconds for an event after number `after`, 60 at most.

        Returns the number of the newest event.
        """
        return await self._core.events.wait(after, min(timeout, LONGEST_WAIT))

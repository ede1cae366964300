"""Controls for looking and waiting."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from local.wns_emulator.control.python.carrier import Carrier

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

T = TypeVar("T")
LONG_POLL_SECONDS = 25.0


class InspectionControls(Carrier):
    def now(self) -> float:
        """The emulator's time in epoch seconds."""
        return self.call("now")

    def advance_clock(self, seconds: float) -> float:
        """Let time pass at once; returns the new now."""
        return self.call("advance_clock", seconds=seconds)

    def requests(
        self,
        *,
        after: int = 0,
        endpoint: str | None = None,
        app: str | None = None,
        channel_id: str | None = None,
        device_id: str | None = None,
        status: int | None = None,
    ) -> list[dict[str, Any]]:
        """The newest 1,000 requests to `notify` and `token`, oldest first, without secrets."""
        return self.call(
            "requests",
            after=after,
            endpoint=endpoint,
            app=app,
            channel_id=channel_id,
            device_id=device_id,
            status=status,
        )

    def request_counts(self) -> dict[str, int]:
        """All requests so far, for instance `{"notify 200": 12, "token 200": 1}`."""
        return self.call("request_counts")

    def clear_requests(self) -> None:
        self.call("clear_requests")

    def cursor(self) -> int:
        """The number of the newest event."""
        return self.call("cursor")

    def wait(self, after: int, timeout: float = LONG_POLL_SECONDS) -> int:
        """Wait until something happens after event `after`; returns the newest event's number."""
        return self.call("wait", after=after, timeout=timeout)

    def wait_for(self, predicate: Callable[[Self], T], timeout: float = 10.0) -> T:
        """Wait until `predicate(self)` is true, looking again whenever something happens.

        Returns what the predicate returned.

        Raises:
            TimeoutError: it was not true within `timeout` seconds of real time.
        """
        deadline = time.monotonic() + timeout
        cursor = self.cursor()
        while not (result := predicate(self)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"what was waited for did not happen within {timeout:g} s")
            cursor = self.wait(cursor, min(left, LONG_POLL_SECONDS))
        return result

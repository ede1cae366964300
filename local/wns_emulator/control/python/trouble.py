"""Controls that make WNS difficult."""

from __future__ import annotations

from typing import Any

from local.wns_emulator.control.python.carrier import Carrier


class TroubleControls(Carrier):
    def throttle_channel(
        self, channel: str, *, seconds: float | None = None, retry_after: int | None = None
    ) -> None:
        """Throttle a channel for so many seconds of the emulator's clock, or until cleared."""
        self.call("throttle_channel", channel=channel, seconds=seconds, retry_after=retry_after)

    def throttle_app(self, app: str, retry_after: int = 900) -> None:
        """Throttle an app for `retry_after` seconds of the emulator's clock."""
        self.call("throttle_app", app=app, retry_after=retry_after)

    def clear_throttles(self) -> None:
        self.call("clear_throttles")

    def fail_next(self, n: int = 1, **fault: Any) -> None:
        """Spoil the next n requests.

        Give at least one of `code` (a status, with `reason`, `headers`, `retry_after`), `reset`
        (TCP reset instead of an answer), `stall` (an answer that stops half-way) and `delay`
        (seconds of real time). `accepted=True` carries the request out all the same. `endpoint` is
        `notify` (default) or `token`; `app` and `channel` narrow it down.
        """
        self.call("fail_next", n=n, **fault)

    def fail_share(self, p: float, **fault: Any) -> None:
        """Spoil a share p of all requests, until `clear_faults`; arguments as `fail_next`."""
        self.call("fail_share", p=p, **fault)

    def clear_faults(self) -> None:
        self.call("clear_faults")

    def switches(self) -> dict[str, Any]:
        return self.call("switches")

    def set_switches(self, **values: Any) -> dict[str, Any]:
        """Change some switches; `docs/emulator.md` lists them."""
        return self.call("set_switches", **values)

    def reset_switches(self) -> dict[str, Any]:
        return self.call("reset_switches")

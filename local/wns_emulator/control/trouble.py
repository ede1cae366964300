"""Controls that make WNS fail: throttles, faults, switches."""

from __future__ import annotations

import math
import time
from typing import Any

from pydantic import ValidationError

from local.wns_emulator.argument_types import Count, Seconds, Share, Text
from local.wns_emulator.control.declaration import ControlGroup, control, query
from local.wns_emulator.errors import ControlError
from local.wns_emulator.state.faults import Fault
from local.wns_emulator.state.switches import Switches


class TroubleControls(ControlGroup):
    """The fields of a fault are those of `Fault`; at least one of `code`, `reset`, `close`, `stall`
    and `delay` is required."""

    @control
    def throttle_channel(
        self, channel: Text, *, seconds: Seconds | None = None, retry_after: Count | None = None
    ) -> None:
        """Throttle a channel for `seconds` of the emulator's clock, or until cleared."""
        found = self._core.channels.get(channel)
        until = math.inf if seconds is None else self._core.clock.now() + seconds
        found.throttle.close(until, retry_after)

    @control
    def throttle_app(self, app: Text, retry_after: Count = 900) -> None:
        """Throttle an app for `retry_after` seconds of the emulator's clock."""
        until = self._core.clock.now() + retry_after
        self._core.apps.get(app).throttle.close(until, retry_after)

    @control
    def clear_throttles(self) -> None:
        """End all throttles."""
        for channel in self._core.channels.all():
            channel.throttle.open()
        for app in self._core.apps.all():
            app.throttle.open()

    @control
    def fail_next(self, n: Count = 1, **fault: Any) -> None:
        """Apply a fault to the next n requests."""
        if n:
            self._core.faults.add(self._resolve(fault), left=n)

    @control
    def fail_share(self, p: Share, **fault: Any) -> None:
        """Apply a fault to a share p of all requests, until `clear_faults`."""
        self._core.faults.add(self._resolve(fault), share=p)

    @control
    def pause_responses(self, seconds: Seconds) -> None:
        """Send no response to notifications for `seconds` of real time from now on.

        They take effect at once. A new pause replaces the one before for requests still to come.
        """
        self._core.faults.paused_until = time.monotonic() + seconds

    @control
    def clear_faults(self) -> None:
        """Remove all faults and end the pause of responses."""
        self._core.faults.clear()

    @query
    def switches(self) -> dict[str, Any]:
        """Return all switches; `docs/emulator.md` describes them."""
        return self._core.switches.model_dump()

    @control
    def set_switches(self, **values: Any) -> dict[str, Any]:
        """Change some switches; returns all."""
        try:
            switches = Switches.model_validate(self._core.switches.model_dump() | values)
        except ValidationError as error:
            fault = error.errors()[0]
            name = ".".join(str(part) for part in fault["loc"])
            raise ControlError("invalid_switch", f"switch {name}: {fault['msg']}") from error
        return self._replace_switches(switches)

    @control
    def reset_switches(self) -> dict[str, Any]:
        """Set all switches to their defaults; returns them."""
        return self._replace_switches(Switches())

    def _replace_switches(self, switches: Switches) -> dict[str, Any]:
        self._core.switches = switches
        view = switches.model_dump()
        self._core.events.publish("switches", view)
        return view

    def _resolve(self, arguments: dict[str, Any]) -> Fault:
        """Validate a fault and replace its app and channel by their ids."""
        fault = Fault.model_validate(arguments)
        if not (fault.code or fault.reset or fault.close or fault.stall or fault.delay):
            raise ControlError(
                "no_fault", "give at least one of code, reset, close, stall and delay"
            )
        if fault.reset + fault.close + fault.stall > 1:
            raise ControlError("two_faults", "give only one of reset, close and stall")
        if fault.app is not None:
            fault.app = self._core.apps.get(fault.app).app_id
        if fault.channel is not None:
            fault.channel = self._core.channels.get(fault.channel).channel_id
        return fault

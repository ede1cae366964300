"""Controls that make WNS difficult: throttles, faults, switches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from local.wns_emulator.errors import ControlError
from local.wns_emulator.faults import Endpoint, Fault
from local.wns_emulator.operations.arguments import (
    Count,
    HeaderText,
    Seconds,
    Share,
    Status,
    Text,
    control,
)
from local.wns_emulator.switches import Switches

if TYPE_CHECKING:
    from local.wns_emulator.core import Core


class TroubleOperations:
    def __init__(self, core: Core) -> None:
        self._core = core

    @control
    def throttle_channel(
        self, *, channel: Text, seconds: Seconds | None = None, retry_after: Count | None = None
    ) -> None:
        """Close the channel for that long, or until `clear_throttles`."""
        found = self._core.channels.get(channel)
        found.throttle.close(self._until(seconds), retry_after)

    @control
    def throttle_app(self, *, app: Text, retry_after: Count = 900) -> None:
        """Close the app for `retry_after` seconds of the emulator's clock."""
        self._core.apps.get(app).throttle.close(self._until(retry_after), retry_after)

    @control
    def clear_throttles(self) -> None:
        for channel in self._core.channels.all():
            channel.throttle.open()
        for app in self._core.apps.all():
            app.throttle.open()

    @control
    def fail_next(
        self,
        *,
        n: Count = 1,
        code: Status | None = None,
        reset: bool = False,
        stall: bool = False,
        delay: Seconds = 0,
        retry_after: Count | None = None,
        reason: HeaderText | None = None,
        headers: dict[HeaderText, HeaderText] | None = None,
        accepted: bool = False,
        endpoint: Endpoint = "notify",
        app: Text | None = None,
        channel: Text | None = None,
    ) -> None:
        if not n:
            return
        fault = self._fault(endpoint, code, delay, retry_after, headers)
        fault.reset, fault.stall, fault.accepted, fault.reason = reset, stall, accepted, reason
        fault.left = n
        self._order(fault, app, channel)

    @control
    def fail_share(
        self,
        *,
        p: Share,
        code: Status | None = None,
        reset: bool = False,
        stall: bool = False,
        delay: Seconds = 0,
        retry_after: Count | None = None,
        reason: HeaderText | None = None,
        headers: dict[HeaderText, HeaderText] | None = None,
        accepted: bool = False,
        endpoint: Endpoint = "notify",
        app: Text | None = None,
        channel: Text | None = None,
    ) -> None:
        fault = self._fault(endpoint, code, delay, retry_after, headers)
        fault.reset, fault.stall, fault.accepted, fault.reason = reset, stall, accepted, reason
        fault.share = p
        self._order(fault, app, channel)

    @control
    def clear_faults(self) -> None:
        self._core.faults.clear()

    @control
    def switches(self) -> dict[str, Any]:
        return self._core.switches.model_dump()

    def set_switches(self, **values: Any) -> dict[str, Any]:
        try:
            merged = Switches.model_validate(self._core.switches.model_dump() | values)
        except ValidationError as error:
            fault = error.errors()[0]
            name = ".".join(str(part) for part in fault["loc"])
            raise ControlError("invalid_switch", f"switch {name}: {fault['msg']}") from error
        self._core.switches = merged
        self._core.events.publish("switches", merged.model_dump())
        return merged.model_dump()

    @control
    def reset_switches(self) -> dict[str, Any]:
        return self.set_switches(**Switches().model_dump())

    def _until(self, seconds: float | None) -> float:
        return math.inf if seconds is None else self._core.clock.now() + seconds

    def _fault(
        self,
        endpoint: Endpoint,
        code: int | None,
        delay: float,
        retry_after: int | None,
        headers: dict[str, str] | None,
    ) -> Fault:
        extra = dict(headers or {})
        if retry_after is not None:
            extra["Retry-After"] = str(retry_after)
        return Fault(endpoint, code=code, delay=delay, headers=extra)

    def _order(self, fault: Fault, app: str | None, channel: str | None) -> None:
        if not fault.name() or fault.name() == "accepted":
            raise ControlError("no_fault", "say what goes wrong: code, reset, stall or delay")
        if fault.reset and fault.stall:
            raise ControlError("two_faults", "an answer is either reset or stalled, not both")
        if app is not None:
            fault.app = self._core.apps.get(app).app_id
        if channel is not None:
            fault.channel_id = self._core.channels.get(channel).channel_id
        self._core.faults.add(fault)

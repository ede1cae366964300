"""Controls that make WNS difficult: throttles, faults, switches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from local.wns_emulator.control.operations.arguments import (
    Count,
    HeaderText,
    Seconds,
    Share,
    Status,
    Text,
    control,
)
from local.wns_emulator.errors import ControlError
from local.wns_emulator.state.faults import Endpoint, Fault
from local.wns_emulator.state.switches import Switches

if TYPE_CHECKING:
    from local.wns_emulator.state.core import Core


class FaultOrder(BaseModel):
    """What can be said of a fault."""

    model_config = ConfigDict(extra="forbid")

    code: Status | None = None
    reason: HeaderText | None = None
    headers: dict[HeaderText, HeaderText] = {}
    retry_after: Count | None = None
    reset: bool = False
    stall: bool = False
    delay: Seconds = 0
    accepted: bool = False
    endpoint: Endpoint = "notify"
    app: Text | None = None
    channel: Text | None = None


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
    def fail_next(self, *, n: Count = 1, **fault: Any) -> None:
        if n:
            self._core.faults.add(self._ordered(fault, left=n))

    @control
    def fail_share(self, *, p: Share, **fault: Any) -> None:
        self._core.faults.add(self._ordered(fault, share=p))

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

    def _ordered(
        self, fault: dict[str, Any], *, left: int | None = None, share: float = 1
    ) -> Fault:
        order = FaultOrder.model_validate(fault)
        headers = order.headers
        if order.retry_after is not None:
            headers = headers | {"Retry-After": str(order.retry_after)}
        ordered = Fault(
            order.endpoint,
            code=order.code,
            reason=order.reason,
            headers=headers,
            delay=order.delay,
            reset=order.reset,
            stall=order.stall,
            accepted=order.accepted,
            left=left,
            share=share,
        )
        if not (order.code or order.reset or order.stall or order.delay):
            raise ControlError("no_fault", "say what goes wrong: code, reset, stall or delay")
        if order.reset and order.stall:
            raise ControlError("two_faults", "an answer is either reset or stalled, not both")
        if order.app is not None:
            ordered.app = self._core.apps.get(order.app).app_id
        if order.channel is not None:
            ordered.channel_id = self._core.channels.get(order.channel).channel_id
        return ordered

"""All controls of the emulator, and the side that runs them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from local.wns_emulator.control.apps import AppControls
from local.wns_emulator.control.channels import ChannelControls
from local.wns_emulator.control.declaration import CONTROLS
from local.wns_emulator.control.devices import DeviceControls
from local.wns_emulator.control.inspection import LONGEST_WAIT, InspectionControls
from local.wns_emulator.control.trouble import TroubleControls
from local.wns_emulator.errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from local.wns_emulator.state.core import Core

T = TypeVar("T")


class Controls(AppControls, ChannelControls, DeviceControls, TroubleControls, InspectionControls):
    """All controls as Python methods; a subclass decides how a call travels to the emulator.

    Every method may be called from any thread, returns when its effect is complete, and raises
    `ControlError` if the emulator refuses.
    """

    def wait_for(self, predicate: Callable[[Self], T], timeout: float = 10.0) -> T:
        """Wait until `predicate(self)` is true, checking again after every event.

        Returns what the predicate returned.

        Raises:
            TimeoutError: it was not true within `timeout` seconds of real time.
        """
        deadline = time.monotonic() + timeout
        cursor = self.cursor()
        while not (result := predicate(self)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"the condition was not met within {timeout:g} s")
            cursor = self.wait(cursor, min(left, LONGEST_WAIT))
        return result


class ControlRunner(Controls):
    """Runs the controls on one emulator's state, on the event loop's thread."""

    def __init__(self, core: Core, addresses: dict[str, str]) -> None:
        self._core = core
        self._addresses = addresses

    def call(self, name: str, /, **arguments: Any) -> Any:
        """Run the control of that name; the result of `wait` is awaitable."""
        control = CONTROLS.get(name)
        if control is None:
            raise ControlError("unknown_control", f"there is no control {name}")
        if "self" in arguments:
            raise ControlError("invalid_arguments", f"{name} has no argument self")
        try:
            return control.run(self, **arguments)
        except ValidationError as error:
            # Without the value, which may be a secret.
            fault = error.errors(include_input=False)[0]
            argument = ".".join(str(part) for part in fault["loc"])
            message = f"{name}, argument {argument}: {fault['msg']}"
            raise ControlError("invalid_arguments", message) from error

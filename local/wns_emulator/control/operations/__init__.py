"""Every control of the emulator by name, on the event loop's thread, with plain data in and out.

The Python controls (`controls.py`) and the HTTP API (`control_api.py`) both end here.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from local.wns_emulator.control.operations.apps import AppOperations
from local.wns_emulator.control.operations.channels import ChannelOperations
from local.wns_emulator.control.operations.devices import DeviceOperations
from local.wns_emulator.control.operations.inspection import InspectionOperations
from local.wns_emulator.control.operations.trouble import TroubleOperations
from local.wns_emulator.errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.wns_emulator.state.core import Core

READING = frozenset(
    {
        *("addresses", "now", "apps", "channels", "devices", "device"),
        *("requests", "request_counts", "switches", "cursor", "wait"),
    }
)


class Operations:
    """The controls of one emulator."""

    def __init__(self, core: Core, addresses: dict[str, str]) -> None:
        groups = (
            AppOperations(core),
            ChannelOperations(core),
            DeviceOperations(core),
            TroubleOperations(core),
            InspectionOperations(core, addresses),
        )
        self._methods: dict[str, Callable[..., Any]] = {
            name: getattr(group, name)
            for group in groups
            for name in vars(type(group))
            if not name.startswith("_")
        }

    def describe(self) -> dict[str, list[str]]:
        """The controls and the names of their arguments."""
        return {
            name: list(inspect.signature(method).parameters)
            for name, method in sorted(self._methods.items())
        }

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """Run a control; the result of `wait` is awaitable, any other is plain data.

        Raises:
            ControlError: an unknown control, wrong arguments, or what the control itself refuses.
        """
        method = self._methods.get(name)
        if method is None:
            raise ControlError("unknown_control", f"there is no control {name}")
        if "self" in arguments:
            raise ControlError("invalid_arguments", f"{name} has no argument self")
        try:
            return method(**arguments)
        except ValidationError as error:
            raise ControlError("invalid_arguments", argument_fault(name, error)) from error


def argument_fault(name: str, error: ValidationError) -> str:
    """One sentence about the first wrong argument, without its value: it may be a secret."""
    fault = error.errors(include_input=False)[0]
    where = ".".join(str(part) for part in fault["loc"])
    return f"{name}, argument {where}: {fault['msg']}"

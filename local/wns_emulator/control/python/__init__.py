"""The controls as Python methods, whatever way they travel.

Each returns when it is done, may be called from any thread, and raises `ControlError` where the
emulator refuses.
"""

from __future__ import annotations

from local.wns_emulator.control.python.apps import AppControls
from local.wns_emulator.control.python.channels import ChannelControls
from local.wns_emulator.control.python.devices import DeviceControls
from local.wns_emulator.control.python.inspection import LONG_POLL_SECONDS, InspectionControls
from local.wns_emulator.control.python.trouble import TroubleControls

__all__ = ["LONG_POLL_SECONDS", "Controls"]


class Controls(AppControls, ChannelControls, DeviceControls, TroubleControls, InspectionControls):
    """All controls."""

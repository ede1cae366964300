"""An emulator of the Windows Push Notification Services, with the devices at the other end."""

from local.wns_emulator.control.client import EmulatorControl
from local.wns_emulator.emulator import WnsEmulator
from local.wns_emulator.errors import ControlError, EmulatorError, PortInUseError

__all__ = ["ControlError", "EmulatorControl", "EmulatorError", "PortInUseError", "WnsEmulator"]

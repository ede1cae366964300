"""What the emulator's controls raise.

EmulatorError
├── ControlError        a control was asked for something that cannot be done
└── PortInUseError      a port is taken by another process
"""

from __future__ import annotations


class EmulatorError(Exception):
    """When the emulator cannot do what its user asked."""


class ControlError(EmulatorError):
    """When a control is refused; `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PortInUseError(EmulatorError):
    """When a listening port is taken."""

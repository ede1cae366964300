"""Exceptions of the emulator and its controls.

EmulatorError
├── ControlError        a control was refused
└── PortInUseError      a port is used by another process
"""

from __future__ import annotations


class EmulatorError(Exception):
    """Raised when the emulator cannot do what its user asked for."""


class ControlError(EmulatorError):
    """Raised when a control is refused; `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PortInUseError(EmulatorError):
    """Raised when a port to listen on is in use."""

"""The way a control travels to the emulator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class Carrier(ABC):
    """Runs controls by name."""

    @abstractmethod
    def call(self, name: str, **arguments: Any) -> Any:
        """Run the control of that name; what comes back is plain data."""

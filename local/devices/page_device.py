"""The page's own state of a device, beside that of the emulator."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

STEPS_KEPT = 30

GameState = Literal["closed", "background", "front"]


@dataclass(slots=True)
class PageDevice:
    """One virtual Windows device."""

    device_id: str
    name: str
    player: str
    channel_id: str | None = None
    signed_in: bool = False
    is_adopted: bool = False
    """Whether something else registers its channels: the demo."""
    game: GameState = "background"
    steps: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=STEPS_KEPT))
    dismissed: set[str] = field(default_factory=set)

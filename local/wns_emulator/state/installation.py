"""One app on one device: the player's settings and what is shown.

The notification centre holds 20 toasts of an app: "Toast collections" on Microsoft Learn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.wns_emulator.errors import ControlError
from local.wns_emulator.payloads.reading import TILE_SIZES
from local.wns_emulator.state.notification import ToastMatch

TOASTS_PER_APP = 20
TILE_QUEUE = 5


@dataclass(slots=True)
class Shown:
    """Something on the screen until `expires_at`."""

    expires_at: float
    view: dict[str, Any]


@dataclass(slots=True)
class Pinned:
    """A tile of an app with its badge: the app's own, or a secondary one."""

    tiles: list[Shown] = field(default_factory=list)
    badge: Shown | None = None

    def add_tile(self, tile: Shown, *, queue: bool) -> None:
        """Show a tile, alone or as the newest of a queue; in the queue it replaces its tag."""
        kept: list[Shown] = []
        if queue:
            tag = tile.view["tag"]
            kept = [shown for shown in self.tiles if not tag or shown.view["tag"] != tag]
        self.tiles = [*kept, tile][-TILE_QUEUE:]

    def drop_expired(self, now: float) -> None:
        self.tiles = [tile for tile in self.tiles if tile.expires_at > now]
        if self.badge is not None and self.badge.expires_at <= now:
            self.badge = None


@dataclass(slots=True)
class Installation:
    """One app on one device."""

    running: bool = True
    background_task: bool = False
    notifications_enabled: bool = True
    tile_size: str = "medium"
    tile_queue: bool = False
    toasts: list[Shown] = field(default_factory=list)
    own_tile: Pinned = field(default_factory=Pinned)
    secondary_tiles: dict[str, Pinned] = field(default_factory=dict)

    def pinned(self, tile_id: str | None) -> Pinned:
        if tile_id is None:
            return self.own_tile
        return self.secondary_tiles.setdefault(tile_id, Pinned())

    def add_toast(self, toast: Shown) -> None:
        """Add the newest toast; it replaces one with the same tag and group."""
        tag, group = toast.view["tag"], toast.view["group"]
        if tag:
            self.remove_toasts(ToastMatch(tag, group))
        self.toasts = [*self.toasts, toast][-TOASTS_PER_APP:]

    def remove_toasts(self, match: ToastMatch) -> int:
        """Remove toasts from the notification centre; returns how many."""
        before = len(self.toasts)
        self.toasts = [
            toast
            for toast in self.toasts
            if not match.covers(toast.view["tag"], toast.view["group"])
        ]
        return before - len(self.toasts)

    def drop_expired(self, now: float) -> None:
        self.toasts = [toast for toast in self.toasts if toast.expires_at > now]
        for pinned in (self.own_tile, *self.secondary_tiles.values()):
            pinned.drop_expired(now)


def check_tile_size(size: str) -> None:
    """Check that a tile size exists; raises ControlError `unknown_tile_size`."""
    if size not in TILE_SIZES:
        raise ControlError("unknown_tile_size", f"tile sizes are {', '.join(TILE_SIZES)}")

"""Notifications that WNS has accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NotificationKind = Literal["toast", "tile", "badge", "raw"]
ConnectionStatus = Literal["connected", "disconnected", "tempdisconnected"]


@dataclass(frozen=True, slots=True)
class NotificationHeaders:
    """The parsed headers of a POST; `warnings` lists what a stricter WNS might refuse."""

    kind: NotificationKind
    caches: bool
    ttl: int | None
    tag: str
    group: str
    collection: str | None
    priority: int | None
    suppress_popup: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notification(NotificationHeaders):
    """One accepted request; times are epoch seconds, `ttl` is in seconds from `received_at`."""

    body: bytes
    channel_id: str
    app_id: str
    tile_id: str | None
    message_id: str
    received_at: float

    @property
    def expires_at(self) -> float | None:
        """The time after which WNS no longer delivers it."""
        return None if self.ttl is None else self.received_at + self.ttl


@dataclass(frozen=True, slots=True)
class ToastMatch:
    """Which toasts a DELETE removes: all of the app, or those with this tag and group."""

    tag: str | None = None
    group: str | None = None

    def covers(self, tag: str, group: str) -> bool:
        return self.tag in {None, tag} and self.group in {None, group}

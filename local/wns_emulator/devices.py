"""Windows devices: what they show, play and throw away."""

from __future__ import annotations

import base64
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.wns_emulator.errors import ControlError
from local.wns_emulator.payload_reading import (
    TILE_SIZES,
    read_badge,
    read_document,
    read_tile,
    read_toast,
)
from local.wns_emulator.payload_xml import PayloadDiscardedError

if TYPE_CHECKING:
    from local.wns_emulator.notification import ConnectionStatus, Notification, ToastMatch
    from local.wns_emulator.switches import Switches

MOST_DEVICES = 20_000
TOASTS_PER_APP = (
    20  # what the notification centre holds, see "Toast collections" on Microsoft Learn
)
SHOWN_FOR_SECONDS = 3 * 24 * 3600
TILE_QUEUE = 5
KEPT_PER_DEVICE = 50


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
        """Show a tile, alone or as the newest of a queue in which an equal tag is replaced."""
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
    """One app on one device, as the player has set it up."""

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

    def drop_expired(self, now: float) -> None:
        self.toasts = [toast for toast in self.toasts if toast.expires_at > now]
        for pinned in (self.own_tile, *self.secondary_tiles.values()):
            pinned.drop_expired(now)


class Device:
    """One PC or console. Memory is bounded: old toasts, sounds, raws and discards make room."""

    def __init__(self, device_id: str) -> None:
        self.device_id = device_id
        self.connection: ConnectionStatus = "connected"
        self.installations: dict[str, Installation] = {}
        self.raw: deque[dict[str, Any]] = deque(maxlen=KEPT_PER_DEVICE)
        self.sounds: deque[str] = deque(maxlen=KEPT_PER_DEVICE)
        self.discarded: deque[dict[str, Any]] = deque(maxlen=KEPT_PER_DEVICE)
        self.arrived: Counter[str] = Counter()

    @property
    def online(self) -> bool:
        return self.connection == "connected"

    def installation(self, app_id: str) -> Installation:
        return self.installations.setdefault(app_id, Installation())

    def receive(
        self, notification: Notification, now: float, switches: Switches
    ) -> tuple[str, dict[str, Any]]:
        """Show, play or throw away what has come in; says what became of it and with what."""
        self.arrived[notification.kind] += 1
        view = _origin(notification, now)
        try:
            if notification.kind == "raw":
                return "raw", self._keep_raw(notification, view)
            return notification.kind, self._show(notification, now, switches, view)
        except PayloadDiscardedError as discarded:
            return "discarded", self.discard(notification, now, str(discarded))

    def discard(self, notification: Notification, now: float, reason: str) -> dict[str, Any]:
        """Throw away what has come in, as Windows does: without a word to anybody but us."""
        view = {
            **_origin(notification, now),
            "kind": notification.kind,
            "reason": reason,
            "xml": _text(notification),
        }
        self.discarded.append(view)
        return view

    def remove_toasts(self, app_id: str, match: ToastMatch) -> int:
        """Take toasts out of the notification centre and return how many."""
        installation = self.installation(app_id)
        before = len(installation.toasts)
        installation.toasts = [
            toast
            for toast in installation.toasts
            if not match.covers(toast.view["tag"], toast.view["group"])
        ]
        return before - len(installation.toasts)

    def _keep_raw(self, notification: Notification, view: dict[str, Any]) -> dict[str, Any]:
        view |= {
            "text": _text(notification),
            "base64": base64.b64encode(notification.body).decode(),
        }
        self.raw.append(view)
        return view

    def _show(
        self, notification: Notification, now: float, switches: Switches, view: dict[str, Any]
    ) -> dict[str, Any]:
        root = read_document(
            notification.kind, notification.body, accepts_bom=switches.payload_bom == "accept"
        )
        installation = self.installation(notification.app_id)
        view |= {"tag": notification.tag, "xml": _text(notification)}
        if notification.kind == "toast":
            reading = read_toast(root)
            view |= {
                "texts": list(reading.texts),
                "audio": None if notification.suppress_popup else reading.sound,
                "group": notification.group,
                "collection": notification.collection,
                "popup": not notification.suppress_popup,
                **reading.details,
            }
            self._add_toast(installation, Shown(now + SHOWN_FOR_SECONDS, view))
            return view
        expires_at = notification.expires_at or now + SHOWN_FOR_SECONDS
        if expires_at <= now:
            raise PayloadDiscardedError("its time to live is over on arrival")
        view["tile_id"] = notification.tile_id
        pinned = installation.pinned(notification.tile_id)
        if notification.kind == "tile":
            view["texts"] = {
                size: list(texts)
                for size, texts in read_tile(root, installation.tile_size).texts.items()
            }
            pinned.add_tile(Shown(expires_at, view), queue=installation.tile_queue)
        else:
            view["value"] = read_badge(root).value
            pinned.badge = Shown(expires_at, view)
        return view

    def _add_toast(self, installation: Installation, toast: Shown) -> None:
        view = toast.view
        if view["tag"]:
            installation.toasts = [
                shown
                for shown in installation.toasts
                if (shown.view["tag"], shown.view["group"]) != (view["tag"], view["group"])
            ]
        installation.toasts = [*installation.toasts, toast][-TOASTS_PER_APP:]
        if view["audio"]:
            self.sounds.append(view["audio"])


class Devices:
    """All devices, by id."""

    def __init__(self) -> None:
        self._by_id: dict[str, Device] = {}

    def put(self, device_id: str) -> Device:
        """The device of this id, made where there is none.

        Raises:
            ControlError: `too_many_devices`.
        """
        device = self._by_id.get(device_id)
        if device is None:
            if len(self._by_id) >= MOST_DEVICES:
                raise ControlError(
                    "too_many_devices", f"there are {MOST_DEVICES} devices: remove some first"
                )
            device = self._by_id[device_id] = Device(device_id)
        return device

    def get(self, device_id: str) -> Device:
        """The device of this id.

        Raises:
            ControlError: `unknown_device`.
        """
        device = self._by_id.get(device_id)
        if device is None:
            raise ControlError(
                "unknown_device", f"there is no device {device_id}: create_channel makes one"
            )
        return device

    def remove(self, device_id: str) -> None:
        self._by_id.pop(device_id, None)

    def all(self) -> list[Device]:
        return list(self._by_id.values())


def check_tile_size(size: str) -> None:
    """Raises ControlError `unknown_tile_size` for a size that does not exist."""
    if size not in TILE_SIZES:
        raise ControlError("unknown_tile_size", f"tile sizes are {', '.join(TILE_SIZES)}")


def _origin(notification: Notification, now: float) -> dict[str, Any]:
    return {
        "app": notification.app_id,
        "channel_id": notification.channel_id,
        "message_id": notification.message_id,
        "arrived_at": now,
    }


def _text(notification: Notification) -> str:
    return notification.body.decode("utf-8", errors="replace")

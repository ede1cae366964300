"""Windows devices: what they show, play and discard."""

from __future__ import annotations

import base64
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from local.wns_emulator.errors import ControlError
from local.wns_emulator.payloads.reading import read_badge, read_document, read_tile, read_toast
from local.wns_emulator.payloads.xml import PayloadDiscardedError
from local.wns_emulator.state.installation import Installation, Shown

if TYPE_CHECKING:
    from local.wns_emulator.state.notification import ConnectionStatus, Notification
    from local.wns_emulator.state.switches import Switches

MAX_DEVICES = 20_000
SHOWN_FOR_SECONDS = 3 * 24 * 3600
KEPT_PER_DEVICE = 50


class Device:
    """One PC or console. Memory is bounded: the oldest toasts, sounds and payloads are removed.

    `response_delay` is how many seconds of real time WNS waits before it responds to a notification
    for this device.
    """

    def __init__(self, device_id: str) -> None:
        self.device_id = device_id
        self.connection: ConnectionStatus = "connected"
        self.response_delay = 0.0
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
        """Show, play or discard a notification; returns the kind of event and its data."""
        self.arrived[notification.kind] += 1
        view = _origin(notification, now)
        try:
            if notification.kind == "raw":
                return "raw", self._keep_raw(notification, view)
            return notification.kind, self._show(notification, now, switches, view)
        except PayloadDiscardedError as discarded:
            return "discarded", self.discard(notification, now, str(discarded))

    def discard(self, notification: Notification, now: float, reason: str) -> dict[str, Any]:
        """Discard a notification silently, as Windows does, but record why."""
        view = {
            **_origin(notification, now),
            "kind": notification.kind,
            "reason": reason,
            "xml": _text(notification),
        }
        self.discarded.append(view)
        return view

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
            installation.add_toast(Shown(now + SHOWN_FOR_SECONDS, view))
            if view["audio"]:
                self.sounds.append(view["audio"])
            return view
        expires_at = notification.expires_at or now + SHOWN_FOR_SECONDS
        if expires_at <= now:
            raise PayloadDiscardedError("its time to live had ended on arrival")
        view["tile_id"] = notification.tile_id
        pinned = installation.pinned(notification.tile_id)
        if notification.kind == "tile":
            view["texts"] = read_tile(root, installation.tile_size)
            pinned.add_tile(Shown(expires_at, view), queue=installation.tile_queue)
        else:
            view["value"] = read_badge(root)
            pinned.badge = Shown(expires_at, view)
        return view


class Devices:
    """All devices, by id."""

    def __init__(self) -> None:
        self._by_id: dict[str, Device] = {}

    def put(self, device_id: str) -> Device:
        """Return the device with this id, created if there is none.

        Raises:
            ControlError: `too_many_devices`.
        """
        device = self._by_id.get(device_id)
        if device is None:
            if len(self._by_id) >= MAX_DEVICES:
                raise ControlError(
                    "too_many_devices", f"there are {MAX_DEVICES} devices: remove some first"
                )
            device = self._by_id[device_id] = Device(device_id)
        return device

    def get(self, device_id: str) -> Device:
        """Return the device with this id.

        Raises:
            ControlError: `unknown_device`.
        """
        device = self._by_id.get(device_id)
        if device is None:
            raise ControlError(
                "unknown_device", f"there is no device {device_id}: create it with put_device"
            )
        return device

    def remove(self, device_id: str) -> None:
        self._by_id.pop(device_id, None)

    def all(self) -> list[Device]:
        return list(self._by_id.values())


def _origin(notification: Notification, now: float) -> dict[str, Any]:
    return {
        "app": notification.app_id,
        "channel_id": notification.channel_id,
        "message_id": notification.message_id,
        "arrived_at": now,
    }


def _text(notification: Notification) -> str:
    return notification.body.decode("utf-8", errors="replace")

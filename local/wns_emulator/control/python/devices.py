"""Controls for devices."""

from __future__ import annotations

from typing import Any

from local.wns_emulator.control.python.carrier import Carrier
from local.wns_emulator.control.python.views import DeviceView, read_device


class DeviceControls(Carrier):
    def put_device(self, device_id: str) -> DeviceView:
        return read_device(self.call("put_device", device_id=device_id))

    def remove_device(self, device_id: str) -> None:
        self.call("remove_device", device_id=device_id)

    def connect_device(self, device_id: str) -> DeviceView:
        """The PC is on line again: what WNS has kept for it arrives."""
        return read_device(self.call("connect_device", device_id=device_id))

    def disconnect_device(self, device_id: str, *, temporarily: bool = False) -> DeviceView:
        """The PC goes off line; `temporarily` is WNS's word for a connection just lost."""
        return read_device(
            self.call("disconnect_device", device_id=device_id, temporarily=temporarily)
        )

    def set_app_running(
        self,
        device_id: str,
        *,
        running: bool,
        app: str | None = None,
    ) -> DeviceView:
        """Whether the game runs; without `app`, every game on the device."""
        return read_device(
            self.call("set_app_running", device_id=device_id, running=running, app=app)
        )

    def set_background_task(
        self,
        device_id: str,
        *,
        registered: bool,
        app: str | None = None,
    ) -> DeviceView:
        """Whether the game has a background task for raw notifications."""
        return read_device(
            self.call("set_background_task", device_id=device_id, registered=registered, app=app)
        )

    def set_notifications_enabled(
        self,
        device_id: str,
        *,
        enabled: bool,
        app: str | None = None,
    ) -> DeviceView:
        """Whether the player lets the game notify."""
        return read_device(
            self.call("set_notifications_enabled", device_id=device_id, enabled=enabled, app=app)
        )

    def set_tile(
        self, device_id: str, *, size: str = "medium", queue: bool = False, app: str | None = None
    ) -> DeviceView:
        """The size the tile is pinned in, and whether the game cycles through five of them."""
        return read_device(
            self.call("set_tile", device_id=device_id, size=size, queue=queue, app=app)
        )

    def dismiss_toasts(self, device_id: str) -> int:
        """The player clears the notification centre; returns how many toasts went."""
        return self.call("dismiss_toasts", device_id=device_id)

    def device(self, device_id: str, *, app: str | None = None) -> DeviceView:
        """What the device shows, of one app or of all."""
        return read_device(self.call("device", device_id=device_id, app=app))

    def devices(self) -> list[dict[str, Any]]:
        """Every device: `device_id`, `connection`, and how many of each kind have `arrived`."""
        return self.call("devices")

"""Controls for devices: the PC's network, and how the player has set up the game."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.wns_emulator.control.operations.arguments import Text, control
from local.wns_emulator.control.views import device_view
from local.wns_emulator.state.delivery import deliver_held
from local.wns_emulator.state.installation import check_tile_size

if TYPE_CHECKING:
    from local.wns_emulator.state.core import Core
    from local.wns_emulator.state.devices import Device
    from local.wns_emulator.state.notification import ConnectionStatus


class DeviceOperations:
    def __init__(self, core: Core) -> None:
        self._core = core

    @control
    def put_device(self, *, device_id: Text) -> dict[str, Any]:
        return self._tell(self._core.devices.put(device_id))

    @control
    def remove_device(self, *, device_id: Text) -> None:
        """Throw the PC away: its channels end too."""
        device = self._core.devices.get(device_id)
        for channel in self._core.channels.of_device(device):
            self._core.channels.forget(channel)
        self._core.devices.remove(device_id)
        self._core.events.publish("device_removed", {"device_id": device_id})

    @control
    def connect_device(self, *, device_id: Text) -> dict[str, Any]:
        device = self._core.devices.get(device_id)
        device.connection = "connected"
        for channel in self._core.channels.of_device(device):
            deliver_held(self._core, channel)
        return self._tell(device)

    @control
    def disconnect_device(self, *, device_id: Text, temporarily: bool = False) -> dict[str, Any]:
        device = self._core.devices.get(device_id)
        status: ConnectionStatus = "tempdisconnected" if temporarily else "disconnected"
        device.connection = status
        return self._tell(device)

    @control
    def set_app_running(
        self, *, device_id: Text, running: bool, app: Text | None = None
    ) -> dict[str, Any]:
        return self._set(device_id, app, running=running)

    @control
    def set_background_task(
        self, *, device_id: Text, registered: bool, app: Text | None = None
    ) -> dict[str, Any]:
        return self._set(device_id, app, background_task=registered)

    @control
    def set_notifications_enabled(
        self, *, device_id: Text, enabled: bool, app: Text | None = None
    ) -> dict[str, Any]:
        return self._set(device_id, app, notifications_enabled=enabled)

    @control
    def set_tile(
        self,
        *,
        device_id: Text,
        size: Text = "medium",
        queue: bool = False,
        app: Text | None = None,
    ) -> dict[str, Any]:
        check_tile_size(size)
        return self._set(device_id, app, tile_size=size, tile_queue=queue)

    @control
    def dismiss_toasts(self, *, device_id: Text) -> int:
        """The player clears the notification centre; returns how many toasts went."""
        device = self._core.devices.get(device_id)
        gone = sum(len(one.toasts) for one in device.installations.values())
        for installation in device.installations.values():
            installation.toasts = []
        self._tell(device)
        return gone

    @control
    def device(self, *, device_id: Text, app: Text | None = None) -> dict[str, Any]:
        return self._view(self._core.devices.get(device_id), app)

    @control
    def devices(self) -> list[dict[str, Any]]:
        return [
            {
                "device_id": device.device_id,
                "connection": device.connection,
                "arrived": dict(device.arrived),
            }
            for device in self._core.devices.all()
        ]

    def _set(self, device_id: str, app: str | None, **settings: object) -> dict[str, Any]:
        """Change the settings of one app on the device, or of all of them."""
        device = self._core.devices.get(device_id)
        app_ids = [self._core.apps.get(app).app_id] if app else list(device.installations)
        for app_id in app_ids:
            installation = device.installation(app_id)
            for name, value in settings.items():
                setattr(installation, name, value)
        return self._tell(device)

    def _view(self, device: Device, app: str | None) -> dict[str, Any]:
        app_id = self._core.apps.get(app).app_id if app else None
        channels = self._core.channels.of_device(device)
        return device_view(device, channels, self._core.clock.now(), app_id)

    def _tell(self, device: Device) -> dict[str, Any]:
        view = self._view(device, None)
        self._core.events.publish(
            "device",
            {
                "device_id": device.device_id,
                "connection": device.connection,
                "app_running": view["app_running"],
            },
        )
        return view

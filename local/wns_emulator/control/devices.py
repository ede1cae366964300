"""Controls for devices: the PC's network, and how the player has set up the game."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.wns_emulator.argument_types import Seconds, Text
from local.wns_emulator.control.declaration import ControlGroup, control, query
from local.wns_emulator.control.views import DeviceView
from local.wns_emulator.state.delivery import deliver_held
from local.wns_emulator.state.installation import check_tile_size

if TYPE_CHECKING:
    from local.wns_emulator.state.devices import Device


class DeviceControls(ControlGroup):
    """Settings are of the app `app` on the device or, without it, of every app there."""

    @control
    def put_device(self, device_id: Text) -> DeviceView:
        """Create a device; a no-op if it exists."""
        return self._publish_device(self._core.devices.put(device_id))

    @control
    def remove_device(self, device_id: Text) -> None:
        """Remove a device and its channels."""
        device = self._core.devices.get(device_id)
        for channel in self._core.channels.of_device(device):
            self._core.channels.forget(channel)
        self._core.devices.remove(device_id)
        self._core.events.publish("device_removed", {"device_id": device_id})

    @control
    def connect_device(self, device_id: Text) -> DeviceView:
        """Connect the device: the notifications that WNS holds for it arrive."""
        device = self._core.devices.get(device_id)
        device.connection = "connected"
        for channel in self._core.channels.of_device(device):
            deliver_held(self._core, channel)
        return self._publish_device(device)

    @control
    def disconnect_device(self, device_id: Text, *, temporarily: bool = False) -> DeviceView:
        """Disconnect the device; `temporarily` is WNS's word for a connection just lost."""
        device = self._core.devices.get(device_id)
        device.connection = "tempdisconnected" if temporarily else "disconnected"
        return self._publish_device(device)

    @control
    def set_app_running(
        self, device_id: Text, *, running: bool, app: Text | None = None
    ) -> DeviceView:
        """Set whether the game runs."""
        return self._set(device_id, app, running=running)

    @control
    def set_background_task(
        self, device_id: Text, *, registered: bool, app: Text | None = None
    ) -> DeviceView:
        """Set whether the game has a background task for raw notifications."""
        return self._set(device_id, app, background_task=registered)

    @control
    def set_notifications_enabled(
        self, device_id: Text, *, enabled: bool, app: Text | None = None
    ) -> DeviceView:
        """Set whether the player lets the game notify."""
        return self._set(device_id, app, notifications_enabled=enabled)

    @control
    def set_tile(
        self,
        device_id: Text,
        *,
        size: Text = "medium",
        queue: bool = False,
        app: Text | None = None,
    ) -> DeviceView:
        """Set the size the tile is pinned in, and whether the game cycles through five tiles."""
        check_tile_size(size)
        return self._set(device_id, app, tile_size=size, tile_queue=queue)

    @control
    def set_response_delay(self, device_id: Text, *, seconds: Seconds) -> DeviceView:
        """Delay WNS's responses to notifications for this device, in seconds of real time."""
        device = self._core.devices.get(device_id)
        device.response_delay = seconds
        return self._publish_device(device)

    @control
    def dismiss_toasts(self, device_id: Text) -> int:
        """Clear the notification centre; returns the number of toasts removed."""
        device = self._core.devices.get(device_id)
        removed = sum(len(one.toasts) for one in device.installations.values())
        for installation in device.installations.values():
            installation.toasts = []
        self._publish_device(device)
        return removed

    @query
    def device(self, device_id: Text, *, app: Text | None = None) -> DeviceView:
        """Return what the device shows, of one app or of all."""
        app_id = self._core.apps.get(app).app_id if app else None
        return self._view(self._core.devices.get(device_id), app_id)

    @query
    def devices(self) -> list[dict[str, Any]]:
        """List the devices: `device_id`, `connection`, and how many of each kind have `arrived`."""
        return [
            {
                "device_id": device.device_id,
                "connection": device.connection,
                "arrived": dict(device.arrived),
            }
            for device in self._core.devices.all()
        ]

    def _set(self, device_id: str, app: str | None, **settings: object) -> DeviceView:
        device = self._core.devices.get(device_id)
        app_ids = [self._core.apps.get(app).app_id] if app else list(device.installations)
        for app_id in app_ids:
            installation = device.installation(app_id)
            for name, value in settings.items():
                setattr(installation, name, value)
        return self._publish_device(device)

    def _view(self, device: Device, app_id: str | None = None) -> DeviceView:
        channels = self._core.channels.of_device(device)
        return DeviceView.of(device, channels, self._core.clock.now(), app_id)

    def _publish_device(self, device: Device) -> DeviceView:
        view = self._view(device)
        self._core.events.publish(
            "device",
            {
                "device_id": view.device_id,
                "connection": view.connection,
                "app_running": view.app_running,
            },
        )
        return view

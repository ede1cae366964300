"""Devices and events as the page receives them: plain data without channel URIs and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from local.demo.scenario import PACKAGE_SID
from local.devices.documents import document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.devices.page_device import PageDevice
    from local.wns_emulator.control.views import ChannelView, DeviceView

SHOWN_KINDS = {"toast", "tile", "badge"}
SECRET_FIELDS = {"channel_uri", "base64"}


def device_view(device: PageDevice, shown: DeviceView) -> dict[str, Any]:
    """Describe a device: what it shows and the page's own state of it."""
    app = shown.apps.get(PACKAGE_SID, {})
    channel = next((one for one in shown.channels if one.channel_id == device.channel_id), None)
    return {
        "device_id": device.device_id,
        "name": device.name,
        "player": device.player,
        "signed_in": device.signed_in,
        "game": device.game,
        "online": shown.online,
        "notifications_enabled": app.get("notifications_enabled", True),
        "channel": _channel_view(channel) if channel else None,
        "toasts": [
            shown_view("toast", toast)
            for toast in shown.toasts
            if toast["message_id"] not in device.dismissed
        ],
        "badge": app.get("badge"),
        "tile_size": app.get("tile_size", "medium"),
        "tile_queue": app.get("tile_queue", False),
        "tiles": [shown_view("tile", tile) for tile in app.get("tiles", [])],
        "steps": list(device.steps),
    }


def shown_view(kind: str, view: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a toast, tile or badge, with its payload as plain data instead of XML."""
    kept = {name: value for name, value in view.items() if name not in {*SECRET_FIELDS, "xml"}}
    return {**kept, "document": document(kind, view["xml"])}


def event_view(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Describe an event of the emulator."""
    if kind in SHOWN_KINDS:
        return shown_view(kind, data)
    return {name: value for name, value in data.items() if name not in SECRET_FIELDS}


def _channel_view(channel: ChannelView) -> dict[str, Any]:
    return {
        "host": urlsplit(channel.channel_uri).hostname,
        "state": channel.state,
        "expires_at": channel.expires_at,
        "held": channel.held,
    }

"""What the controls give back."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Channel:
    """A channel as Windows knows it; times are epoch seconds."""

    channel_id: str
    channel_uri: str
    app: str
    device_id: str
    tile_id: str | None
    created_at: int
    expires_at: int
    state: str
    held: list[str]


@dataclass(frozen=True)
class DeviceView:
    """What a device shows and has done; `docs/emulator.md` describes the entries."""

    device_id: str
    connection: str
    online: bool
    app_running: bool
    apps: dict[str, dict[str, Any]]
    toasts: list[dict[str, Any]]
    badge: str | None
    tile: dict[str, Any] | None
    raw: list[dict[str, Any]]
    sounds: list[str]
    discarded: list[dict[str, Any]]
    arrived: dict[str, int]
    channels: list[Channel]


def read_channel(view: dict[str, Any]) -> Channel:
    return Channel(**{field.name: view[field.name] for field in fields(Channel)})


def read_device(view: dict[str, Any]) -> DeviceView:
    values = {field.name: view[field.name] for field in fields(DeviceView)}
    return DeviceView(**values | {"channels": [read_channel(one) for one in view["channels"]]})

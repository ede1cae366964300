"""The results of the controls: the state as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from local.wns_emulator.state.apps import App
    from local.wns_emulator.state.channels import Channel
    from local.wns_emulator.state.devices import Device
    from local.wns_emulator.state.installation import Pinned, Shown


def app_view(app: App) -> dict[str, Any]:
    """Describe an app, without its secret."""
    return {
        "app": app.app_id,
        "identity": app.identity,
        "tenant_id": app.tenant_id,
        "object_id": app.object_id,
        "package_family_name": app.package_family_name,
        "pfn_mapped": app.pfn_mapped,
        "allow_listed": app.allow_listed,
    }


@dataclass(frozen=True)
class ChannelView:
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

    @classmethod
    def of(cls, channel: Channel, now: float) -> Self:
        return cls(
            channel_id=channel.channel_id,
            channel_uri=channel.channel_uri,
            app=channel.app.app_id,
            device_id=channel.device.device_id,
            tile_id=channel.tile_id,
            created_at=int(channel.created_at),
            expires_at=int(channel.expires_at),
            state=channel.state(now),
            held=[held.kind for held in channel.held],
        )


@dataclass(frozen=True)
class DeviceView:
    """What a device shows and has done; `docs/emulator.md` describes the entries."""

    device_id: str
    connection: str
    online: bool
    response_delay: float
    app_running: bool
    apps: dict[str, dict[str, Any]]
    toasts: list[dict[str, Any]]
    badge: str | None
    tile: dict[str, Any] | None
    raw: list[dict[str, Any]]
    sounds: list[str]
    discarded: list[dict[str, Any]]
    arrived: dict[str, int]
    channels: list[ChannelView]

    @classmethod
    def of(cls, device: Device, channels: list[Channel], now: float, app: str | None) -> Self:
        """Describe a device, with one app or all; removes expired toasts, tiles and badges."""
        installed = {
            app_id: installation
            for app_id, installation in device.installations.items()
            if app in {None, app_id}
        }
        for installation in installed.values():
            installation.drop_expired(now)
        toasts = [toast for one in installed.values() for toast in one.toasts]
        tiles = [tile for one in installed.values() for tile in one.own_tile.tiles]
        badges = [one.own_tile.badge for one in installed.values() if one.own_tile.badge]
        newest_badge = _newest(badges)
        return cls(
            device_id=device.device_id,
            connection=device.connection,
            online=device.online,
            response_delay=device.response_delay,
            app_running=any(one.running for one in installed.values()),
            apps={
                app_id: {
                    "running": one.running,
                    "background_task": one.background_task,
                    "notifications_enabled": one.notifications_enabled,
                    "tile_size": one.tile_size,
                    "tile_queue": one.tile_queue,
                    **_pinned_view(one.own_tile),
                    "secondary_tiles": {
                        tile_id: _pinned_view(pinned)
                        for tile_id, pinned in one.secondary_tiles.items()
                    },
                }
                for app_id, one in installed.items()
            },
            toasts=[toast.view for toast in sorted(toasts, key=_arrival)],
            badge=newest_badge["value"] if newest_badge else None,
            tile=_newest(tiles),
            raw=[raw for raw in device.raw if app in {None, raw["app"]}],
            sounds=list(device.sounds),
            discarded=[one for one in device.discarded if app in {None, one["app"]}],
            arrived=dict(device.arrived),
            channels=[ChannelView.of(channel, now) for channel in channels],
        )


def _pinned_view(pinned: Pinned) -> dict[str, Any]:
    return {
        "badge": pinned.badge.view["value"] if pinned.badge else None,
        "tiles": [tile.view for tile in pinned.tiles],
    }


def _arrival(shown: Shown) -> float:
    arrived_at: float = shown.view["arrived_at"]
    return arrived_at


def _newest(shown: list[Shown]) -> dict[str, Any] | None:
    return max(shown, key=_arrival).view if shown else None

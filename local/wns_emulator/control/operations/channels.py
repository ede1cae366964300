"""Controls for channels: what Windows does with them on the device's side."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

from local.wns_emulator.control.operations.arguments import Seconds, Text, control
from local.wns_emulator.control.views import channel_view
from local.wns_emulator.errors import ControlError

if TYPE_CHECKING:
    from local.wns_emulator.state.channels import Channel
    from local.wns_emulator.state.core import Core


class ChannelOperations:
    def __init__(self, core: Core) -> None:
        self._core = core

    @control
    def create_channel(
        self, *, app: Text, device_id: Text, tile_id: Text | None = None
    ) -> dict[str, Any]:
        owner = self._core.apps.get(app)
        device = self._core.devices.put(device_id)
        if not device.online:
            raise ControlError("device_offline", f"{device_id} is off line: connect_device first")
        device.installation(owner.app_id)
        now = self._core.clock.now()
        channel = self._core.channels.create(
            owner, device, tile_id=tile_id, now=now, random_bytes=os.urandom
        )
        return self._tell(channel)

    @control
    def close_channel(self, *, channel: Text) -> list[str]:
        """Close it and, as Windows does, every other channel of the app on that device."""
        found = self._core.channels.get(channel)
        return self._end(found, "closed")

    @control
    def revoke_channel(self, *, channel: Text) -> dict[str, Any]:
        found = self._core.channels.get(channel)
        found.end("revoked")
        return self._tell(found)

    @control
    def expire_channel(self, *, channel: Text) -> dict[str, Any]:
        found = self._core.channels.get(channel)
        return self._age(found, found.expires_at - self._core.clock.now())

    @control
    def age_channel(self, *, channel: Text, seconds: Seconds) -> dict[str, Any]:
        return self._age(self._core.channels.get(channel), seconds)

    @control
    def forget_channel(self, *, channel: Text) -> None:
        found = self._core.channels.get(channel)
        self._core.channels.forget(found)
        self._core.events.publish(
            "channel",
            {"channel_id": found.channel_id, "device_id": found.device.device_id, "state": "gone"},
        )

    @control
    def channels(self, *, device_id: Text | None = None) -> list[dict[str, Any]]:
        now = self._core.clock.now()
        if device_id is None:
            return [channel_view(channel, now) for channel in self._core.channels.all()]
        device = self._core.devices.get(device_id)
        return [channel_view(one, now) for one in self._core.channels.of_device(device)]

    def _end(self, found: Channel, how: Literal["closed", "revoked"]) -> list[str]:
        now = self._core.clock.now()
        ended = [
            channel
            for channel in self._core.channels.of_device(found.device)
            if channel.app is found.app and channel.state(now) == "open"
        ]
        for channel in ended:
            channel.end(how)
            self._tell(channel)
        return [channel.channel_id for channel in ended]

    def _age(self, channel: Channel, seconds: float) -> dict[str, Any]:
        channel.created_at -= seconds
        channel.expires_at -= seconds
        return self._tell(channel)

    def _tell(self, channel: Channel) -> dict[str, Any]:
        view = channel_view(channel, self._core.clock.now())
        self._core.events.publish("channel", view)
        return view

"""Controls for channels."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from local.wns_emulator.argument_types import Seconds, Text
from local.wns_emulator.control.declaration import ControlGroup, control, query
from local.wns_emulator.control.views import ChannelView
from local.wns_emulator.errors import ControlError

if TYPE_CHECKING:
    from local.wns_emulator.state.channels import Channel


class ChannelControls(ControlGroup):
    """`channel` is a channel's id or its URI."""

    @control
    def create_channel(
        self, app: Text, device_id: Text, *, tile_id: Text | None = None
    ) -> ChannelView:
        """Create a channel, as Windows does for a game; creates the device if there is none.

        With `tile_id` the channel is that of a secondary tile.
        """
        owner = self._core.apps.get(app)
        device = self._core.devices.put(device_id)
        if not device.online:
            raise ControlError("device_offline", f"{device_id} is off line: connect_device first")
        device.installation(owner.app_id)
        now = self._core.clock.now()
        channel = self._core.channels.create(
            owner, device, tile_id=tile_id, now=now, random_bytes=os.urandom
        )
        return self._publish_channel(channel)

    @control
    def close_channel(self, channel: Text) -> list[str]:
        """Close a channel and, as Windows does, every other one of the app on that device.

        Returns the ids of the channels that were open.
        """
        found = self._core.channels.get(channel)
        now = self._core.clock.now()
        closed = [
            each
            for each in self._core.channels.of_device(found.device)
            if each.app is found.app and each.state(now) == "open"
        ]
        for each in closed:
            each.end("closed")
            self._publish_channel(each)
        return [each.channel_id for each in closed]

    @control
    def revoke_channel(self, channel: Text) -> ChannelView:
        """Revoke one channel before it expires, as WNS may."""
        found = self._core.channels.get(channel)
        found.end("revoked")
        return self._publish_channel(found)

    @control
    def expire_channel(self, channel: Text) -> ChannelView:
        """Make one channel 30 days old."""
        found = self._core.channels.get(channel)
        return self._age(found, found.expires_at - self._core.clock.now())

    @control
    def age_channel(self, channel: Text, seconds: Seconds) -> ChannelView:
        """Make one channel older."""
        return self._age(self._core.channels.get(channel), seconds)

    @control
    def forget_channel(self, channel: Text) -> None:
        """Remove a channel: WNS responds 404 to its URI."""
        found = self._core.channels.get(channel)
        self._core.channels.forget(found)
        self._core.events.publish(
            "channel",
            {"channel_id": found.channel_id, "device_id": found.device.device_id, "state": "gone"},
        )

    @query
    def channels(self, device_id: Text | None = None) -> list[ChannelView]:
        """List the channels of one device or of all."""
        channels = self._core.channels
        if device_id is None:
            found = channels.all()
        else:
            found = channels.of_device(self._core.devices.get(device_id))
        now = self._core.clock.now()
        return [ChannelView.of(channel, now) for channel in found]

    def _age(self, channel: Channel, seconds: float) -> ChannelView:
        channel.created_at -= seconds
        channel.expires_at -= seconds
        return self._publish_channel(channel)

    def _publish_channel(self, channel: Channel) -> ChannelView:
        view = ChannelView.of(channel, self._core.clock.now())
        self._core.events.publish("channel", asdict(view))
        return view

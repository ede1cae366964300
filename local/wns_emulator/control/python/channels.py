"""Controls for channels."""

from __future__ import annotations

from local.wns_emulator.control.python.carrier import Carrier
from local.wns_emulator.control.python.views import Channel, read_channel


class ChannelControls(Carrier):
    def create_channel(self, app: str, device_id: str, *, tile_id: str | None = None) -> Channel:
        """What Windows does when a game asks for a channel; the device is made if need be.

        `app` is a Package SID, an Entra client id or its object id. With `tile_id` the channel is
        that of a secondary tile.
        """
        return read_channel(
            self.call("create_channel", app=app, device_id=device_id, tile_id=tile_id)
        )

    def close_channel(self, channel: str) -> list[str]:
        """Close a channel, by id or URI, and with it every other of the app on that device."""
        return self.call("close_channel", channel=channel)

    def revoke_channel(self, channel: str) -> Channel:
        """WNS takes one channel back before its time."""
        return read_channel(self.call("revoke_channel", channel=channel))

    def expire_channel(self, channel: str) -> Channel:
        """Make one channel 30 days old."""
        return read_channel(self.call("expire_channel", channel=channel))

    def age_channel(self, channel: str, seconds: float) -> Channel:
        """Make one channel older."""
        return read_channel(self.call("age_channel", channel=channel, seconds=seconds))

    def forget_channel(self, channel: str) -> None:
        """Make WNS answer 404 for a channel."""
        self.call("forget_channel", channel=channel)

    def channels(self, device_id: str | None = None) -> list[Channel]:
        return [read_channel(one) for one in self.call("channels", device_id=device_id)]

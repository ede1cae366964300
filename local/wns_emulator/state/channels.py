"""Channels, and the notifications that WNS holds for a device that is off line.

Sources: "Request, create, and save a notification channel" and `PushNotificationChannel` on
Microsoft Learn: valid for 30 days, not renewable, several of one app may be open at once.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from local.wns_emulator.errors import ControlError
from local.wns_emulator.state.rates import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.wns_emulator.state.apps import App
    from local.wns_emulator.state.devices import Device
    from local.wns_emulator.state.notification import Notification

LIFETIME_SECONDS = 30 * 24 * 3600
MAX_CHANNELS = 100_000
HOSTS = ("wns2-by3p", "wns2-par02p", "wns2-sg2p", "wns2-am3p", "wns2-bl2p")
TOKEN_PREFIX = b"\x02\x05\x00\x00\x00"
TOKEN_RANDOM_BYTES = 96

_ESCAPE = re.compile("%[0-9a-fA-F]{2}")

ChannelState = Literal["open", "expired", "closed", "revoked"]
UriEscapes = Literal["equal", "exact"]
"""Which spellings of a channel's URI lead to it: every one with equal percent-escapes, as `%2F` for
`%2f` (RFC 3986 section 6.2.2.1), or only the exact bytes that Windows gave."""


@dataclass(slots=True, eq=False)
class Channel:
    """One channel; `target` is the path and query of its URI, byte by byte."""

    channel_id: str
    channel_uri: str
    target: bytes
    app: App
    device: Device
    created_at: float
    expires_at: float
    tile_id: str | None = None
    ended: Literal["closed", "revoked"] | None = None
    throttle: Throttle = field(default_factory=Throttle)
    held: list[Notification] = field(default_factory=list)

    def state(self, now: float) -> ChannelState:
        if self.ended is not None:
            return self.ended
        return "expired" if self.expires_at <= now else "open"

    def end(self, how: Literal["closed", "revoked"]) -> None:
        self.ended = self.ended or how
        self.held.clear()

    def hold(self, notification: Notification, most_tiles: int) -> list[Notification]:
        """Hold a notification until the device is back; returns those that it replaces.

        Source: "Windows Push Notification Services (WNS) overview": one toast, one tile, one badge,
        and one raw where caching was asked for.
        """
        room = most_tiles if notification.kind == "tile" else 1
        same = [kept for kept in self.held if kept.kind == notification.kind]
        retagged = [kept for kept in same if notification.tag and kept.tag == notification.tag]
        others = [kept for kept in same if kept not in retagged]
        replaced = retagged + others[: max(0, len(others) + 1 - room)]
        self.held = [kept for kept in self.held if kept not in replaced]
        self.held.append(notification)
        return replaced


class Channels:
    """All channels, by id, by URI and by request target."""

    def __init__(self) -> None:
        self._by_id: dict[str, Channel] = {}
        self._by_target: dict[str, Channel] = {}
        self._by_uri: dict[str, Channel] = {}
        self._made = 0

    def create(
        self,
        app: App,
        device: Device,
        *,
        tile_id: str | None,
        now: float,
        random_bytes: Callable[[int], bytes],
    ) -> Channel:
        """Create a channel, removing an ended one if there are too many.

        Raises:
            ControlError: `too_many_channels`, `MAX_CHANNELS` channels are open.
        """
        if len(self._by_id) >= MAX_CHANNELS:
            self._forget_an_ended_one(now)
        self._made += 1
        token = base64.b64encode(TOKEN_PREFIX + random_bytes(TOKEN_RANDOM_BYTES)).decode()
        encoded = _lower_hex_quote(token)
        host = f"{HOSTS[self._made % len(HOSTS)]}.notify.windows.com"
        channel = Channel(
            channel_id=f"channel-{self._made}",
            channel_uri=f"https://{host}/?token={encoded}",
            target=f"/?token={encoded}".encode(),
            app=app,
            device=device,
            created_at=now,
            expires_at=now + LIFETIME_SECONDS,
            tile_id=tile_id,
        )
        self._by_id[channel.channel_id] = channel
        self._by_target[_normal_target(channel.target)] = channel
        self._by_uri[_normal(channel.channel_uri)] = channel
        return channel

    def addressed(self, target: bytes, escapes: UriEscapes = "equal") -> Channel | None:
        """Return the channel of a request target; the host's first label does not matter."""
        found = self._by_target.get(_normal_target(target))
        is_exact = found is not None and found.target == target
        return found if is_exact or escapes == "equal" else None

    def get(self, channel: str) -> Channel:
        """Return the channel with this id or URI.

        Raises:
            ControlError: `unknown_channel`.
        """
        found = self._by_id.get(channel) or self._by_uri.get(_normal(channel))
        if found is None:
            raise ControlError("unknown_channel", "there is no channel with this id or URI")
        return found

    def all(self) -> list[Channel]:
        return list(self._by_id.values())

    def of_device(self, device: Device) -> list[Channel]:
        return [channel for channel in self._by_id.values() if channel.device is device]

    def _forget_an_ended_one(self, now: float) -> None:
        for channel in self._by_id.values():
            if channel.state(now) != "open":
                self.forget(channel)
                return
        raise ControlError(
            "too_many_channels", f"{MAX_CHANNELS} channels are open: close some first"
        )

    def forget(self, channel: Channel) -> None:
        """Remove a channel: WNS responds 404 to its URI."""
        del self._by_id[channel.channel_id]
        del self._by_target[_normal_target(channel.target)]
        del self._by_uri[_normal(channel.channel_uri)]


def _normal(uri: str) -> str:
    """Return a URI, or a part of one, with its percent-escapes in upper case."""
    return _ESCAPE.sub(lambda escape: escape[0].upper(), uri)


def _normal_target(target: bytes) -> str:
    return _normal(target.decode("latin-1"))


def _lower_hex_quote(token: str) -> str:
    """Percent-encode base64 as WNS does in its URIs: with lower-case hex digits."""
    return token.replace("+", "%2b").replace("/", "%2f").replace("=", "%3d")

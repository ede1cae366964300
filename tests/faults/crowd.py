"""Crowds of players, and what their devices have received."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from push.channels import keys
from push.channels.keys import channel_key, device_key, shard_of
from tests.integration.backend import PACKAGE_SID
from tests.integration.builders import APP, request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.wns_emulator.control.controls import Controls


@dataclass(frozen=True)
class Crowd:
    """Players with their devices: channel URIs by player and device."""

    devices: dict[str, dict[str, str]]

    @property
    def players(self) -> list[str]:
        return list(self.devices)

    @property
    def uris(self) -> list[str]:
        return [uri for devices in self.devices.values() for uri in devices.values()]

    def request(self, **more: Any) -> dict[str, Any]:
        """Return a request for a toast to every device."""
        return request(*self.players, **{"request_id": "to-all"} | more)

    @property
    def once_each(self) -> Counter[str]:
        """What arrivals are where every device is notified exactly once."""
        return Counter(device for devices in self.devices.values() for device in devices)


def make_crowd(
    wns: Controls, table: Any, size: int, *, name: str = "p", devices_per_player: int = 10
) -> Crowd:
    """Create `size` devices and write their channels into ChannelsTable."""
    devices: dict[str, dict[str, str]] = {}
    with table.batch_writer() as writer:
        for number in range(size):
            player, device = f"{name}{number // devices_per_player}", f"{name}{number}"
            uri = wns.create_channel(PACKAGE_SID, device).channel_uri
            devices.setdefault(player, {})[device] = uri
            writer.put_item(Item=_item(player, device, uri, int(time.time())))
    return Crowd(devices)


def _item(player: str, device: str, uri: str, now: int) -> dict[str, Any]:
    expires_at = now + 30 * 24 * 3600
    return channel_key(APP, player, device) | {
        "channel_uri": uri,
        "registered_at": now,
        "renewed_at": now,
        "expires_at": expires_at,
        "subscribed_until": expires_at,
        "topics": [],
        "shard": f"{APP}#{shard_of(player, keys.SHARDS)}",
        "device_key": device_key(player, device),
    }


def arrivals(wns: Controls) -> Counter[str]:
    """Return how many notifications have arrived, by device; devices with none are omitted."""
    return Counter(
        {
            each["device_id"]: sum(each["arrived"].values())
            for each in wns.devices()
            if each["arrived"]
        }
    )


def counted(items: Sequence[dict[str, Any]]) -> Counter[str]:
    """Return what NotificationsTable's items count: outcomes by name, and the tallies."""
    total: Counter[str] = Counter()
    for item in items:
        if item["sk"] == "claim":
            total.update(json.loads(item.get("counts", "{}")))
        if str(item["sk"]).startswith("count#"):
            for name, value in item.items():
                if name not in {"pk", "sk", "expires_at"}:
                    total[name.removeprefix("outcome_")] += int(value)
    return total


def wns_responses(wns: Controls) -> Counter[str]:
    """Return how often WNS has responded to notifications so far, by status or ending."""
    return Counter(
        {
            name.removeprefix("notify "): count
            for name, count in wns.request_counts().items()
            if name.startswith("notify ")
        }
    )

"""The URIs that devices have now: all that a sender needs of their channels before it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from push.aws.batch_get import Wanted
from push.aws.items import readable_items
from push.channels.keys import channel_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Device = tuple[str, str, str]
"""app_id, player_id and device_id."""


def wanted_uris(devices: Iterable[Device]) -> Wanted:
    """Return what is to be read of ChannelsTable.

    Whole channels would be twice the work: a broadcast reads millions.
    """
    keys = [channel_key(*device) for device in devices]
    return Wanted(keys, ("pk", "sk", "channel_uri", "expires_at"))


def read_uris(items: Iterable[Mapping[str, Any]], now: int) -> dict[Device, str]:
    """Return the URIs of devices whose channels have not expired at `now` (epoch seconds)."""
    found = readable_items("channel", items, _read)
    return {device: uri for device, uri, expires_at in found if expires_at > now}


def _read(item: Mapping[str, Any]) -> tuple[Device, str, int]:
    app_id, _, player_id = str(item["pk"]).partition("#")
    device = app_id, player_id, str(item["sk"])
    return device, str(item["channel_uri"]), int(item["expires_at"])

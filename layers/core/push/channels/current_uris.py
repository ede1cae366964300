"""The URIs that devices have now: all that a sender needs of their channels before it sends."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from push.aws.batch_get import Wanted
from push.aws.items import read_item
from push.errors import UnreadableItemError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Place = tuple[str, str]
"""The key of a channel in ChannelsTable."""


def place_of(app_id: str, player_id: str, device_id: str) -> Place:
    """Return where a device's channel is stored; the same as `channel_key`."""
    return f"{app_id}#{player_id}", device_id


def wanted_uris(places: Iterable[Place]) -> Wanted:
    """Return what is to be read of ChannelsTable.

    Whole channels would be twice the work: a broadcast reads millions. So nothing is done here for
    each but what is needed.
    """
    keys = [{"pk": pk, "sk": sk} for pk, sk in places]
    return Wanted(keys, ("pk", "sk", "channel_uri", "expires_at"))


def read_uris(items: Iterable[Mapping[str, Any]], now: int) -> dict[Place, str]:
    """Return the URIs of channels that have not expired at `now` (epoch seconds); report and skip
    those that cannot be read."""
    found: dict[Place, str] = {}
    for item in items:
        try:
            uri, expires_at = item["channel_uri"], int(item["expires_at"])
        except (ValueError, KeyError, TypeError):
            with suppress(UnreadableItemError):
                read_item("channel", item, _read)
            continue
        if expires_at > now:
            found[item["pk"], item["sk"]] = uri
    return found


def _read(item: Mapping[str, Any]) -> tuple[str, int]:
    return item["channel_uri"], int(item["expires_at"])

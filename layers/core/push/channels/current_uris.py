"""The URIs that devices have now: all that a sender needs of their channels before it sends."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from push.aws.batch_get import Wanted
from push.aws.items import read_item
from push.channels.keys import SHARDS, device_key, shard_of
from push.channels.models import CHANNEL_LIFE_S
from push.errors import UnreadableItemError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from push.aws.table import Table

Place = tuple[str, str]
"""The key of a channel in ChannelsTable."""

_CLOCKS_DIFFER_S = 60
"""More than the clocks of two workers differ, and than the index lags behind the table."""

_MOST_NEW = 10
"""New channels in a range, beyond a quarter, that are worth reading on."""

# Every registration gives a channel the same life, so this tells when it was stored.
_SAME = "expires_at > :now AND expires_at < :latest"


def place_of(app_id: str, player_id: str, device_id: str) -> Place:
    """Return where a device's channel is stored; the same as `channel_key`."""
    return f"{app_id}#{player_id}", device_id


def wanted_uris(places: Iterable[Place]) -> Wanted:
    """Return what is to be read of ChannelsTable.

    Whole channels would be twice the work. So nothing is done here for each but what is needed.
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


def perhaps_changed(
    table: Table,
    app_id: str,
    devices: Sequence[tuple[str, str]],
    since: int,
    now: int,
    *,
    in_range: int | None = None,
) -> Sequence[tuple[str, str]]:
    """Return which of these (player_id, device_id) may have another URI than at `since`, or none.

    A query of the shard's index, which lags behind the table by milliseconds: for devices that
    follow one another in their shard, as those of a broadcast to everyone do, it takes a twentieth
    of the read units and of the work that their items by key take. Others may have changed.

    Args:
        since: when their URIs were read (epoch seconds).
        now: epoch seconds.
        in_range: how many channels that had not expired there were then in the shard, from the
            first of these devices' to the last one's, which are in the order of their keys; None if
            that is not known.
    """
    shards = {shard_of(devices[at][0], SHARDS) for at in (0, len(devices) // 2, -1)}
    if len(shards) > 1:
        return devices
    if in_range is None:
        devices = sorted(devices, key=_key)
    query: dict[str, Any] = {
        "IndexName": "ByShard",
        "ProjectionExpression": "device_key",
        "KeyConditionExpression": "#shard = :shard AND device_key BETWEEN :first AND :last",
        "ExpressionAttributeNames": {"#shard": "shard"},  # a reserved word
        "ExpressionAttributeValues": {
            ":shard": f"{app_id}#{shards.pop()}",
            ":first": _key(devices[0]),
            ":last": _key(devices[-1]),
            ":now": now,
            ":latest": since - _CLOCKS_DIFFER_S + CHANNEL_LIFE_S,
        },
        "Limit": max(len(devices), in_range or 0) * 5 // 4 + _MOST_NEW,
    }
    if in_range is not None:
        page = table.query(**query, FilterExpression=f"NOT ({_SAME})")
        changed = {item["device_key"] for item in page["Items"]}
        by_key = _by_key(devices) if changed else {}
        # All that were there are there, and the others are new: what the filter leaves out counts
        # as well (Amazon DynamoDB developer guide, "Counting the items in the results"). This errs
        # on the safe side only: one that was there and has changed, but is none of these, counts as
        # a new one; and of a page that is cut off, the last of these is missing.
        if page["ScannedCount"] == in_range + len(changed - by_key.keys()):
            return [device for key, device in by_key.items() if key in changed]
    by_key = _by_key(devices)
    page = table.query(**query, FilterExpression=_SAME)
    same = {item["device_key"] for item in page["Items"]}
    return [device for key, device in by_key.items() if key not in same]


def _key(device: tuple[str, str]) -> str:
    return device_key(*device)


def _by_key(devices: Sequence[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {_key(each): each for each in devices}


def _read(item: Mapping[str, Any]) -> tuple[str, int]:
    return item["channel_uri"], int(item["expires_at"])

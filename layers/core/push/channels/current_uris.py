"""The URIs that devices have now: all that a sender needs of their channels before it sends."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from push.aws.batch_get import batch_get
from push.aws.dynamodb import map_dynamodb_errors
from push.aws.items import readable_items
from push.channels.keys import channel_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from push.aws.table import Table

Device = tuple[str, str]
"""player_id and device_id."""


@map_dynamodb_errors()
def current_uris(
    table: Table, app_id: str, devices: Iterable[Device], now: int
) -> dict[Device, str]:
    """Return the URIs of devices whose channels have not expired at `now` (epoch seconds), read
    consistently from ChannelsTable.

    Whole channels would be twice the work: a broadcast reads millions.

    Raises:
        TablesUnavailableError: DynamoDB failed, or left keys unprocessed at every try.
    """
    items = batch_get(
        table,
        [channel_key(app_id, *device) for device in devices],
        sleep=time.sleep,
        jitter=random.random,
        attributes=("pk", "sk", "channel_uri", "expires_at"),
    )
    found = readable_items("channel", items, _read)
    return {device: uri for device, uri, expires_at in found if expires_at > now}


def _read(item: Mapping[str, Any]) -> tuple[Device, str, int]:
    player_id = str(item["pk"]).partition("#")[2]
    return (player_id, str(item["sk"])), str(item["channel_uri"]), int(item["expires_at"])

"""Where the list of an app's notifications has each of them.

NotificationsTable, partition `list#<app>#<shard>`:

    <place>    the ids of the notifications that were listed there, together

An item names all notifications that one batch of requests becomes: one write unit, where an index
would cost one for each. It is written before their records, and each record names the one place
that it has. An id counts only where its record says so: a worker that dies in between, a copy of a
request and a write that fails leave ids that no record points back to, never a notification that is
listed twice or not at all.
"""

from __future__ import annotations

import secrets
import zlib
from typing import TYPE_CHECKING, Any

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.notifications.counters import RECORD_LIFE_S
from push.notifications.entry import summary_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from push.aws.table import Table

LIST_SHARDS = 8
"""Partitions of a list. DynamoDB gives each 1,000 write units a second."""

PLACE = r"[0-9]{10}\.[0-9a-f]{16}"
"""The form of a place: the time (epoch seconds) and what keeps it apart from others."""

AFTER_EVERY_PLACE = "~"


def list_partition(app_id: str, shard: int) -> str:
    """Return a partition key of an app's list."""
    return f"list#{app_id}#{shard}"


def time_prefix(at: int) -> str:
    """Return what all places of a time (epoch seconds) begin with."""
    return f"{at:010}."


@map_dynamodb_errors()
def reserve_place(
    table: Table, app_id: str, notification_ids: Iterable[str], now: float, due_in: float = 0
) -> str:
    """Put notifications into their app's list; return their place. They are there once their
    records name it.

    Args:
        notification_ids: about ten, in the order of the list. Copies of a request have the same
            id, which is put once.
        now: epoch seconds.
        due_in: seconds until the last of them is sent; the item lasts as long as its record.
    """
    place = f"{time_prefix(int(now))}{secrets.token_hex(8)}"
    table.put_item(
        Item={
            "pk": list_partition(app_id, zlib.crc32(place.encode()) % LIST_SHARDS),
            "sk": place,
            "listed": ",".join(dict.fromkeys(notification_ids)),
            "expires_at": int(now + max(due_in, 0)) + RECORD_LIFE_S,
        }
    )
    return place


@map_dynamodb_errors()
def assign_place(table: Table, notification_id: str, place: str) -> None:
    """Let a notification's record name its place, unless it has one. Idempotent."""
    try:
        table.update_item(
            Key=summary_key(notification_id),
            UpdateExpression="SET listed_at = :place",
            ConditionExpression="attribute_exists(pk) AND attribute_not_exists(listed_at)",
            ExpressionAttributeValues={":place": place},
        )
    except ConditionFailedError:
        return


def query_places(
    table: Table, partition: str, oldest: str, newest: str, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return the newest items of a partition between two places, both included, newest first, read
    consistently."""
    items: Sequence[Mapping[str, Any]] = table.query(
        KeyConditionExpression="pk = :pk AND sk BETWEEN :oldest AND :newest",
        ExpressionAttributeValues={":pk": partition, ":oldest": oldest, ":newest": newest},
        ScanIndexForward=False,
        Limit=limit,
        ConsistentRead=True,
    )["Items"]
    return items


def listed_ids(item: Mapping[str, Any]) -> list[str]:
    """Return the ids in an item of a list."""
    return str(item["listed"]).split(",")

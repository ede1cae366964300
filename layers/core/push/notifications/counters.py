"""Counters of a notification: deliveries, recipients, shards, outcomes by name.

They are spread over a few items `count#n` of NotificationsTable, because many workers add to them
concurrently.
"""

from __future__ import annotations

import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from push.notifications.players import PLAYER_TALLIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from push.aws.table import Table


RECORD_LIFE_S = 30 * 24 * 3600
"""How long a record is kept, in seconds."""

TALLIES = frozenset({"deliveries", "finished", "recipients", "shards_done"}) | PLAYER_TALLIES
"""Counters other than outcomes."""

_ITEMS = 8
_OUTCOME = "outcome_"  # DynamoDB adds to top-level attributes only, so each outcome has its own


def count_write(
    table: str, notification_id: str, spread: str, now: float, counts: Mapping[str, int]
) -> dict[str, Any]:
    """Return the write, for a transaction, that adds to a notification's counters.

    Args:
        spread: text whose hash picks one of the items.
        now: epoch seconds.
        counts: by tally or by outcome.
    """
    attributes = {name: name if name in TALLIES else f"{_OUTCOME}{name}" for name in counts}
    added = ", ".join(f"{attribute} :{name}" for name, attribute in attributes.items())
    return {
        "Update": {
            "TableName": table,
            "Key": {"pk": notification_id, "sk": f"count#{zlib.crc32(spread.encode()) % _ITEMS}"},
            "UpdateExpression": f"SET expires_at = :expires_at ADD {added}",
            "ExpressionAttributeValues": {f":{name}": count for name, count in counts.items()}
            | {":expires_at": int(now) + RECORD_LIFE_S},
        }
    }


def read_counters(table: Table, notification_id: str) -> Counter[str]:
    """Return a notification's counters by tally or outcome."""
    items = table.query(
        KeyConditionExpression="pk = :pk AND begins_with(sk, :counters)",
        ExpressionAttributeValues={":pk": notification_id, ":counters": "count#"},
        ConsistentRead=True,
    )["Items"]
    return tally_counters(items)


def counter_keys(notification_id: str) -> list[dict[str, str]]:
    """Return the keys of the items that hold a notification's counters."""
    return [{"pk": notification_id, "sk": f"count#{number}"} for number in range(_ITEMS)]


def tally_counters(items: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Return the sums of counters by tally or outcome."""
    total: Counter[str] = Counter()
    for item in items:
        for attribute, value in item.items():
            if attribute in TALLIES or attribute.startswith(_OUTCOME):
                total[attribute.removeprefix(_OUTCOME)] += int(str(value))
    return total

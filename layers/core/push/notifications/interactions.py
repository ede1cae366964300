"""Counts of what players did with a notification.

NotificationsTable, partition `<notification_id>#interactions#<n>`: an item per kind, and per name
of an action. They are spread over a few partitions, because all players of a broadcast may respond
within minutes.
"""

from __future__ import annotations

import zlib
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from push.aws.dynamodb import map_dynamodb_errors

if TYPE_CHECKING:
    from push.aws.table import Table

InteractionKind = Literal["shown", "opened", "dismissed", "action"]

_PARTITIONS = 8
_ACTION = "action#"
_NAMES_READ = 200  # of each partition
_NAMES_SHOWN = 50
_LONGEST_NAME = 64


class InteractionCounts(BaseModel):
    """Interactions of players with a notification: each player, device and kind counts once."""

    model_config = ConfigDict(frozen=True)

    shown: int = 0
    opened: int = 0
    dismissed: int = 0
    actions: Annotated[
        dict[str, int],
        Field(
            description="By the value of `action` in the button's arguments, else by all of them;"
            " the 50 most frequent"
        ),
    ] = {}


def interaction_write(
    table: str, notification_id: str, player_id: str, counted: str, expires_at: int
) -> dict[str, Any]:
    """Return the write, for a transaction, that counts an interaction of a player.

    Args:
        counted: from `counted_as`.
        expires_at: when the record expires (epoch seconds).
    """
    number = zlib.crc32(player_id.encode()) % _PARTITIONS
    return {
        "Update": {
            "TableName": table,
            "Key": {"pk": _partition(notification_id, number), "sk": counted},
            "UpdateExpression": "SET expires_at = :expires_at ADD interactions :one",
            "ExpressionAttributeValues": {":one": 1, ":expires_at": expires_at},
        }
    }


def counted_as(kind: InteractionKind, action_name: str | None) -> str:
    """Return what an interaction is counted as."""
    return f"{_ACTION}{(action_name or '')[:_LONGEST_NAME]}" if kind == "action" else kind


@map_dynamodb_errors()
def read_interactions(table: Table, notification_id: str) -> InteractionCounts:
    """Return the counts of a notification: a query per partition, whatever there is."""
    total: Counter[str] = Counter()
    for number in range(_PARTITIONS):
        items = table.query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": _partition(notification_id, number)},
            ConsistentRead=True,
            ScanIndexForward=False,  # the kinds other than actions first
            Limit=_NAMES_READ,
        )["Items"]
        for item in items:
            total[str(item["sk"])] += int(str(item["interactions"]))
    actions = Counter(
        {
            name.removeprefix(_ACTION): count
            for name, count in total.items()
            if name.startswith(_ACTION)
        }
    )
    return InteractionCounts(
        shown=total["shown"],
        opened=total["opened"],
        dismissed=total["dismissed"],
        actions=dict(actions.most_common(_NAMES_SHOWN)),
    )


def _partition(notification_id: str, number: int) -> str:
    return f"{notification_id}#interactions#{number}"

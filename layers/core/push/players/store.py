"""Stored interactions, so that each is counted and published once.

NotificationsTable, partition `interactions#<app_id>#<player_id>`, an item per notification and
device, with an attribute per interaction. So a player's interactions are erased with one query, and
a device has no more of them for a notification than a toast can have.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.notifications.interactions import interaction_write

if TYPE_CHECKING:
    from push.aws.dynamodb import Transactions
    from push.aws.table import Table
    from push.players.models import Interaction

MAX_PER_DEVICE = 8
"""Shown, opened, dismissed, and the five buttons and menu items that a toast can have."""

_LEASE_S = 10
_PUBLISHED = 0


class Stored(StrEnum):
    """How far an interaction is."""

    LEASED = "leased"
    """It is stored and counted; this caller publishes it."""
    BUSY = "busy"
    """Another worker is publishing it."""
    PUBLISHED = "published"
    """It was stored before, and published."""
    REFUSED = "refused"
    """The device has as many as a toast can have."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an interaction is stored, what it is counted as, when it expires (epoch seconds)."""

    app_id: str
    player_id: str
    interaction: Interaction
    action: str
    counted: str
    expires_at: int

    @property
    def key(self) -> dict[str, str]:
        """The key of the item."""
        notification_id = self.interaction.notification_id
        return {
            "pk": partition_of(self.app_id, self.player_id),
            "sk": f"{notification_id}#{self.interaction.device_id}",
        }

    @property
    def attribute(self) -> str:
        """The attribute: the kind, and a hash of the action."""
        digest = sha256(self.action.encode()).hexdigest()[:16]
        return f"{self.interaction.kind}_{digest}"

    def is_same(self, other: Place) -> bool:
        """Return whether another place is this one."""
        return (self.key, self.attribute) == (other.key, other.attribute)


@dataclass(frozen=True, slots=True)
class InteractionStore:
    """The interactions in NotificationsTable. Times are epoch seconds."""

    table: Table
    transactions: Transactions

    @map_dynamodb_errors()
    def put(self, place: Place, now: float, *, is_published: bool) -> Stored:
        """Store and count an interaction in one transaction, or return how far an earlier copy of
        it is.

        new                                     → leased, to be published by the caller
        stored, published                       → published
        stored, leased                          → busy
        stored, its lease has ended unpublished → leased again; it is counted already

        Args:
            is_published: store it as published: the app does not want the event.
        """
        interaction = place.interaction
        until = _PUBLISHED if is_published else int(now) + _LEASE_S
        value = {"at": interaction.at, "inputs": interaction.inputs, "publish_until": until}
        stored = {
            "TableName": self.table.name,
            "Key": place.key,
            "UpdateExpression": "SET #attribute = :value, expires_at = :expires_at ADD kept :one",
            "ConditionExpression": "attribute_not_exists(#attribute)"
            " AND (attribute_not_exists(kept) OR kept < :most)",
            "ExpressionAttributeNames": {"#attribute": place.attribute},
            "ExpressionAttributeValues": {
                ":value": value,
                ":expires_at": place.expires_at,
                ":one": 1,
                ":most": MAX_PER_DEVICE,
            },
        }
        counted = interaction_write(
            self.table.name,
            interaction.notification_id,
            place.player_id,
            place.counted,
            place.expires_at,
        )
        try:
            self.transactions.write([{"Update": stored}, counted])
        except ConditionFailedError:
            return self._earlier(place, now)
        return Stored.PUBLISHED if is_published else Stored.LEASED

    def _earlier(self, place: Place, now: float) -> Stored:
        item: Any = self.table.get_item(Key=place.key, ConsistentRead=True).get("Item", {})
        if place.attribute not in item:
            return Stored.REFUSED
        until = int(item[place.attribute]["publish_until"])
        if until == _PUBLISHED:
            return Stored.PUBLISHED
        if until > now:
            return Stored.BUSY
        is_taken = self._set(place, int(now) + _LEASE_S, expected=until)
        return Stored.LEASED if is_taken else Stored.BUSY

    @map_dynamodb_errors()
    def end(self, place: Place, now: float, *, is_published: bool) -> None:
        """Note that an interaction is published, or end the lease, so that the next try publishes
        it."""
        self._set(place, _PUBLISHED if is_published else int(now), expected=None)

    def _set(self, place: Place, until: int, *, expected: int | None) -> bool:
        values = {":until": until} | ({} if expected is None else {":expected": expected})
        condition = "attribute_exists(#attribute)"
        if expected is not None:
            condition += " AND #attribute.publish_until = :expected"
        try:
            self.table.update_item(
                Key=place.key,
                UpdateExpression="SET #attribute.publish_until = :until",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#attribute": place.attribute},
                ExpressionAttributeValues=values,
            )
        except ConditionFailedError:
            return False
        return True


def partition_of(app_id: str, player_id: str) -> str:
    """Return the partition key of a player's interactions."""
    return f"interactions#{app_id}#{player_id}"

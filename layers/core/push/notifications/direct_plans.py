"""Plans of direct requests: where each delivery starts, and which players are skipped.

The first plan that is recorded stays in force. A request that is dispatched twice makes the same
deliveries, whoever registered, left or started the game in between: the claim on the first copy of
a delivery stops the second, and every player is counted once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from push.aws.dynamodb import ConditionFailedError
from push.errors import TablesUnavailableError
from push.notifications.counters import RECORD_LIFE_S
from push.notifications.entry import BEFORE
from push.notifications.players import SKIP_REASONS, skipped_players

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.aws.dynamodb import Transactions
    from push.aws.table import Table
    from push.notifications.entry import Record, RequestEntry
    from push.notifications.players import SkipReason
    from push.notifications.record import Notifications


_TRIES = 4  # a record goes from none to accepted to planned or cancelled: at most three writers win


@dataclass(frozen=True, slots=True)
class DirectPlan:
    """How the players of a request become deliveries.

    Attributes:
        chunk_starts: the index, among the request's players without repetitions, at which each
            delivery starts.
        requested: number of players.
        recipients: number of devices found when the plan was made.
        skipped: the players who are sent nothing, by reason.
    """

    chunk_starts: tuple[int, ...]
    requested: int
    recipients: int
    skipped: Mapping[SkipReason, tuple[str, ...]]

    @property
    def reached(self) -> int:
        """Number of players with a device to send to."""
        return self.requested - sum(len(players) for players in self.skipped.values())


@dataclass(frozen=True, slots=True)
class DirectPlans:
    """The plans in NotificationsTable: attributes of the summary, and the item `skipped`."""

    table: Table
    transactions: Transactions
    notifications: Notifications

    def in_force(self, record: Record) -> DirectPlan | None:
        """Return the plan that a record has, None if it has none."""
        if "plan" not in record.item:
            return None
        counts = json.loads(str(record.item["skipped"]))
        return DirectPlan(
            chunk_starts=tuple(json.loads(str(record.item["plan"]))),
            requested=int(record.item["requested"]),
            recipients=int(record.item["recipients"]),
            skipped=skipped_players(self.table, str(record.item["pk"])) if counts else {},
        )

    def put(
        self, entry: RequestEntry, proposed: DirectPlan, known: Record | None, now: float
    ) -> DirectPlan | None:
        """Record a request as dispatched with its plan; return the plan in force, which may be an
        earlier one, or None if the request must not be sent any more.

        Args:
            known: the record as it was read, None if there was none.
            now: epoch seconds.

        Raises:
            RequestIdReusedError: the record is another request's.
            TablesUnavailableError: others kept changing the record.
        """
        # no record             → put it, dispatched and planned: one write
        # accepted, scheduled   → update it; or failed: the request was moved back and is valid now
        # planned               → the plan in force: another worker's, or ours, its response lost
        # cancelled, suppressed → nothing
        record = known
        for _ in range(_TRIES):
            if record is not None:
                record.check(entry)
                plan = self.in_force(record)
                if plan is not None:
                    return plan
                if record.state not in BEFORE["dispatched"]:
                    return None
            if self._write(entry, proposed, now, is_new=record is None):
                return proposed
            record = self.notifications.find(entry.notification_id)
        raise TablesUnavailableError(
            "the record of the notification kept changing", "DynamoDB ConditionalCheckFailed"
        )

    def _write(self, entry: RequestEntry, plan: DirectPlan, now: float, *, is_new: bool) -> bool:
        """Write a plan; return False if the record is not as expected."""
        table = self.table.name
        planned = _attributes(plan) | {"expires_at": int(now) + RECORD_LIFE_S}
        if is_new:
            write: dict[str, Any] = {
                "TableName": table,
                "Item": entry.item("dispatched", now) | planned,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        else:
            write = _update(table, entry, planned | {"state": "dispatched"})
        try:
            if plan.skipped:
                action = {"Put" if is_new else "Update": write}
                skipped = _skipped_put(table, entry.notification_id, plan, now)
                self.transactions.write([action, skipped])
            elif is_new:
                self.table.put_item(**write)
            else:
                self.table.update_item(**write)
        except ConditionFailedError:
            return False
        return True


def _attributes(plan: DirectPlan) -> dict[str, Any]:
    skipped = {reason: len(players) for reason, players in plan.skipped.items()}
    return {
        "plan": json.dumps(plan.chunk_starts, separators=(",", ":")),
        "deliveries": len(plan.chunk_starts),
        "recipients": plan.recipients,
        "requested": plan.requested,
        "reached": plan.reached,
        "skipped": json.dumps(skipped),
    }


def _update(table: str, entry: RequestEntry, values: Mapping[str, Any]) -> dict[str, Any]:
    states = {f":before{number}": name for number, name in enumerate(BEFORE["dispatched"])}
    sets = [f"#{name} = :{name}" for name in values]
    place: dict[str, str] = {}
    if entry.listed_at is not None:
        # A notification keeps the place that it has: a list that is being read stays as it is.
        sets.append("listed_at = if_not_exists(listed_at, :place)")
        place = {":place": entry.listed_at}
    return {
        "TableName": table,
        "Key": {"pk": entry.notification_id, "sk": "summary"},
        "UpdateExpression": "SET " + ", ".join(sets),
        "ConditionExpression": f"#state IN ({', '.join(states)}) AND attribute_not_exists(#plan)",
        "ExpressionAttributeNames": {f"#{name}": name for name in values},
        "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}
        | states
        | place,
    }


def _skipped_put(table: str, notification_id: str, plan: DirectPlan, now: float) -> dict[str, Any]:
    by_reason = {reason: plan.skipped[reason] for reason in SKIP_REASONS if reason in plan.skipped}
    return {
        "Put": {
            "TableName": table,
            "Item": {
                "pk": notification_id,
                "sk": "skipped",
                "skipped": json.dumps(by_reason, separators=(",", ":")),
                "expires_at": int(now) + RECORD_LIFE_S,
            },
        }
    }

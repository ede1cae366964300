"""The record of a notification: its request, its state, its counts.

Items of NotificationsTable under the notification's id: `summary`, `request` for the pages of a
broadcast, and `skipped` for the players of a direct request who are sent nothing. Other modules add
`count#n` and `page#n`, the plan of a direct request to the summary, and a partition per chunk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.errors import NotFoundError
from push.notifications.chunks import count_claims
from push.notifications.counters import RECORD_LIFE_S, read_counters
from push.notifications.entry import BEFORE, Record, summary_key
from push.notifications.summary import is_direct, summary_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from push.aws.table import Table
    from push.notifications.entry import RequestEntry, State
    from push.notifications.summary import Summary


class Notifications:
    """The summaries, requests and counters in NotificationsTable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @property
    def table(self) -> Table:
        """NotificationsTable."""
        return self._table

    @map_dynamodb_errors()
    def accept(self, entry: RequestEntry, now: float) -> State:
        """Record a request as accepted; return `accepted`, or the state of an existing record.

        Raises:
            RequestIdReusedError: the existing record is another request's.
        """
        try:
            self._table.put_item(
                Item=entry.item("accepted", now),
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ConditionFailedError as error:
            record = Record(error.item)
            record.check(entry)
            return record.state
        return "accepted"

    @map_dynamodb_errors()
    def find(self, notification_id: str) -> Record | None:
        """Return the record of a notification, None if there is none."""
        key = summary_key(notification_id)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return None if item is None else Record(item)

    def state(self, notification_id: str) -> State | None:
        """Return the recorded state, None if there is no record."""
        record = self.find(notification_id)
        return None if record is None else record.state

    @map_dynamodb_errors()
    def advance(self, notification_id: str, state: State, *, shards: int | None = None) -> bool:
        """Move a notification to a state; return False if it cannot get there from its own.

        `shards`: how many a broadcast has; their pages count deliveries and players.
        """
        return self._advance(notification_id, state, {} if shards is None else {"shards": shards})

    @map_dynamodb_errors()
    def fail(self, entry: RequestEntry) -> None:
        """Record that a request can never become a notification, unless it did or the record is
        another request's."""
        self._advance(
            entry.notification_id,
            "failed",
            {},
            " AND (attribute_not_exists(content_hash) OR content_hash = :hash)",
            {":hash": entry.content_hash},
        )

    @map_dynamodb_errors()
    def withdraw(self, notification_id: str) -> bool:
        """Cancel a notification that is accepted and nothing more; return whether it was."""
        only = " AND #state = :accepted"
        return self._advance(notification_id, "cancelled", {}, only, {":accepted": "accepted"})

    def _advance(
        self,
        notification_id: str,
        state: State,
        values: Mapping[str, Any],
        condition: str = "",
        compared: Mapping[str, Any] | None = None,
    ) -> bool:
        before = {f":before{number}": name for number, name in enumerate(BEFORE[state])}
        changes = "".join(f", {name} = :{name}" for name in values)
        try:
            self._table.update_item(
                Key=summary_key(notification_id),
                UpdateExpression=f"SET #state = :state{changes}",
                ConditionExpression=f"#state IN ({', '.join(before)}){condition}",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":state": state}
                | before
                | {f":{name}": value for name, value in values.items()}
                | dict(compared or {}),
            )
        except ConditionFailedError:
            return False
        return True

    def keep_request(self, notification_id: str, text: str, now: float) -> None:
        """Store what the pages of a broadcast need. Idempotent: the first text stays."""
        item: dict[str, Any] = _key(notification_id, "request") | {
            "request": text,
            "expires_at": int(now) + RECORD_LIFE_S,
        }
        try:
            self._table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")
        except ConditionFailedError:
            return

    def broadcast_keys(self, notification_id: str) -> list[dict[str, str]]:
        """Return the keys of the items that say what the pages of a broadcast need."""
        return [summary_key(notification_id), _key(notification_id, "request")]

    def broadcast(
        self, notification_id: str, found: Iterable[Mapping[str, Any]]
    ) -> tuple[State | None, str]:
        """Return the state of a broadcast and the text that `keep_request` stored.

        Args:
            found: what there is of the items with `broadcast_keys`.

        Raises:
            NotFoundError: there is no text, or it is over 30 days old.
        """
        items = {str(item["sk"]): item for item in found}
        if "request" not in items:
            raise NotFoundError(f"there is no request of notification '{notification_id}'")
        return items.get("summary", {}).get("state"), str(items["request"]["request"])

    def summary(self, app_id: str, notification_id: str) -> Summary:
        """Return the summary of a notification.

        Raises:
            NotFoundError: the app has no such notification, or it is over 30 days old.
        """
        key = summary_key(notification_id)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None or item["app_id"] != app_id:
            raise NotFoundError(f"app '{app_id}' has no notification '{notification_id}'")
        if is_direct(item):  # a direct request's deliveries count for themselves
            deliveries = int(str(item["deliveries"]))
            counters = count_claims(self._table, notification_id, deliveries)
        else:
            counters = read_counters(self._table, notification_id)
        return summary_of(item, counters)


def _key(notification_id: str, sk: str) -> dict[str, str]:
    return {"pk": notification_id, "sk": sk}

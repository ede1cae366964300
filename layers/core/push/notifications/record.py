"""The record of a notification: its request, its state, its counts.

Items of NotificationsTable under the notification's id: `summary`, and `request` for the pages of a
broadcast. Other modules add `count#n`, `chunk#n` and `page#n`.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from push.aws.batch_get import batch_get
from push.aws.dynamodb import failed_item, map_dynamodb_errors
from push.errors import NotFoundError
from push.notifications.chunks import count_claims
from push.notifications.counters import RECORD_LIFE_S, TALLIES, read_counters

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Collection, Mapping

    from mypy_boto3_dynamodb.service_resource import Table


State = Literal[
    "accepted",
    "scheduled",
    "broadcasting",
    "dispatched",
    "completed",
    "suppressed",
    "failed",
    "cancelled",
]
_BEFORE: Mapping[State, tuple[State, ...]] = {
    "scheduled": ("accepted",),
    "broadcasting": ("accepted", "scheduled"),
    "dispatched": ("accepted", "scheduled"),
    "suppressed": ("accepted", "scheduled"),
    "failed": ("accepted", "scheduled"),
    "cancelled": ("accepted", "scheduled", "broadcasting", "dispatched"),
}


class Summary(BaseModel):
    """State and counts of a notification. Times are epoch seconds."""

    model_config = ConfigDict(frozen=True)

    notification_id: str
    app_id: str
    request_id: str
    state: State
    accepted_at: int
    send_at: int | None = None
    shards: Annotated[int, Field(description="Shards of a broadcast, processed concurrently")] = 0
    shards_done: Annotated[int, Field(description="Shards whose every page is dispatched")] = 0
    recipients: Annotated[int, Field(description="Devices found so far")] = 0
    deliveries: Annotated[int, Field(description="Deliveries queued so far")] = 0
    finished: Annotated[int, Field(description="Deliveries with an outcome on every channel")] = 0
    counts: Annotated[dict[str, int], Field(description="Outcomes so far, by name")] = {}


class Notifications:
    """The summaries, requests and counters in NotificationsTable."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._exceptions = table.meta.client.exceptions

    def accept(
        self, notification_id: str, app_id: str, request_id: str, now: int, send_at: int | None
    ) -> State:
        """Record a request as accepted; return `accepted`, or the state of an existing record."""
        item: dict[str, Any] = {
            "pk": notification_id,
            "sk": "summary",
            "app_id": app_id,
            "request_id": request_id,
            "state": "accepted",
            "accepted_at": now,
            "expires_at": max(now, send_at or 0) + RECORD_LIFE_S,
        } | ({"send_at": send_at} if send_at else {})
        try:
            self._table.put_item(
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._exceptions.ConditionalCheckFailedException as error:
            state: State = failed_item(error)["state"]
            return state
        return "accepted"

    @map_dynamodb_errors()
    def state(self, notification_id: str) -> State | None:
        """Return the recorded state, None if there is no record."""
        answer = self._table.get_item(Key=_key(notification_id, "summary"), ConsistentRead=True)
        item: dict[str, Any] = answer.get("Item", {})
        return item.get("state")

    @map_dynamodb_errors()
    def states(self, notification_ids: Collection[str]) -> dict[str, State]:
        """Return the recorded states of notifications, read consistently."""
        if len(notification_ids) == 1:
            (only,) = notification_ids
            state = self.state(only)
            return {} if state is None else {only: state}
        keys = [_key(each, "summary") for each in notification_ids]
        found = batch_get(self._table, keys, sleep=time.sleep, jitter=random.random)
        return {str(item["pk"]): item["state"] for item in found}

    def advance(
        self,
        notification_id: str,
        state: State,
        *,
        shards: int = 0,
        deliveries: int = 0,
        recipients: int = 0,
    ) -> bool:
        """Move a notification to a state; return False if it cannot get there from its own.

        `deliveries` and `recipients` count those of direct requests; the pages of `shards` count
        their own.
        """
        states: dict[str, Any] = {
            f":before{number}": name for number, name in enumerate(_BEFORE[state])
        }
        try:
            self._table.update_item(
                Key=_key(notification_id, "summary"),
                UpdateExpression="SET #state = :state, shards = :shards,"
                " deliveries = :deliveries, recipients = :recipients",
                ConditionExpression=f"#state IN ({', '.join(states)})",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":state": state,
                    ":shards": shards,
                    ":deliveries": deliveries,
                    ":recipients": recipients,
                }
                | states,
            )
        except self._exceptions.ConditionalCheckFailedException:
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
        except self._exceptions.ConditionalCheckFailedException:
            return

    def request(self, notification_id: str) -> str:
        """Return the text that `keep_request` stored.

        Raises:
            NotFoundError: there is none, or it is over 30 days old.
        """
        item = self._table.get_item(Key=_key(notification_id, "request")).get("Item")
        if item is None:
            raise NotFoundError(f"there is no request of notification '{notification_id}'")
        return str(item["request"])

    def summary(self, app_id: str, notification_id: str) -> Summary:
        """Return the summary of a notification.

        Raises:
            NotFoundError: the app has no such notification, or it is over 30 days old.
        """
        key = _key(notification_id, "summary")
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None or item["app_id"] != app_id:
            raise NotFoundError(f"app '{app_id}' has no notification '{notification_id}'")
        if item.get("shards"):
            counters = read_counters(self._table, notification_id)
        else:
            deliveries = int(str(item.get("deliveries", 0)))
            counters = count_claims(self._table, notification_id, deliveries)
        return _summary(item, counters)


def _key(notification_id: str, sk: str) -> dict[str, str]:
    return {"pk": notification_id, "sk": sk}


def _summary(item: Mapping[str, Any], counters: Counter[str]) -> Summary:
    state: State = item["state"]
    shards = int(item.get("shards", 0))
    tallies = {name: counters[name] for name in TALLIES}
    for name in ("deliveries", "recipients"):
        tallies[name] += int(item.get(name, 0))
    if state == "broadcasting" and tallies["shards_done"] >= shards:
        state = "dispatched"
    if state == "dispatched" and tallies["finished"] >= tallies["deliveries"]:
        state = "completed"
    return Summary(
        notification_id=str(item["pk"]),
        app_id=str(item["app_id"]),
        request_id=str(item["request_id"]),
        state=state,
        accepted_at=int(item["accepted_at"]),
        send_at=int(item["send_at"]) if "send_at" in item else None,
        shards=shards,
        counts={name: count for name, count in counters.items() if name not in TALLIES},
        **tallies,
    )

"""The record of a notification: accepted, claimed, its outcomes and their counts.

One item `summary` per notification and one item `chunk#n` per delivery. A chunk knows its attempt,
who works on it (a lease) and the outcome on every channel that has one, so work that comes a second
time is recognized.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from boto3.dynamodb.conditions import Key

from push.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.service_resource import Table

    from push.deliveries import Delivery
    from push.requests import Request

RECORD_LIFE_S = 30 * 24 * 3600
_CONFLICT_TRIES = 8
_NO_LEASE = 0
_COUNT = "count_"  # one attribute per outcome: DynamoDB adds to top-level attributes only

State = Literal["accepted", "suppressed", "dispatched", "completed"]
Outcomes = dict[str, dict[str, Any]]
"""Outcome records by name (`<player_id>#<device_id>#<kind>`); each holds `outcome`, `attempt` and
what WNS said."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Where a notification stands."""

    notification_id: str
    app_id: str
    request_id: str
    state: State
    accepted_at: int
    deliveries: int
    expected: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a delivery until the lease ends, and the outcomes that earlier work
    recorded."""

    delivery: Delivery
    owner: str
    outcomes: Outcomes
    counted_through: int


@dataclass(frozen=True, slots=True)
class Finished:
    """Every channel of the delivery has its outcome."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """What was left of the delivery went on as a later attempt."""

    attempt: int
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class Busy:
    """Another worker holds the lease; `same_message` tells whether it holds it for this very
    message."""

    same_message: bool


class LostClaimError(Exception):
    """When the lease ran out and another worker took the delivery over; what it records counts."""


class Notifications:
    """The records in NotificationsTable."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._client = table.meta.client

    def accept(self, request: Request, now: int) -> Summary:
        """Record a request as accepted, or return how the record of the same request stands."""
        item: dict[str, Any] = {
            "pk": request.notification_id,
            "sk": "summary",
            "app_id": request.app_id,
            "request_id": request.request_id,
            "state": "accepted",
            "accepted_at": now,
            "deliveries": 0,
            "expected": 0,
            "expires_at": now + RECORD_LIFE_S,
        }
        try:
            self._client.put_item(
                TableName=self._table.name,
                Item=item,
                ConditionExpression="attribute_not_exists(#state)",
                ExpressionAttributeNames={"#state": "state"},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return self.summary(request.app_id, request.notification_id)
        return _summary(item)

    def mark(
        self, notification_id: str, state: State, *, deliveries: int = 0, expected: int = 0
    ) -> None:
        """Record that all deliveries of a notification are queued, or that there will be none.

        Of two workers that dispatched the same request, the first one's word stands.
        """
        try:
            self._table.update_item(
                Key={"pk": notification_id, "sk": "summary"},
                UpdateExpression="SET #state = :state, deliveries = :deliveries,"
                " expected = :expected",
                ConditionExpression="#state = :accepted",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":state": state,
                    ":deliveries": deliveries,
                    ":expected": expected,
                    ":accepted": "accepted",
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def summary(self, app_id: str, notification_id: str) -> Summary:
        """Return how a notification stands.

        Raises:
            NotFoundError: the app has no such notification, or it is over 30 days old.
        """
        key = {"pk": notification_id, "sk": "summary"}
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None or item["app_id"] != app_id:
            raise NotFoundError(f"app '{app_id}' has no notification '{notification_id}'")
        return _summary(item)

    def outcomes(self, notification_id: str) -> Outcomes:
        """Return the outcomes of a notification's first deliveries: up to 1 MB of records."""
        page = self._table.query(
            KeyConditionExpression=Key("pk").eq(notification_id) & Key("sk").begins_with("chunk#")
        )
        return {name: said for item in page["Items"] for name, said in _outcomes(item).items()}

    def claim(
        self, delivery: Delivery, owner: str, now: float, lease_s: float
    ) -> Claim | Finished | Superseded | Busy:
        """Take a delivery for `lease_s` seconds, or tell why not.

        `owner` names the message, so that a second copy of the same work is told from the same
        message come again.
        """
        try:
            item = self._table.update_item(
                Key=_chunk_key(delivery),
                UpdateExpression="SET attempt = :attempt, #owner = :owner, lease_until = :until,"
                " outcomes = if_not_exists(outcomes, :none),"
                " counted_through = if_not_exists(counted_through, :never),"
                " finished = :no, expires_at = if_not_exists(expires_at, :expiry)",
                ConditionExpression="attribute_not_exists(pk)"
                " OR (attempt <= :attempt AND finished = :no AND lease_until <= :now)",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={
                    ":attempt": delivery.attempt,
                    ":owner": owner,
                    ":until": int(now + lease_s) + 1,
                    ":now": int(now),
                    ":none": {},
                    ":never": -1,
                    ":no": False,
                    ":expiry": int(now) + RECORD_LIFE_S,
                },
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except self._client.exceptions.ConditionalCheckFailedException:
            chunk = self._table.get_item(Key=_chunk_key(delivery), ConsistentRead=True)
            return _why_not(delivery, owner, chunk["Item"])
        return Claim(delivery, owner, _outcomes(item), int(str(item["counted_through"])))

    def record(self, claim: Claim, outcomes: Outcomes) -> None:
        """Record outcomes while the work goes on, so that a killed worker's successor does not
        repeat them.

        Raises:
            LostClaimError: the lease ran out and another worker has the delivery.
        """
        try:
            self._client.update_item(**self._chunk_update(claim, outcomes))
        except self._client.exceptions.ConditionalCheckFailedException:
            raise LostClaimError from None
        claim.outcomes.update(outcomes)

    def close(self, claim: Claim, outcomes: Outcomes, *, finished: bool) -> None:
        """Record the last outcomes of this attempt and count them, in one transaction; end the
        lease.

        With `finished` the delivery is done; else it waits for its next attempt.

        Raises:
            LostClaimError: the lease ran out and another worker has the delivery.
        """
        everything = claim.outcomes | outcomes
        counts = Counter(
            record["outcome"]
            for record in everything.values()
            if record["attempt"] > claim.counted_through
        )
        chunk = self._chunk_update(claim, outcomes, finished=finished)
        writes: list[Any] = [{"Update": chunk}]
        if counts:
            writes.append({"Update": self._count_update(claim.delivery.notification_id, counts)})
        for attempts_left in reversed(range(_CONFLICT_TRIES)):
            try:
                self._client.transact_write_items(TransactItems=writes)
            except self._client.exceptions.TransactionCanceledException as error:
                codes = {
                    reason.get("Code") for reason in error.response.get("CancellationReasons", [])
                }
                if "ConditionalCheckFailed" in codes:
                    raise LostClaimError from None
                if "TransactionConflict" not in codes or not attempts_left:
                    raise
            else:
                return

    def _chunk_update(
        self, claim: Claim, outcomes: Outcomes, *, finished: bool | None = None
    ) -> dict[str, Any]:
        delivery = claim.delivery
        sets = [f"outcomes.#n{number} = :o{number}" for number in range(len(outcomes))]
        names = {f"#n{number}": name for number, name in enumerate(outcomes)} | {"#owner": "owner"}
        values: dict[str, Any] = {
            f":o{number}": record for number, record in enumerate(outcomes.values())
        }
        values |= {":owner": claim.owner, ":attempt": delivery.attempt}
        if finished is not None:
            sets += [
                "finished = :finished",
                "counted_through = :attempt",
                "attempt = :next",
                "lease_until = :free",
            ]
            values |= {
                ":finished": finished,
                ":free": _NO_LEASE,
                ":next": delivery.attempt + (not finished),
            }
        return {
            "TableName": self._table.name,
            "Key": _chunk_key(delivery),
            "UpdateExpression": f"SET {', '.join(sets)}",
            "ConditionExpression": "#owner = :owner AND attempt = :attempt AND finished = :no",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values | {":no": False},
        }

    def _count_update(self, notification_id: str, counts: Mapping[str, int]) -> dict[str, Any]:
        return {
            "TableName": self._table.name,
            "Key": {"pk": notification_id, "sk": "summary"},
            "UpdateExpression": "ADD "
            + ", ".join(f"{_COUNT}{outcome} :{outcome}" for outcome in counts),
            "ExpressionAttributeValues": {
                f":{outcome}": count for outcome, count in counts.items()
            },
        }


def _chunk_key(delivery: Delivery) -> dict[str, str]:
    return {"pk": delivery.notification_id, "sk": f"chunk#{delivery.chunk}"}


def _outcomes(item: Mapping[str, Any]) -> Outcomes:
    return {
        name: {
            key: int(value) if isinstance(value, Decimal) else value for key, value in said.items()
        }
        for name, said in item["outcomes"].items()
    }


def _why_not(
    delivery: Delivery, owner: str, item: Mapping[str, Any]
) -> Finished | Superseded | Busy:
    if item["finished"]:
        return Finished()
    if item["attempt"] > delivery.attempt:
        return Superseded(int(str(item["attempt"])), _outcomes(item))
    return Busy(same_message=item["owner"] == owner)


def _summary(item: Mapping[str, Any]) -> Summary:
    counts = {
        name.removeprefix(_COUNT): int(str(count))
        for name, count in item.items()
        if name.startswith(_COUNT)
    }
    expected = int(str(item["expected"]))
    state: State = item["state"]
    if state == "dispatched" and sum(counts.values()) >= expected:
        state = "completed"
    return Summary(
        notification_id=str(item["pk"]),
        app_id=str(item["app_id"]),
        request_id=str(item["request_id"]),
        state=state,
        accepted_at=int(str(item["accepted_at"])),
        deliveries=int(str(item["deliveries"])),
        expected=expected,
        counts=counts,
    )

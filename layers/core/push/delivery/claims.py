"""The record of a delivery: who works on it, and the outcome on every channel that has one.

One item `chunk#n` of NotificationsTable per delivery. Work that comes a second time is recognized
by it, and what a killed worker has recorded is not done again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.delivery.outcomes import Outcomes, _outcomes, _text
from push.notifications.counters import RECORD_LIFE_S, count_write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.service_resource import Table

    from push.aws.dynamodb import Transactions
    from push.delivery.models import Delivery


_NO_LEASE = 0
_NONCE = "/"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a delivery until the lease ends, and the outcomes recorded before."""

    delivery: Delivery
    owner: str
    outcomes: Outcomes
    counted_through: int


@dataclass(frozen=True, slots=True)
class Finished:
    """Every channel of the delivery has its outcome."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """What was left of the delivery went on as a later attempt, not to be made before `not_before`
    (epoch seconds). If it is `requeued`, its message is known to exist; else whoever finds out has
    to queue it, as the worker may have died before it did."""

    attempt: int
    outcomes: Outcomes
    not_before: int
    requeued: bool


@dataclass(frozen=True, slots=True)
class Busy:
    """Another worker holds the lease; `same_message` tells whether it does so for this very
    message."""

    same_message: bool


class LostClaimError(Exception):
    """When the lease ran out and another worker took the delivery over; what it records counts."""


class DeliveryClaims:
    """The records of deliveries in NotificationsTable."""

    def __init__(self, table: Table, transactions: Transactions) -> None:
        self._table = table
        self._transactions = transactions
        self._exceptions = table.meta.client.exceptions

    @map_dynamodb_errors()
    def claim(
        self, delivery: Delivery, message_id: str, nonce: str, now: float, lease_s: float
    ) -> Claim | Finished | Superseded | Busy:
        """Take a delivery for `lease_s` seconds, or tell why not.

        Args:
            message_id: tells a second copy of the same work from the same message come again.
            nonce: different for each claim. A claim that was written but not heard of is found
                again by it.

        Raises:
            TablesUnavailableError: whether it is claimed is not known.
        """
        owner = f"{message_id}{_NONCE}{nonce}"
        try:
            item = self._table.update_item(
                Key=_key(delivery),
                UpdateExpression="SET attempt = :attempt, claimed = :attempt, #owner = :owner,"
                " lease_until = :until, outcomes = if_not_exists(outcomes, :none),"
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
        except self._exceptions.ConditionalCheckFailedException:
            found = self._table.get_item(Key=_key(delivery), ConsistentRead=True)["Item"]
            if found["owner"] != owner or found["attempt"] != delivery.attempt:
                return _why_not(delivery, message_id, found)
            item = found
        return Claim(delivery, owner, _outcomes(item), int(str(item["counted_through"])))

    @map_dynamodb_errors()
    def record(self, claim: Claim, outcomes: Outcomes) -> None:
        """Record outcomes while the work goes on, so that a killed worker's successor does not
        repeat them.

        Raises:
            LostClaimError: the lease ran out and another worker has the delivery.
            TablesUnavailableError: they may not be recorded; recording them again is no harm.
        """
        try:
            self._table.meta.client.update_item(**self._update(claim, outcomes))
        except self._exceptions.ConditionalCheckFailedException:
            raise LostClaimError from None
        claim.outcomes.update(outcomes)

    @map_dynamodb_errors()
    def close(
        self, claim: Claim, outcomes: Outcomes, now: float, *, not_before: int | None
    ) -> None:
        """Record the last outcomes of this attempt and count them, in one transaction; end the
        lease.

        Args:
            not_before: when the next attempt may be made (epoch seconds); None where there is
                nothing left to do.

        Raises:
            LostClaimError: the lease ran out and another worker has the delivery.
            TablesUnavailableError: this attempt may not be closed.
        """
        finished = not_before is None
        everything = claim.outcomes | outcomes
        counts = Counter(
            said["outcome"]
            for said in everything.values()
            if said["attempt"] > claim.counted_through
        )
        if finished:
            counts["finished"] = 1
        attempt = claim.delivery.attempt
        closing = self._update(
            claim,
            outcomes,
            finished=finished,
            attempt=attempt if finished else attempt + 1,
            counted_through=attempt,
            lease_until=_NO_LEASE,
            not_before=not_before or 0,
        )
        writes: list[Any] = [{"Update": closing}]
        if counts:
            notification_id, chunk = claim.delivery.notification_id, claim.delivery.chunk
            writes.append(count_write(self._table.name, notification_id, chunk, now, counts))
        try:
            self._transactions.write(writes)
        except ConditionFailedError:
            if not self._is_closed_by(claim):
                raise LostClaimError from None

    def _is_closed_by(self, claim: Claim) -> bool:
        """Return whether a claim was closed without our hearing of it."""
        found = self._table.get_item(Key=_key(claim.delivery), ConsistentRead=True).get("Item", {})
        attempt = claim.delivery.attempt
        return found.get("owner") == claim.owner and found.get("counted_through") == attempt

    def _update(self, claim: Claim, outcomes: Outcomes, **values: Any) -> dict[str, Any]:
        """Return the write of outcomes and of other attributes, if the claim still holds."""
        changes = [f"outcomes.#n{number} = :o{number}" for number in range(len(outcomes))]
        changes += [f"{name} = :{name}" for name in values]
        names = {f"#n{number}": name for number, name in enumerate(outcomes)} | {"#owner": "owner"}
        mine = {":owner": claim.owner, ":claimed": claim.delivery.attempt, ":no": False}
        return {
            "TableName": self._table.name,
            "Key": _key(claim.delivery),
            "UpdateExpression": f"SET {', '.join(changes)}",
            "ConditionExpression": "#owner = :owner AND attempt = :claimed AND finished = :no",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": mine
            | {f":o{number}": _text(said) for number, said in enumerate(outcomes.values())}
            | {f":{name}": value for name, value in values.items()},
        }


def _key(delivery: Delivery) -> dict[str, str]:
    return {"pk": delivery.notification_id, "sk": f"chunk#{delivery.chunk}"}


def _why_not(
    delivery: Delivery, message_id: str, item: Mapping[str, Any]
) -> Finished | Superseded | Busy:
    if item["finished"]:
        return Finished()
    if item["attempt"] > delivery.attempt:
        not_before, requeued = int(item["not_before"]), item["claimed"] == item["attempt"]
        return Superseded(int(item["attempt"]), _outcomes(item), not_before, requeued)
    return Busy(same_message=str(item["owner"]).partition(_NONCE)[0] == message_id)

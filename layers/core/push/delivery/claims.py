"""Claims on deliveries: who sends a delivery until when, and the outcomes recorded so far.

One item `chunk#n` of NotificationsTable per delivery. It tells a copy of a delivery from the
delivery itself, and what a killed worker has recorded is not sent again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from push.aws.dynamodb import ConditionFailedError, failed_item, map_dynamodb_errors
from push.delivery.outcomes import Outcomes, decode_outcomes, encode_outcome
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
    """The right to send a delivery until the lease ends, and the outcomes recorded before."""

    delivery: Delivery
    owner: str
    outcomes: Outcomes
    counted_through: int


@dataclass(frozen=True, slots=True)
class Finished:
    """Every recipient of the delivery has an outcome."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """The rest of the delivery is a later attempt.

    Attributes:
        attempt: number of that attempt.
        outcomes: those recorded so far; recipients without one belong to the later attempt.
        not_before: when the later attempt may start (epoch seconds).
        requeued: whether its message is known to exist, because somebody has claimed it. If not,
            whoever finds out queues it: the worker may have died before it did.
    """

    attempt: int
    outcomes: Outcomes
    not_before: int
    requeued: bool


@dataclass(frozen=True, slots=True)
class Busy:
    """Another worker holds the lease; `same_message`: it received the same SQS message."""

    same_message: bool


class LostClaimError(Exception):
    """Raised when the lease ran out and another worker claimed the delivery."""


class DeliveryClaims:
    """The claims in NotificationsTable."""

    def __init__(self, table: Table, transactions: Transactions) -> None:
        self._table = table
        self._transactions = transactions
        self._exceptions = table.meta.client.exceptions

    @map_dynamodb_errors()
    def claim(
        self, delivery: Delivery, message_id: str, nonce: str, now: float, lease_s: float
    ) -> Claim | Finished | Superseded | Busy:
        """Claim a delivery for `lease_s` seconds, or return why it cannot be claimed.

        The claim, the check for others' claims and the read of earlier outcomes are one write:

        no record yet, or a lease that has ended at this attempt or an earlier one → claimed
        condition failed, but the owner is this very call → claimed: an earlier try of the SDK
            was committed and its response lost
        condition failed → `_refusal` tells what the record says

        Args:
            message_id: distinguishes a copy of the delivery from the same message received again.
            nonce: unique per call; identifies a claim whose response was lost.

        Raises:
            TablesUnavailableError: the delivery may be claimed; then the lease ends by itself.
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
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]
        except self._exceptions.ConditionalCheckFailedException as error:
            item = failed_item(error)
            if item["owner"] != owner or item["attempt"] != delivery.attempt:
                return _refusal(delivery, message_id, item)
        return Claim(delivery, owner, decode_outcomes(item), int(str(item["counted_through"])))

    @map_dynamodb_errors()
    def record(self, claim: Claim, outcomes: Outcomes) -> None:
        """Record outcomes of an open attempt, so that a killed worker's successor does not repeat
        them. Idempotent.

        Raises:
            LostClaimError: another worker has the delivery.
            TablesUnavailableError: the outcomes may or may not be recorded.
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
        """Record the last outcomes of an attempt, count its outcomes and end the lease, in one
        transaction: each outcome is counted once, whoever is killed when.

        Args:
            not_before: when the next attempt may start (epoch seconds); None if every recipient has
                an outcome.

        Raises:
            LostClaimError: another worker has the delivery.
            TablesUnavailableError: the attempt may or may not be closed.
        """
        finished = not_before is None
        everything = claim.outcomes | outcomes
        counts = Counter(
            record["outcome"]
            for record in everything.values()
            if record["attempt"] > claim.counted_through
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
        """Return whether a claim is closed: by a transaction whose response was lost."""
        found = self._table.get_item(Key=_key(claim.delivery), ConsistentRead=True).get("Item", {})
        attempt = claim.delivery.attempt
        return found.get("owner") == claim.owner and found.get("counted_through") == attempt

    def _update(self, claim: Claim, outcomes: Outcomes, **values: Any) -> dict[str, Any]:
        """Return the update that sets outcomes and attributes on condition that the claim holds."""
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
            | {
                f":o{number}": encode_outcome(record)
                for number, record in enumerate(outcomes.values())
            }
            | {f":{name}": value for name, value in values.items()},
        }


def _key(delivery: Delivery) -> dict[str, str]:
    return {"pk": delivery.notification_id, "sk": f"chunk#{delivery.chunk}"}


def _refusal(
    delivery: Delivery, message_id: str, item: Mapping[str, Any]
) -> Finished | Superseded | Busy:
    if item["finished"]:
        return Finished()
    if item["attempt"] > delivery.attempt:
        not_before, requeued = int(item["not_before"]), item["claimed"] == item["attempt"]
        return Superseded(int(item["attempt"]), decode_outcomes(item), not_before, requeued)
    return Busy(same_message=str(item["owner"]).partition(_NONCE)[0] == message_id)

"""Claims on deliveries: who sends a delivery until when, and the outcomes recorded so far.

One item `claim` per delivery tells a copy of a delivery from the delivery itself. What a worker has
recorded is not sent again by its successor; and the claim says how far its sends may have gone.

Sends start in the order of the recipients' names. A claim, and each record of outcomes after it,
stores the name up to which they may have started. So a worker that is killed leaves behind only few
recipients in doubt, and its successor knows them: those up to that name that have no outcome.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from push.aws.dynamodb import ConditionFailedError, failed_item, map_dynamodb_errors
from push.notifications.chunks import (
    CLAIM,
    OUTCOMES,
    items_of_chunk,
    outcomes_of_chunk,
    partition_of,
)
from push.notifications.counters import RECORD_LIFE_S, count_write
from push.notifications.outcomes import decode_outcomes, encode_outcomes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.service_resource import Table

    from push.aws.dynamodb import Transactions
    from push.delivery.models import Delivery
    from push.notifications.outcomes import Outcomes


_NO_LEASE = 0
_NONCE = "/"
_INLINE_BYTES = 600  # with the rest of the claim still within the 1 KB of a write unit


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send a delivery until the lease ends.

    Attributes:
        outcomes: recorded by an earlier worker of this attempt.
        started_through: name of the last recipient whose send may start before the next record.
        is_taken_over: whether an earlier worker had this attempt. Its sends may have started
            through `started_through` as well.
        counts: outcomes of the earlier attempts, by name.
    """

    delivery: Delivery
    owner: str
    outcomes: Outcomes
    started_through: str
    is_taken_over: bool
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Finished:
    """Every recipient of the delivery has an outcome."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """The rest of the delivery is a later attempt.

    Attributes:
        attempt: number of that attempt.
        outcomes: those recorded so far; recipients without one belong to the later attempt. Only
            read if it is not requeued.
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
        self._client = table.meta.client
        self._transactions = transactions

    @map_dynamodb_errors()
    def claim(
        self,
        delivery: Delivery,
        message_id: str,
        nonce: str,
        now: float,
        lease_s: float,
        *,
        started_through: str,
    ) -> Claim | Finished | Superseded | Busy:
        """Claim a delivery for `lease_s` seconds, or return why it cannot be claimed.

        The claim, the check for others' claims and the note of how far sends may start are one
        write:

        no record yet, or a lease that has ended at this attempt or an earlier one → claimed
        condition failed, but the owner is this very call → claimed: an earlier try of the SDK
            was committed and its response lost
        condition failed → `_refusal` tells what the record says

        Args:
            message_id: distinguishes a copy of the delivery from the same message received again.
            nonce: unique per call; identifies a claim whose response was lost.
            started_through: name of the last recipient that may be sent to before the next record.
                An earlier worker's stays in force: its recipients in doubt must not be forgotten.

        Raises:
            TablesUnavailableError: the delivery may be claimed; then the lease ends by itself.
        """
        owner = f"{message_id}{_NONCE}{nonce}"
        try:
            item: Mapping[str, Any] = self._client.update_item(
                TableName=self._table.name,
                Key=_key(delivery),
                UpdateExpression="SET attempt = :attempt, claimed = :attempt, #owner = :owner,"
                " lease_until = :until, finished = :no,"
                " started_through = if_not_exists(started_through, :through),"
                " expires_at = if_not_exists(expires_at, :expiry) ADD workers :one",
                ConditionExpression="attribute_not_exists(pk)"
                " OR (attempt <= :attempt AND finished = :no AND lease_until <= :now)",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={
                    ":attempt": delivery.attempt,
                    ":owner": owner,
                    ":until": int(now + lease_s) + 1,
                    ":now": int(now),
                    ":through": started_through,
                    ":no": False,
                    ":one": 1,
                    ":expiry": int(now) + RECORD_LIFE_S,
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]
        except self._client.exceptions.ConditionalCheckFailedException as error:
            item = failed_item(error)
            if item["owner"] != owner or item["attempt"] != delivery.attempt:
                return self._refusal(delivery, message_id, item)
        through, counts = str(item["started_through"]), json.loads(str(item.get("counts", "{}")))
        if int(str(item["workers"])) == 1:
            return Claim(delivery, owner, {}, through, is_taken_over=False, counts=counts)
        outcomes: Outcomes = {}
        for record in items_of_chunk(self._table, _partition(delivery)):
            if str(record["sk"]).startswith(f"{OUTCOMES}{delivery.attempt}#"):
                outcomes |= decode_outcomes(record)
                through = max(through, str(record["started_through"]))
        return Claim(delivery, owner, outcomes, through, is_taken_over=True, counts=counts)

    @map_dynamodb_errors()
    def record(
        self, claim: Claim, outcomes: Outcomes, number: int, started_through: str, now: float
    ) -> None:
        """Record outcomes of an open attempt, and how far sends may go on. Idempotent.

        An item of its own, without a condition: whoever has the claim by now, these are outcomes.

        Args:
            number: of the record within the attempt.

        Raises:
            TablesUnavailableError: the outcomes may or may not be recorded.
        """
        attempt, worker = claim.delivery.attempt, claim.owner
        item: dict[str, Any] = {
            "pk": _partition(claim.delivery),
            "sk": f"{OUTCOMES}{attempt}#{number:04}#{worker}",
            "started_through": started_through,
            "expires_at": int(now) + RECORD_LIFE_S,
        }
        if outcomes:
            item["outcomes"] = encode_outcomes(outcomes)
        self._client.put_item(TableName=self._table.name, Item=item)

    @map_dynamodb_errors()
    def close(
        self,
        claim: Claim,
        recorded: Outcomes,
        unrecorded: Outcomes,
        now: float,
        *,
        number: int,
        not_before: int | None,
    ) -> None:
        """Record the last outcomes of an attempt, count all of them and end the lease, in one
        write: each outcome is counted once, whoever is killed when.

        The counts of a direct delivery are in its claim, and those of a broadcast's in the counters
        of the notification, which the same transaction adds to.

        Args:
            recorded: outcomes of this attempt that are recorded.
            number: of the record that `unrecorded` needs if it does not fit into the claim.
            not_before: when the next attempt may start (epoch seconds); None if every recipient has
                an outcome.

        Raises:
            LostClaimError: another worker has the delivery.
            TablesUnavailableError: the attempt may or may not be closed.
        """
        counts = Counter(each["outcome"] for each in (*recorded.values(), *unrecorded.values()))
        values: dict[str, Any] = {}
        if unrecorded:
            encoded = encode_outcomes(unrecorded)
            if len(encoded) <= _INLINE_BYTES:
                values[f"outcomes_{claim.delivery.attempt}"] = encoded
            else:
                self.record(claim, unrecorded, number, "", now)
        try:
            if claim.delivery.lane == "direct":
                values["counts"] = json.dumps(Counter(claim.counts) + counts)
                self._client.update_item(**self._closing(claim, not_before, values))
            else:
                self._close_and_count(claim, not_before, values, counts, now)
        except (ConditionFailedError, self._client.exceptions.ConditionalCheckFailedException):
            if not self._is_closed_by(claim):
                raise LostClaimError from None

    def _close_and_count(
        self,
        claim: Claim,
        not_before: int | None,
        values: dict[str, Any],
        counts: Counter[str],
        now: float,
    ) -> None:
        if not_before is None:
            counts["finished"] = 1
        notification_id, chunk = claim.delivery.notification_id, claim.delivery.chunk
        writes: list[Any] = [{"Update": self._closing(claim, not_before, values)}]
        if counts:
            writes.append(count_write(self._table.name, notification_id, chunk, now, counts))
        self._transactions.write(writes)

    def _closing(
        self, claim: Claim, not_before: int | None, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the update that ends the lease, on condition that the claim holds."""
        finished = not_before is None
        values = {
            **values,
            "finished": finished,
            "attempt": claim.delivery.attempt + (not finished),
            "lease_until": _NO_LEASE,
            "not_before": not_before or 0,
        }
        sets = ", ".join(f"{name} = :{name}" for name in values)
        return {
            "TableName": self._table.name,
            "Key": _key(claim.delivery),
            "UpdateExpression": f"SET {sets} REMOVE started_through, workers",
            "ConditionExpression": "#owner = :owner AND attempt = :claimed AND finished = :no",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}
            | {":owner": claim.owner, ":claimed": claim.delivery.attempt, ":no": False},
        }

    def _is_closed_by(self, claim: Claim) -> bool:
        """Return whether a claim is closed: by a write whose response was lost."""
        found: Mapping[str, Any] = self._client.get_item(
            TableName=self._table.name, Key=_key(claim.delivery), ConsistentRead=True
        ).get("Item", {})
        return found.get("owner") == claim.owner and "workers" not in found

    def _refusal(
        self, delivery: Delivery, message_id: str, item: Mapping[str, Any]
    ) -> Finished | Superseded | Busy:
        if item["finished"]:
            return Finished()
        if item["attempt"] > delivery.attempt:
            requeued = item["claimed"] == item["attempt"]
            return Superseded(
                int(item["attempt"]),
                {} if requeued else outcomes_of_chunk(self._table, _partition(delivery)),
                int(item["not_before"]),
                requeued,
            )
        return Busy(same_message=str(item["owner"]).partition(_NONCE)[0] == message_id)


def _partition(delivery: Delivery) -> str:
    return partition_of(delivery.notification_id, delivery.chunk)


def _key(delivery: Delivery) -> dict[str, str]:
    return {"pk": _partition(delivery), "sk": CLAIM}

"""Records of deliveries: outcomes while they are sent, and the close of each attempt."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.delivery.claims import claim_key, partition
from push.notifications.chunks import OUTCOMES
from push.notifications.counters import RECORD_LIFE_S, count_write
from push.notifications.outcomes import encode_outcomes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from push.aws.dynamodb import Transactions
    from push.aws.table import Table
    from push.delivery.claims import Claim
    from push.notifications.outcomes import Outcomes


_NO_LEASE = 0
_INLINE_BYTES = 600  # with the rest of the claim still within the 1 KB of a write unit


class LostClaimError(Exception):
    """Raised when the lease ran out and another worker claimed the delivery."""


class DeliveryRecords:
    """The records in NotificationsTable."""

    def __init__(self, table: Table, transactions: Transactions) -> None:
        self._table = table
        self._transactions = transactions

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
            "pk": partition(claim.delivery),
            "sk": f"{OUTCOMES}{attempt}#{number:04}#{worker}",
            "started_through": started_through,
            "expires_at": int(now) + RECORD_LIFE_S,
        }
        if outcomes:
            item["outcomes"] = encode_outcomes(outcomes)
        self._table.put_item(Item=item)

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
                self._table.update_item(**self._closing(claim, not_before, values))
            else:
                self._close_and_count(claim, not_before, values, counts, now)
        except ConditionFailedError:
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
            "Key": claim_key(claim.delivery),
            "UpdateExpression": f"SET {sets} REMOVE started_through, workers",
            "ConditionExpression": "#owner = :owner AND attempt = :claimed AND finished = :no",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}
            | {":owner": claim.owner, ":claimed": claim.delivery.attempt, ":no": False},
        }

    def _is_closed_by(self, claim: Claim) -> bool:
        """Return whether a claim is closed: by a write whose response was lost."""
        found: Mapping[str, Any] = self._table.get_item(
            Key=claim_key(claim.delivery), ConsistentRead=True
        ).get("Item", {})
        return found.get("owner") == claim.owner and "workers" not in found

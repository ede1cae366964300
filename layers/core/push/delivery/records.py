"""Records of deliveries: outcomes while they are sent, and the close of each attempt."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors, tables_unavailable
from push.aws.statements import CONDITION_FAILED, Statement, execute_all, update
from push.delivery.claims import claim_key, partition
from push.errors import TablesUnavailableError
from push.notifications.chunks import OUTCOMES
from push.notifications.counters import RECORD_LIFE_S, count_write
from push.notifications.outcomes import encode_outcomes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from push.aws.dynamodb import Transactions
    from push.aws.table import Table
    from push.delivery.claims import Claim
    from push.notifications.outcomes import Outcomes


_NO_LEASE = 0
_ONLY_OPEN = ("started_through", "workers")
"""Attributes of a claim that only an open one has."""
_INLINE_BYTES = 600  # with the rest of the claim still within the 1 KB of a write unit


class LostClaimError(Exception):
    """Raised when the lease ran out and another worker claimed the delivery."""


class Closing(NamedTuple):
    """What the close of an attempt writes.

    Attributes:
        recorded: outcomes of this attempt that are recorded.
        unrecorded: its other outcomes.
        number: of the record that `unrecorded` needs if it does not fit into the claim.
        not_before: when the next attempt may start (epoch seconds); None if every recipient has an
            outcome.
    """

    claim: Claim
    recorded: Outcomes
    unrecorded: Outcomes
    number: int
    not_before: int | None


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

    def close_all(
        self, closings: Sequence[Closing], now: float
    ) -> list[LostClaimError | TablesUnavailableError | None]:
        """Close attempts at direct deliveries, in one call; return for each the error that `close`
        would raise, None if it is closed.

        Each is closed or not by itself. If the response is lost, the wire's next try finds the
        attempts closed: their conditions fail, and the claims tell by whom they are closed.
        """
        try:
            if len(closings) == 1:  # no dearer alone
                self.close(closings[0], now)
                return [None]
            statements = [self._closing_statement(each, now) for each in closings]
            codes = execute_all(self._table.dynamodb, statements)
        except (LostClaimError, TablesUnavailableError) as error:
            return [error] * len(closings)
        except (BotoCoreError, ClientError) as error:
            return [tables_unavailable(error)] * len(closings)
        return [self._error(each, code) for each, code in zip(closings, codes, strict=True)]

    def _closing_statement(self, closing: Closing, now: float) -> Statement:
        claim = closing.claim
        sets = self._counted(closing) | self._last_outcomes(closing, now) | _ended(closing)
        holds = {"owner": claim.owner, "attempt": claim.delivery.attempt, "finished": False}
        return update(self._table.name, sets, _ONLY_OPEN, where=claim_key(claim.delivery) | holds)

    def _error(
        self, closing: Closing, code: str | None
    ) -> LostClaimError | TablesUnavailableError | None:
        if code is None:
            return None
        if code != CONDITION_FAILED:
            return TablesUnavailableError(f"DynamoDB is unavailable: {code}", f"DynamoDB {code}")
        try:
            return None if self._is_closed_by(closing.claim) else LostClaimError()
        except TablesUnavailableError as error:
            return error

    @map_dynamodb_errors()
    def close(self, closing: Closing, now: float) -> None:
        """Record the last outcomes of an attempt, count all of them and end the lease, in one
        write: each outcome is counted once, whoever is killed when.

        The counts of a direct delivery are in its claim, and those of a broadcast's in the counters
        of the notification, which the same transaction adds to.

        Raises:
            LostClaimError: another worker has the delivery.
            TablesUnavailableError: the attempt may or may not be closed.
        """
        values = self._last_outcomes(closing, now)
        try:
            if closing.claim.delivery.lane == "direct":
                values |= self._counted(closing)
                self._table.update_item(**self._closing_update(closing, values))
            else:
                self._close_and_count(closing, values, now)
        except ConditionFailedError:
            if not self._is_closed_by(closing.claim):
                raise LostClaimError from None

    def _last_outcomes(self, closing: Closing, now: float) -> dict[str, Any]:
        """Return the attribute with the unrecorded outcomes; record them if they are too long."""
        if not closing.unrecorded:
            return {}
        encoded = encode_outcomes(closing.unrecorded)
        if len(encoded) <= _INLINE_BYTES:
            return {f"outcomes_{closing.claim.delivery.attempt}": encoded}
        self.record(closing.claim, closing.unrecorded, closing.number, "", now)
        return {}

    @staticmethod
    def _counted(closing: Closing) -> dict[str, Any]:
        """Return the attribute with the counts of a direct delivery."""
        return {"counts": json.dumps(Counter(closing.claim.counts) + _counts(closing))}

    def _close_and_count(self, closing: Closing, values: dict[str, Any], now: float) -> None:
        counts = _counts(closing)
        if closing.not_before is None:
            counts["finished"] = 1
        delivery = closing.claim.delivery
        writes: list[Any] = [{"Update": self._closing_update(closing, values)}]
        if counts:
            notification_id, chunk = delivery.notification_id, delivery.chunk
            writes.append(count_write(self._table.name, notification_id, chunk, now, counts))
        self._transactions.write(writes)

    def _closing_update(self, closing: Closing, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the update that ends the lease, on condition that the claim holds."""
        claim = closing.claim
        values = {**values, **_ended(closing)}
        sets = ", ".join(f"{name} = :{name}" for name in values)
        return {
            "TableName": self._table.name,
            "Key": claim_key(claim.delivery),
            "UpdateExpression": f"SET {sets} REMOVE {', '.join(_ONLY_OPEN)}",
            "ConditionExpression": "#owner = :owner AND attempt = :claimed AND finished = :no",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}
            | {":owner": claim.owner, ":claimed": claim.delivery.attempt, ":no": False},
        }

    @map_dynamodb_errors()
    def _is_closed_by(self, claim: Claim) -> bool:
        """Return whether a claim is closed: by a write whose response was lost."""
        found: Mapping[str, Any] = self._table.get_item(
            Key=claim_key(claim.delivery), ConsistentRead=True
        ).get("Item", {})
        return found.get("owner") == claim.owner and "workers" not in found


def _counts(closing: Closing) -> Counter[str]:
    outcomes = (*closing.recorded.values(), *closing.unrecorded.values())
    return Counter(each["outcome"] for each in outcomes)


def _ended(closing: Closing) -> dict[str, Any]:
    """Return the attributes that end the lease."""
    finished = closing.not_before is None
    return {
        "finished": finished,
        "attempt": closing.claim.delivery.attempt + (not finished),
        "lease_until": _NO_LEASE,
        "not_before": closing.not_before or 0,
    }

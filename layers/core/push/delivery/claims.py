"""Claims on deliveries: who sends a delivery until when, and how far its sends may have gone.

One item `claim` per delivery tells a copy of a delivery from the delivery itself. What a worker has
recorded (`records`) is not sent again by its successor. Sends start in the order of the recipients'
names, and the claim says through which name; so the successor also knows the few recipients in
doubt (`window`): those up to that name that have no outcome.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from push.aws.dynamodb import ConditionFailedError, map_dynamodb_errors
from push.aws.statements import execute_all, insert
from push.errors import TablesUnavailableError
from push.notifications.chunks import (
    CLAIM,
    OUTCOMES,
    items_of_chunk,
    outcomes_of_chunk,
    partition_of,
)
from push.notifications.counters import RECORD_LIFE_S
from push.notifications.outcomes import decode_outcomes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from push.aws.table import Table
    from push.delivery.models import Delivery
    from push.notifications.outcomes import Outcomes


_NONCE = "/"


class ClaimRequest(NamedTuple):
    """What is to be claimed.

    Attributes:
        message_id: distinguishes a copy of the delivery from the same message received again.
        nonce: unique per request; identifies a claim whose response was lost.
        started_through: name of the last recipient that may be sent to before the next record. An
            earlier worker's stays in force: its recipients in doubt must not be forgotten.
    """

    delivery: Delivery
    message_id: str
    nonce: str
    started_through: str

    @property
    def owner(self) -> str:
        """Who has the claim."""
        return f"{self.message_id}{_NONCE}{self.nonce}"


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

    @classmethod
    def first(cls, request: ClaimRequest) -> Claim:
        """Return the claim that was just written for a request."""
        through = request.started_through
        return cls(request.delivery, request.owner, {}, through, is_taken_over=False, counts={})


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


Claimed = Claim | Finished | Superseded | Busy | TablesUnavailableError
"""A claim, why there is none, or that it is not known."""

_CLAIM: Any = {
    "UpdateExpression": "SET attempt = :attempt, claimed = :attempt, #owner = :owner,"
    " lease_until = :until, finished = :no,"
    " started_through = if_not_exists(started_through, :through),"
    " expires_at = if_not_exists(expires_at, :expiry) ADD workers :one",
    "ConditionExpression": "attribute_not_exists(pk)"
    " OR (attempt <= :attempt AND finished = :no AND lease_until <= :now)",
    "ExpressionAttributeNames": {"#owner": "owner"},
    "ReturnValues": "ALL_NEW",
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
}


class DeliveryClaims:
    """The claims in NotificationsTable."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim_all(
        self, requests: Sequence[ClaimRequest], now: float, lease_s: float
    ) -> list[Claimed]:
        """Claim deliveries for `lease_s` seconds; return for each its claim, why it cannot be
        claimed, or the error that `claim` raised.

        Nobody has claimed a first attempt yet, as a rule: those of a batch are written in one call,
        each on condition that there is no claim. Where that fails, for whatever reason, `claim`
        finds out what is there. So does it for a write whose response was lost: the claim that it
        finds then has the request's own nonce.
        """
        firsts = {partition(each.delivery): each for each in requests if not each.delivery.attempt}
        written = set(self._insert_all(list(firsts.values()), now, lease_s))
        return [
            Claim.first(each) if each.nonce in written else self._claim(each, now, lease_s)
            for each in requests
        ]

    def _claim(self, request: ClaimRequest, now: float, lease_s: float) -> Claimed:
        try:
            return self.claim(request, now, lease_s)
        except TablesUnavailableError as error:
            return error

    def _insert_all(
        self, requests: Sequence[ClaimRequest], now: float, lease_s: float
    ) -> Sequence[str]:
        """Write first claims in one call; return the nonces of those that are written."""
        if len(requests) < 2:  # noqa: PLR2004 - one is no dearer by `claim`, which copes with all
            return []
        same = {"attempt": 0, "claimed": 0, "finished": False, "workers": 1}
        same |= {"lease_until": int(now + lease_s) + 1, "expires_at": int(now) + RECORD_LIFE_S}
        items = [
            claim_key(each.delivery)
            | {"owner": each.owner, "started_through": each.started_through}
            | same
            for each in requests
        ]
        try:
            codes = execute_all(
                self._table.dynamodb, [insert(self._table.name, each) for each in items]
            )
        except (BotoCoreError, ClientError):
            return []
        return [each.nonce for each, code in zip(requests, codes, strict=True) if code is None]

    @map_dynamodb_errors()
    def claim(
        self, request: ClaimRequest, now: float, lease_s: float
    ) -> Claim | Finished | Superseded | Busy:
        """Claim a delivery for `lease_s` seconds, or return why it cannot be claimed.

        The claim, the check for others' claims and the note of how far sends may start are one
        write:

        no record yet, or a lease that has ended at this attempt or an earlier one → claimed
        condition failed, but the owner is this very call → claimed: an earlier try of the
            wire was committed and its response lost
        condition failed → `_refusal` tells what the record says

        Raises:
            TablesUnavailableError: the delivery may be claimed; then the lease ends by itself.
        """
        delivery, owner = request.delivery, request.owner
        try:
            item: Mapping[str, Any] = self._table.update_item(
                Key=claim_key(delivery),
                ExpressionAttributeValues={
                    ":attempt": delivery.attempt,
                    ":owner": owner,
                    ":until": int(now + lease_s) + 1,
                    ":now": int(now),
                    ":through": request.started_through,
                    ":no": False,
                    ":one": 1,
                    ":expiry": int(now) + RECORD_LIFE_S,
                },
                **_CLAIM,
            )["Attributes"]
        except ConditionFailedError as error:
            item = error.item
            if item["owner"] != owner or item["attempt"] != delivery.attempt:
                return self._refusal(delivery, request.message_id, item)
        through, counts = str(item["started_through"]), json.loads(str(item.get("counts", "{}")))
        if int(str(item["workers"])) == 1:
            return Claim(delivery, owner, {}, through, is_taken_over=False, counts=counts)
        outcomes: Outcomes = {}
        for record in items_of_chunk(self._table, partition(delivery)):
            if str(record["sk"]).startswith(f"{OUTCOMES}{delivery.attempt}#"):
                outcomes |= decode_outcomes(record)
                through = max(through, str(record["started_through"]))
        return Claim(delivery, owner, outcomes, through, is_taken_over=True, counts=counts)

    def _refusal(
        self, delivery: Delivery, message_id: str, item: Mapping[str, Any]
    ) -> Finished | Superseded | Busy:
        if item["finished"]:
            return Finished()
        if item["attempt"] > delivery.attempt:
            requeued = item["claimed"] == item["attempt"]
            return Superseded(
                int(item["attempt"]),
                {} if requeued else outcomes_of_chunk(self._table, partition(delivery)),
                int(item["not_before"]),
                requeued,
            )
        return Busy(same_message=str(item["owner"]).partition(_NONCE)[0] == message_id)


def partition(delivery: Delivery) -> str:
    """Return the partition key of a delivery's items."""
    return partition_of(delivery.notification_id, delivery.chunk)


def claim_key(delivery: Delivery) -> dict[str, str]:
    """Return the key of a delivery's claim."""
    return {"pk": partition(delivery), "sk": CLAIM}

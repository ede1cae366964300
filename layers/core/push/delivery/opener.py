"""Claims deliveries, and reads what holds for those that are claimed: calls of AWS, on a thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from push.delivery.claims import Busy, Claim, ClaimRequest, Finished, Superseded
from push.delivery.recipients import pending
from push.errors import AwsUnavailableError, TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from push.delivery.batch import Message
    from push.delivery.claims import Claimed, DeliveryClaims
    from push.delivery.events import DeliveryEvents
    from push.delivery.models import Lane
    from push.delivery.queue import DeliveryQueue
    from push.delivery.recheck import Findings, Recheck
    from push.delivery.recipients import Recipients


@dataclass(frozen=True, slots=True)
class Opening:
    """A message that is being claimed.

    Attributes:
        started_through: name of the last recipient whose send has a place in the window.
        taken: how many places those sends have.
    """

    message: Message
    recipients: Recipients
    started_through: str
    taken: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The result: a claim and what holds for its recipients, None if that is not known.

    Attributes:
        is_done: whether the message needs no attempt and can be deleted.
        failure: why something is not known.
    """

    opening: Opening
    claim: Claim | None = None
    findings: Findings | None = None
    is_done: bool = False
    failure: AwsUnavailableError | None = None


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens deliveries. `jitter` gives a random number in [0, 1). Times are epoch seconds."""

    claims: DeliveryClaims
    queues: Mapping[Lane, DeliveryQueue]
    recheck: Recheck
    events: DeliveryEvents
    jitter: Callable[[], float]

    def claim_all(
        self,
        openings: Sequence[Opening],
        known: Mapping[str, bool],
        now: float,
        lease_s: float,
    ) -> Sequence[Opened]:
        """Claim deliveries; read what holds now for those that are claimed.

        Args:
            known: whether notifications are cancelled, of those whose records were just read.
        """
        # A claim that was written but whose response was lost is recognized by its nonce.
        requests = [
            ClaimRequest(
                each.message.delivery,
                each.message.message_id,
                f"{int(self.jitter() * 2**53):x}",
                each.started_through,
            )
            for each in openings
        ]
        claimed = self.claims.claim_all(requests, now, lease_s)
        opened = [self._opened(*each, now) for each in zip(openings, claimed, strict=True)]
        claims = [each.claim for each in opened if each.claim]
        parts = [
            (c.delivery, pending(c.delivery, c.outcomes) if c.outcomes else c.delivery.channels)
            for c in claims
        ]
        try:
            findings = iter(self.recheck.read(parts, now, known))
        except TablesUnavailableError as error:
            return [replace(each, failure=error) if each.claim else each for each in opened]
        return [
            Opened(each.opening, each.claim, next(findings)) if each.claim else each
            for each in opened
        ]

    def _opened(
        self,
        opening: Opening,
        claimed: Claimed,
        now: float,
    ) -> Opened:
        """Do what a claim asks for, or its refusal.

        claimed                         → to be sent
        superseded, the rest not queued → its worker died in between: queue the rest
        superseded, the rest queued     → a copy: only its events, which may not be published yet
        finished                        → likewise
        leased through this message     → its worker may have died: keep it until the lease ends
        leased through another message  → a copy: nothing to do
        """
        delivery = opening.message.delivery
        try:
            match claimed:
                case Claim():
                    return Opened(opening, claimed)
                case TablesUnavailableError():
                    return Opened(opening, failure=claimed)
                case Superseded(requeued=False) as later:
                    rest = pending(delivery, later.outcomes)
                    remainder = delivery.remainder(
                        rest, attempt=later.attempt, not_before=later.not_before
                    )
                    self.queues[delivery.lane].put(remainder, now)
                    self.events.publish_again(delivery)
                case Busy(same_message=True):
                    return Opened(opening)
                case Superseded() | Finished():
                    self.events.publish_again(delivery)
                case Busy():
                    pass
        except AwsUnavailableError as error:
            return Opened(opening, failure=error)
        return Opened(opening, is_done=True)

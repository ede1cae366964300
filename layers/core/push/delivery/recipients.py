"""The recipients of one attempt, each in one place at a time:

    ready ──start──▶ in flight ──remove──▶ (outcome)   noted by the attempt
      ▲                  │  └──retry_later──▶ later      goes on as the delivery's next attempt
      └──────retry───────┘

Every recipient without an outcome goes on as the next attempt, whatever kept it from being sent; so
no branch can forget one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from push.delivery.models import Delivery, Recipient
    from push.notifications.outcomes import Outcomes


class Recipients:
    """The recipients of a delivery that have no outcome. Times are epoch seconds."""

    def __init__(self, delivery: Delivery, outcomes: Outcomes, now: float) -> None:
        """`outcomes`: those recorded before."""
        self._delivery = delivery
        waiting = sorted(pending(delivery, outcomes).items())
        self._ready = {name: each for name, each in waiting if each.not_before <= now}
        self._later = [each for _, each in waiting if each.not_before > now]
        self._again: dict[str, Recipient] = {}
        self._in_flight: dict[str, Recipient] = {}
        self._wake_at = min((each.not_before for each in self._later), default=math.inf)

    @property
    def ready(self) -> Sequence[Recipient]:
        """The recipients that are yet to be sent to in this attempt."""
        return (*self._again.values(), *self._ready.values())

    @property
    def ready_count(self) -> int:
        """How many recipients are ready."""
        return len(self._again) + len(self._ready)

    @property
    def in_flight_count(self) -> int:
        """How many results are outstanding."""
        return len(self._in_flight)

    @property
    def names_to_start(self) -> Iterable[str]:
        """The names of the recipients that were not started yet, in order."""
        return self._ready.keys()

    @property
    def next(self) -> Recipient:
        """The recipient that is started next."""
        return next(iter((self._again or self._ready).values()))

    def may_start(self, through: str) -> bool:
        """Return whether the next one may be started if sends may start through a name."""
        if self._again:  # started before
            return True
        return bool(self._ready) and next(iter(self._ready)) <= through

    def named(self, names: Iterable[str]) -> list[Recipient]:
        """Return the recipients with these names that were not started yet, in order."""
        return [self._ready[name] for name in sorted(names)]

    def start(self) -> Recipient:
        """Move the first ready recipient to those in flight; return it."""
        source = self._again or self._ready
        name = next(iter(source))
        recipient = self._in_flight[name] = source.pop(name)
        return recipient

    def retry(self, recipient: Recipient, *, rejected: str) -> None:
        """Make a recipient ready again, to be started next; `rejected` is the fingerprint of the
        token that it must not be sent to with."""
        name = self.remove(recipient)
        self._again[name] = recipient.model_copy(update={"rejected": rejected})

    def readdress(self, recipient: Recipient, channel_uri: str) -> None:
        """Send to the URI that a ready recipient's device has by now."""
        name = self._name(recipient)
        place = self._again if name in self._again else self._ready
        place[name] = recipient.model_copy(update={"channel_uri": channel_uri})

    def retry_later(self, recipient: Recipient, not_before: float, **changes: Any) -> None:
        """Leave a recipient, with these changes, to the next attempt, from `not_before` on. Its
        wait holds up no other recipient."""
        self.remove(recipient)
        wait = {"not_before": math.ceil(not_before)}
        self._later.append(recipient.model_copy(update=wait | changes))
        self._wake_at = min(self._wake_at, not_before)

    def retry_ready_later(self, not_before: float) -> None:
        """Leave every ready recipient to the next attempt."""
        for recipient in self.ready:
            self.retry_later(recipient, not_before)

    def remove(self, recipient: Recipient) -> str:
        """Remove a recipient; return its name."""
        name = self._name(recipient)
        for place in (self._in_flight, self._ready, self._again):
            if place.pop(name, None) is not None:
                return name
        raise KeyError(name)

    def next_attempt(self, now: float) -> Delivery | None:
        """Return the delivery of the next attempt, None if no recipient is left."""
        rest = [*self._later, *self._in_flight.values(), *self.ready]
        if not rest:
            return None
        is_due = self.ready_count or self._in_flight
        wake_at = int(now) if is_due else math.ceil(max(self._wake_at, now))
        attempt = self._delivery.attempt + 1
        return self._delivery.remainder(rest, attempt=attempt, not_before=wake_at)

    def _name(self, recipient: Recipient) -> str:
        return recipient.key(self._delivery.kind_for(recipient))


def pending(delivery: Delivery, outcomes: Outcomes) -> dict[str, Recipient]:
    """Return the recipients of a delivery that have no outcome, by the name of their outcome."""
    names = {each.key(delivery.kind_for(each)): each for each in delivery.channels}
    return {name: each for name, each in names.items() if name not in outcomes}

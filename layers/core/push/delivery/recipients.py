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
    from collections.abc import Collection, Iterable, Mapping

    from push.delivery.models import Delivery, Recipient


class Recipients:
    """The recipients of a delivery that have no outcome, each known by the name of its outcome.
    Times are epoch seconds."""

    def __init__(self, delivery: Delivery, now: float) -> None:
        self._delivery = delivery
        waiting = sorted(named_recipients(delivery).items())
        self._ready = {name: each for name, each in waiting if each.not_before <= now}
        self._later = {name: each for name, each in waiting if each.not_before > now}
        self._again: dict[str, Recipient] = {}
        self._in_flight: dict[str, Recipient] = {}
        self._wake_at = self._first_due()

    @property
    def ready(self) -> Mapping[str, Recipient]:
        """The recipients that are yet to be sent to in this attempt."""
        return self._again | self._ready

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
    def next(self) -> tuple[str, Recipient]:
        """The recipient that is started next, with its name."""
        return next(iter((self._again or self._ready).items()))

    def may_start(self, through: str) -> bool:
        """Return whether the next one may be started if sends may start through a name."""
        if self._again:  # started before
            return True
        return bool(self._ready) and next(iter(self._ready)) <= through

    def start(self) -> str:
        """Move the first ready recipient to those in flight; return its name."""
        source = self._again or self._ready
        name = next(iter(source))
        self._in_flight[name] = source.pop(name)
        return name

    def retry(self, name: str, *, rejected: str) -> None:
        """Make a recipient ready again, to be started next; `rejected` is the fingerprint of the
        token that it must not be sent to with."""
        self._again[name] = self.remove(name).model_copy(update={"rejected": rejected})

    def readdress(self, name: str, channel_uri: str) -> None:
        """Send to the URI that a ready recipient's device has by now."""
        place = self._again if name in self._again else self._ready
        place[name] = place[name].model_copy(update={"channel_uri": channel_uri})

    def retry_later(self, name: str, not_before: float, **changes: Any) -> None:
        """Leave a recipient, with these changes, to the next attempt, from `not_before` on. Its
        wait holds up no other recipient."""
        wait = {"not_before": math.ceil(not_before)}
        self._later[name] = self.remove(name).model_copy(update=wait | changes)
        self._wake_at = min(self._wake_at, not_before)

    def retry_ready_later(self, not_before: float) -> None:
        """Leave every ready recipient to the next attempt."""
        for name in self.ready:
            self.retry_later(name, not_before)

    def remove(self, name: str) -> Recipient:
        """Remove a recipient that is ready or in flight; return it."""
        for place in (self._in_flight, self._ready, self._again):
            recipient = place.pop(name, None)
            if recipient is not None:
                return recipient
        raise KeyError(name)

    def settle(self, outcomes: Collection[str]) -> None:
        """Remove the recipients that have an outcome already, by their names."""
        for name in outcomes:
            self._ready.pop(name, None)
            self._later.pop(name, None)
        self._wake_at = self._first_due()

    def next_attempt(self, now: float) -> Delivery | None:
        """Return the delivery of the next attempt, None if no recipient is left."""
        rest = [*self._later.values(), *self._in_flight.values(), *self.ready.values()]
        if not rest:
            return None
        is_due = self.ready_count or self._in_flight
        wake_at = int(now) if is_due else math.ceil(max(self._wake_at, now))
        attempt = self._delivery.attempt + 1
        return self._delivery.remainder(rest, attempt=attempt, not_before=wake_at)

    def _first_due(self) -> float:
        return min((each.not_before for each in self._later.values()), default=math.inf)


def named_recipients(delivery: Delivery) -> dict[str, Recipient]:
    """Return the recipients of a delivery by the names of their outcomes."""
    kinds = [each.kind for each in delivery.payloads]
    return {each.key(kinds[each.payload]): each for each in delivery.channels}


def pending(delivery: Delivery, outcomes: Collection[str]) -> list[Recipient]:
    """Return the recipients of a delivery that have no outcome.

    Args:
        outcomes: names of those that are recorded.
    """
    named = named_recipients(delivery)
    return [each for name, each in named.items() if name not in outcomes]

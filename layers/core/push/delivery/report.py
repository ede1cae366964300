"""Reports on the deliveries of a batch, for logs and metrics. Nothing is decided by them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from push.notifications.chunks import partition_of
from wns.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from push.delivery.models import Delivery, Lane


class Handling(StrEnum):
    """What was done with a delivery and its message."""

    FINISHED = "finished"
    """Every recipient has an outcome."""
    REQUEUED = "requeued"
    """The recipients without an outcome are queued as the next attempt."""
    POSTPONED = "postponed"
    """Queued again, unclaimed: it was not due, or its app could not send."""
    COPY = "copy"
    """Nothing: another message carries the same delivery."""
    LOST = "lost"
    """Left on its queue: another worker claimed the delivery in the meantime."""
    KEPT = "kept"
    """Left on its queue: it is received again."""


class Retry(StrEnum):
    """Why a send is made later, or again."""

    APP_THROTTLED = "app_throttled"
    CHANNEL_THROTTLED = "channel_throttled"
    UNAVAILABLE = "unavailable"
    """WNS failed or did not respond."""
    TOKEN_REJECTED = "token_rejected"  # noqa: S105
    """WNS rejects the app's access token."""
    CHANNEL_REJECTED = "channel_rejected"
    """WNS rejects the access token for this channel, and accepts it for others."""
    NO_TOKEN = "no_token"  # noqa: S105
    """No valid access token of the app is stored."""
    NO_BUDGET = "no_budget"
    """The app's `send_rate` is used up."""
    APP_STOPPED = "app_stopped"
    """The app is stopped, disabled, deleted or cannot be read."""


_NO_BACKLOG = frozenset({Retry.CHANNEL_THROTTLED, Retry.CHANNEL_REJECTED, Retry.APP_STOPPED})


@dataclass(slots=True)
class DeliveryReport:
    """What happened to one delivery.

    Attributes:
        outcomes: of this batch, by name.
        retried: sends that are made later or again, by reason.
        aws_errors: codes of failed calls of AWS.
        wns_errors: what WNS responded, or why it did not, if that is a failure.
        latencies_ms: for each notification that was delivered, milliseconds since the request was
            accepted; empty where that is not known.
    """

    delivery: Delivery
    handling: Handling = Handling.KEPT
    outcomes: Counter[str] = field(default_factory=Counter)
    retried: Counter[Retry] = field(default_factory=Counter)
    aws_errors: Counter[str] = field(default_factory=Counter)
    wns_errors: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)

    @property
    def is_held_up(self) -> bool:
        """Whether the delivery's age says something about the service: not if it waits for the time
        that WNS asked for, for single channels only, or because its app is stopped."""
        if self.handling is Handling.COPY:
            return False
        if self.handling is Handling.POSTPONED and not self.retried:
            return False
        return not self._only_waits

    @property
    def _only_waits(self) -> bool:
        """Whether sends are made later, and none for a reason that the service is behind."""
        return bool(self.retried) and self.retried.keys() <= _NO_BACKLOG

    def dated(self, remainder: Delivery) -> Delivery:
        """Return the rest of the delivery, whose age begins anew if it has only waited for the time
        that WNS asked for."""
        if not self._only_waits:
            return remainder
        return remainder.model_copy(update={"waiting_since": remainder.not_before})

    @property
    def is_plain(self) -> bool:
        """Whether everything was delivered at the first attempt, and nothing failed."""
        return (
            self.handling is Handling.FINISHED
            and self.outcomes.keys() == {Outcome.DELIVERED}
            and not (self.delivery.attempt or self.delivery.postponed)
            and not (self.retried or self.aws_errors or self.wns_errors)
        )

    def fields(self, app_errors: Collection[str]) -> dict[str, Any]:
        """Return the fields of the delivery's log line.

        Args:
            app_errors: codes of failures that concern all deliveries of its app.
        """
        delivery = self.delivery
        codes = sorted({*self.aws_errors, *self.wns_errors, *app_errors})
        counts: dict[str, Mapping[Any, int]] = {
            "outcomes": self.outcomes,
            "retried": self.retried,
        }
        return {
            "notification_id": delivery.notification_id,
            "app_id": delivery.app_id,
            "chunk": delivery.chunk,
            "lane": delivery.lane,
            "attempt": delivery.attempt,
            "handling": self.handling,
            **{name: dict(each) for name, each in counts.items() if each},
            **({"error_code": ", ".join(codes)} if codes else {}),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a batch.

    Attributes:
        unfinished: ids of the messages that must stay on their queue.
        postponed: deliveries that were queued again unclaimed, because their app could not send.
        resent: sends that an earlier worker, which was killed, may have made before.
        error: what ended the batch early; the deliveries still open then are unfinished.
        deliveries: one report for each.
        app_errors: codes of failed calls of AWS that concern all deliveries of an app, by app.
    """

    unfinished: Sequence[str]
    postponed: int = 0
    resent: int = 0
    error: Exception | None = None
    deliveries: Sequence[DeliveryReport] = ()
    app_errors: Mapping[str, Counter[str]] = field(default_factory=dict)

    def log_fields(self) -> Iterator[dict[str, Any]]:
        """Yield the fields of the batch's log lines: one for all deliveries of an app and a lane of
        which there is nothing to say but that they were delivered, and one for each other."""
        plain: dict[tuple[str, Lane], list[DeliveryReport]] = {}
        for each in self.deliveries:
            app_errors = self.app_errors.get(each.delivery.app_id, ())
            if each.is_plain and not app_errors:
                key = (each.delivery.app_id, each.delivery.lane)
                plain.setdefault(key, []).append(each)
            else:
                yield each.fields(app_errors)
        for (app_id, lane), alike in plain.items():
            if len(alike) == 1:
                yield alike[0].fields(())
                continue
            delivered = sum(each.outcomes.total() for each in alike)
            yield {
                "deliveries": [
                    partition_of(each.delivery.notification_id, each.delivery.chunk)
                    for each in alike
                ],
                "app_id": app_id,
                "lane": lane,
                "handling": Handling.FINISHED,
                "outcomes": {Outcome.DELIVERED: delivered},
            }

    @property
    def counts(self) -> Counter[str]:
        """Outcomes of this batch, by name."""
        return _total(each.outcomes for each in self.deliveries)

    @property
    def retried(self) -> Counter[str]:
        """Sends that are made later or again, by reason."""
        return _total(each.retried for each in self.deliveries)

    @property
    def aws_failures(self) -> int:
        """How many calls of AWS failed."""
        counts = (*(each.aws_errors for each in self.deliveries), *self.app_errors.values())
        return sum(each.total() for each in counts)

    def oldest_s(self, lane: Lane, now: float) -> float | None:
        """Return for how many seconds the service has held up the oldest delivery of a lane, None
        if the batch has none whose age says something."""
        ages = (
            now - (each.delivery.waiting_since or each.delivery.dispatched_at)
            for each in self.deliveries
            if each.delivery.lane == lane and each.is_held_up
        )
        return max(ages, default=None)


def _total(counters: Iterable[Counter[Any]]) -> Counter[str]:
    return sum(counters, Counter())

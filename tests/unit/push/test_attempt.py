"""One attempt at a delivery: every recipient is in one place, and none is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from push.delivery.attempt import FLUSH_COUNT, FLUSH_S, AttemptState, DeliveryAttempt
from push.delivery.claims import Claim, LostClaimError
from push.delivery.models import Delivery
from push.errors import QueueUnavailableError, TablesUnavailableError

NOW = 1_000.0
DELIVERED = {"outcome": "delivered"}


class Claims:
    """The part of `DeliveryClaims` that an attempt uses, in memory; `errors` are raised first."""

    def __init__(self) -> None:
        self.recorded: dict[str, dict[str, Any]] = {}
        self.closed_with: list[int | None] = []
        self.errors: list[Exception] = []

    def record(self, claim: Claim, outcomes: dict[str, dict[str, Any]]) -> None:
        self._fail()
        self.recorded |= outcomes

    def close(
        self,
        claim: Claim,
        outcomes: dict[str, dict[str, Any]],
        now: float,
        *,
        not_before: int | None,
    ) -> None:
        self._fail()
        self.recorded |= outcomes
        self.closed_with.append(not_before)

    def _fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)


class Queue:
    """The part of `DeliveryQueue` that an attempt uses, in memory."""

    def __init__(self) -> None:
        self.queued: list[Delivery] = []
        self.error: Exception | None = None

    def put(self, delivery: Delivery, now: float) -> None:
        if self.error is not None:
            raise self.error
        self.queued.append(delivery)


@pytest.fixture
def claims() -> Claims:
    return Claims()


@pytest.fixture
def queue() -> Queue:
    return Queue()


def attempt(devices: int = 3, outcomes: dict[str, dict[str, Any]] | None = None) -> DeliveryAttempt:
    delivery = Delivery.model_validate(
        {
            "notification_id": "0" * 32,
            "chunk": "0",
            "app_id": "my-game",
            "dispatched_at": int(NOW),
            "expires_at": int(NOW) + 600,
            "payloads": [{"kind": "toast", "headers": {}, "body": "<toast/>"}],
            "channels": [
                {"player_id": "p", "device_id": f"d{n}", "channel_uri": "", "payload": 0}
                for n in range(devices)
            ],
        }
    )
    return DeliveryAttempt(Claim(delivery, "owner", outcomes or {}, -1), "message")


def devices_of(delivery: Delivery) -> list[str]:
    return [each.device_id for each in delivery.channels]


def test_recipient_with_a_recorded_outcome_is_not_sent_to_again() -> None:
    one = attempt(3, {"p#d1#toast": DELIVERED | {"attempt": 0}})

    assert [each.device_id for each in one.ready] == ["d0", "d2"]


def test_attempt_is_closed_without_a_rest_when_every_recipient_has_an_outcome(
    claims: Claims, queue: Queue
) -> None:
    one = attempt(2)
    for _ in range(2):
        one.finish(one.start(), DELIVERED, NOW)

    one.close(claims, queue, NOW)  # type: ignore[arg-type]

    assert one.state is AttemptState.CLOSED
    assert claims.closed_with == [None]
    assert claims.recorded.keys() == {"p#d0#toast", "p#d1#toast"}
    assert queue.queued == []


def test_every_recipient_without_an_outcome_goes_on_as_the_next_attempt(
    claims: Claims, queue: Queue
) -> None:
    """Whether it was to be retried later, is in flight still, or was never started."""
    one = attempt(4)
    one.finish(one.start(), DELIVERED, NOW)
    one.retry_later(one.start(), NOW + 30)
    one.start()

    one.close(claims, queue, NOW)  # type: ignore[arg-type]

    (rest,) = queue.queued
    assert sorted(devices_of(rest)) == ["d1", "d2", "d3"]
    assert (rest.attempt, rest.not_before) == (1, int(NOW) + 30)
    assert claims.closed_with == [int(NOW) + 30]


def test_retried_recipient_is_ready_again_and_remembers_the_rejected_token(
    claims: Claims, queue: Queue
) -> None:
    one = attempt(1)
    one.retry(one.start(), "fingerprint")

    assert [each.rejected for each in one.ready] == ["fingerprint"]
    one.retry_ready_later(NOW + 20)
    one.close(claims, queue, NOW)  # type: ignore[arg-type]
    assert [each.rejected for each in queue.queued[0].channels] == ["fingerprint"]


def test_outcomes_are_recorded_when_so_many_have_come(claims: Claims) -> None:
    one = attempt(FLUSH_COUNT + 1)
    for count in range(1, FLUSH_COUNT + 1):
        one.finish(one.start(), DELIVERED, NOW)
        one.flush_if_due(claims, NOW)  # type: ignore[arg-type]
        assert len(claims.recorded) == (FLUSH_COUNT if count == FLUSH_COUNT else 0)


def test_outcomes_are_recorded_when_the_oldest_has_waited(claims: Claims) -> None:
    one = attempt(2)
    one.finish(one.start(), DELIVERED, NOW)
    assert one.flush_at == NOW + FLUSH_S

    one.flush_if_due(claims, NOW + FLUSH_S - 0.01)  # type: ignore[arg-type]
    assert claims.recorded == {}
    one.flush_if_due(claims, NOW + FLUSH_S)  # type: ignore[arg-type]
    assert claims.recorded.keys() == {"p#d0#toast"}


def test_outcomes_that_could_not_be_recorded_are_recorded_later(claims: Claims) -> None:
    one = attempt(2)
    one.finish(one.start(), DELIVERED, NOW)
    claims.errors = [TablesUnavailableError("out")]

    one.flush(claims, NOW)  # type: ignore[arg-type]
    assert (claims.recorded, one.flush_at) == ({}, NOW + FLUSH_S)
    one.flush(claims, NOW + FLUSH_S)  # type: ignore[arg-type]
    assert claims.recorded.keys() == {"p#d0#toast"}


def test_lost_attempt_writes_and_queues_nothing_more(claims: Claims, queue: Queue) -> None:
    one = attempt(2)
    one.finish(one.start(), DELIVERED, NOW)
    claims.errors = [LostClaimError()]

    one.flush(claims, NOW)  # type: ignore[arg-type]
    one.close(claims, queue, NOW)  # type: ignore[arg-type]

    assert one.state is AttemptState.LOST
    assert (claims.recorded, claims.closed_with, queue.queued) == ({}, [], [])


def test_close_that_fails_is_tried_again_a_little_later(claims: Claims, queue: Queue) -> None:
    one = attempt(1)
    one.finish(one.start(), DELIVERED, NOW)
    claims.errors = [TablesUnavailableError("out")] * 2

    now = NOW
    while one.state is AttemptState.OPEN:
        one.close(claims, queue, now)  # type: ignore[arg-type]
        assert one.close_at > now or one.state is not AttemptState.OPEN
        now = one.close_at

    assert one.state is AttemptState.CLOSED
    assert claims.recorded.keys() == {"p#d0#toast"}
    assert now - NOW < 1


def test_attempt_that_cannot_be_closed_leaves_its_message_and_queues_nothing(
    claims: Claims, queue: Queue
) -> None:
    one = attempt(2)
    claims.errors = [TablesUnavailableError("out")] * 20

    now = NOW
    while one.state is AttemptState.OPEN:
        one.close(claims, queue, now)  # type: ignore[arg-type]
        now = one.close_at

    assert one.state is AttemptState.FAILED
    assert queue.queued == []
    assert now - NOW < 10


def test_attempt_whose_rest_cannot_be_queued_leaves_its_message(
    claims: Claims, queue: Queue
) -> None:
    one = attempt(1)
    queue.error = QueueUnavailableError("out")

    one.close(claims, queue, NOW)  # type: ignore[arg-type]

    assert one.state is AttemptState.FAILED


def test_abandoned_attempt_records_its_outcomes_and_queues_nothing(
    claims: Claims, queue: Queue
) -> None:
    one = attempt(2)
    one.finish(one.start(), DELIVERED, NOW)

    one.abandon(claims, NOW)  # type: ignore[arg-type]

    assert one.state is AttemptState.FAILED
    assert claims.recorded.keys() == {"p#d0#toast"}
    assert (claims.closed_with, queue.queued) == ([], [])

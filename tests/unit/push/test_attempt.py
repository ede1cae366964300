"""One attempt at a delivery: every recipient is in one place, none is forgotten, few in doubt."""

from __future__ import annotations

from typing import Any

import pytest

from push.delivery.attempt import (
    CLOSE_TRIES,
    FLUSH_COUNT,
    FLUSH_S,
    AttemptState,
    DeliveryAttempt,
    first_starts,
)
from push.delivery.claims import Claim
from push.delivery.models import Delivery
from push.delivery.recipients import Recipients
from push.delivery.window import Window

NOW = 1_000.0
DELIVERED = {"outcome": "delivered"}
RECORDED = DELIVERED | {"attempt": 0}


def delivery(devices: int = 3, app_id: str = "my-game", lane: str = "bulk") -> Delivery:
    return Delivery.model_validate(
        {
            "notification_id": "0" * 32,
            "chunk": "0",
            "lane": lane,
            "app_id": app_id,
            "dispatched_at": int(NOW),
            "expires_at": int(NOW) + 600,
            "payloads": [{"kind": "toast", "headers": {}, "body": "<toast/>"}],
            "channels": [
                {"player_id": "p", "device_id": f"d{n:03}", "channel_uri": "", "payload": 0}
                for n in range(devices)
            ],
        }
    )


def attempt(
    devices: int = 3,
    *,
    window: Window | None = None,
    outcomes: dict[str, dict[str, Any]] | None = None,
    taken_over_through: str | None = None,
) -> DeliveryAttempt:
    window = window or Window(64)
    one = delivery(devices)
    recipients = Recipients(one, NOW)
    through, taken = first_starts(recipients, window)
    window.give_back(taken)
    claim = Claim(
        one,
        "owner",
        outcomes or {},
        through if taken_over_through is None else taken_over_through,
        is_taken_over=taken_over_through is not None,
        counts={},
    )
    return DeliveryAttempt(claim, "message", recipients, window, share=0.5)


def devices_of(one: Delivery | None) -> list[str]:
    return [] if one is None else [each.device_id for each in one.channels]


def start_all(one: DeliveryAttempt) -> int:
    """Start whatever may start; return how many."""
    count = 0
    while one.may_start:
        one.recipients.start()
        count += 1
    return count


def finish(one: DeliveryAttempt, count: int, now: float = NOW) -> None:
    for name in list(one.recipients._in_flight)[:count]:
        one.finish(name, DELIVERED, now)


def record(one: DeliveryAttempt, *, is_written: bool = True) -> dict[str, dict[str, Any]]:
    outcomes, _, through = one.begin_record()
    one.end_record(outcomes, through, NOW, is_written=is_written)
    return outcomes


def in_doubt(one: DeliveryAttempt) -> int:
    """Return how many recipients were started and have no recorded outcome."""
    return one.recipients.in_flight_count + len(one._unrecorded)


def test_recipient_with_a_recorded_outcome_is_not_sent_to_again() -> None:
    one = attempt(3, outcomes={"p#d001#toast": RECORDED})

    assert [*one.recipients.ready] == ["p#d000#toast", "p#d002#toast"]


def test_attempt_has_no_rest_when_every_recipient_has_an_outcome() -> None:
    one = attempt(2)
    start_all(one)
    finish(one, 2)

    assert one.is_through(is_closing=False)
    _, unrecorded, _, remainder = one.begin_close(NOW)
    assert unrecorded.keys() == {"p#d000#toast", "p#d001#toast"}
    assert remainder is None


def test_every_recipient_without_an_outcome_goes_on_as_the_next_attempt() -> None:
    """Whether it was to be retried later, is in flight still, or was never started."""
    one = attempt(4)
    one.finish(one.recipients.start(), DELIVERED, NOW)
    one.recipients.retry_later(one.recipients.start(), NOW + 30)
    one.recipients.start()

    *_, remainder = one.begin_close(NOW)

    assert sorted(devices_of(remainder)) == ["d001", "d002", "d003"]
    assert remainder is not None
    assert (remainder.attempt, remainder.not_before) == (1, int(NOW))


def test_wait_of_one_recipient_holds_up_no_other() -> None:
    one = attempt(3)
    one.recipients.retry_later(one.recipients.start(), NOW + 3600)
    one.recipients.retry_later(one.recipients.start(), NOW + 5, tries=1)
    one.finish(one.recipients.start(), DELIVERED, NOW)

    *_, remainder = one.begin_close(NOW)

    assert remainder is not None
    assert remainder.not_before == int(NOW) + 5
    waits = {each.device_id: (each.not_before, each.tries) for each in remainder.channels}
    assert waits == {"d000": (int(NOW) + 3600, 0), "d001": (int(NOW) + 5, 1)}


def test_recipient_that_is_not_due_waits_for_the_next_attempt() -> None:
    first = attempt(2)
    first.recipients.retry_later(first.recipients.start(), NOW + 3600)
    first.recipients.retry_later(first.recipients.start(), NOW + 5)
    *_, remainder = first.begin_close(NOW)
    assert remainder is not None
    claim = Claim(remainder, "owner", {}, "p#d001#toast", is_taken_over=False, counts={})

    recipients = Recipients(remainder, NOW + 5)
    second = DeliveryAttempt(claim, "message", recipients, Window(64), share=0.5)

    assert [*second.recipients.ready] == ["p#d001#toast"]
    start_all(second)
    finish(second, 1, NOW + 5)
    *_, rest = second.begin_close(NOW + 5)
    assert rest is not None
    assert (devices_of(rest), rest.not_before) == (["d000"], int(NOW) + 3600)


def test_retried_recipient_is_started_next_and_remembers_the_rejected_token() -> None:
    one = attempt(3)
    one.recipients.retry(one.recipients.start(), rejected="fingerprint")

    name, recipient = one.recipients.next
    assert (name, recipient.rejected) == ("p#d000#toast", "fingerprint")


def test_ready_recipient_is_sent_to_the_new_uri_of_its_device() -> None:
    one = attempt(2)
    name, _ = one.recipients.next
    one.recipients.readdress(name, "https://new.notify.windows.com/?token=1")

    uris = [each.channel_uri for each in one.recipients.ready.values()]
    assert uris == ["https://new.notify.windows.com/?token=1", ""]


@pytest.mark.parametrize("size", [16, 64])
def test_no_more_sends_than_the_window_are_in_doubt(size: int) -> None:
    one = attempt(200, window=Window(size))
    done = 0
    while one.recipients.ready_count or one.recipients.in_flight_count:
        start_all(one)
        assert in_doubt(one) <= size
        finish(one, 3)
        done += 3
        if one.needs_record(NOW):
            outcomes, _, through = one.begin_record()
            start_all(one)  # a record that is being written frees nothing yet
            assert in_doubt(one) + len(outcomes) <= size
            one.end_record(outcomes, through, NOW, is_written=True)
        assert done < 300


def test_deliveries_share_the_window_and_give_it_back() -> None:
    window = Window(16)
    first, second = attempt(10, window=window), attempt(10, window=window)

    assert (start_all(first), start_all(second)) == (10, 6)
    finish(first, 10)
    first.begin_close(NOW)
    first.end_close(AttemptState.CLOSED, NOW)
    assert second.needs_record(NOW)
    record(second)

    assert start_all(second) == 4
    finish(second, 10)
    second.end_close(AttemptState.CLOSED, NOW)
    assert window.free == 16


def test_record_that_could_not_be_written_lets_nothing_start_and_loses_no_outcome() -> None:
    window = Window(16)
    one = attempt(40, window=window)
    start_all(one)
    finish(one, 8)

    assert len(record(one, is_written=False)) == 8
    assert not one.may_start
    assert window.free == 0
    assert len(record(one)) == 8
    assert start_all(one) == 8


def test_record_says_through_which_name_sends_may_start() -> None:
    one = attempt(40, window=Window(16))
    assert one.claim.started_through == "p#d015#toast"
    start_all(one)
    finish(one, 8)

    _, number, through = one.begin_record()

    assert (number, through) == (1, "p#d023#toast")


def test_successor_knows_which_recipients_are_in_doubt() -> None:
    recorded = {f"p#d{n:03}#toast": RECORDED for n in range(10) if n != 3}

    one = attempt(40, outcomes=recorded, taken_over_through="p#d015#toast")

    assert one.doubtful == [f"p#d{n:03}#toast" for n in (3, *range(10, 16))]
    assert start_all(one) == 7  # they may start at once: they are within the record already


def test_attempt_is_through_if_its_window_is_full_of_recipients_that_wait() -> None:
    one = attempt(40, window=Window(16))
    for _ in range(16):
        one.recipients.retry_later(one.recipients.start(), NOW + 5)

    assert one.is_through(is_closing=False)
    *_, remainder = one.begin_close(NOW)
    assert len(devices_of(remainder)) == 40


def test_outcomes_are_recorded_when_they_are_many() -> None:
    one = attempt(FLUSH_COUNT + 10)
    start_all(one)
    for count in range(1, FLUSH_COUNT + 1):
        finish(one, 1)
        assert one.needs_record(NOW) is (count == FLUSH_COUNT)


def test_outcomes_are_recorded_when_the_oldest_has_waited() -> None:
    one = attempt(2)
    start_all(one)
    finish(one, 1)

    assert one.flush_at == NOW + FLUSH_S
    assert not one.needs_record(NOW + FLUSH_S - 0.01)
    assert one.needs_record(NOW + FLUSH_S)


def test_close_that_fails_is_tried_again_a_little_later_and_a_few_times() -> None:
    one = attempt(1)
    start_all(one)
    finish(one, 1)
    now = NOW
    for count in range(1, CLOSE_TRIES + 1):
        _, unrecorded, _, _ = one.begin_close(now)
        assert unrecorded.keys() == {"p#d000#toast"}
        one.end_close(AttemptState.OPEN, now)
        assert one.state is (AttemptState.FAILED if count == CLOSE_TRIES else AttemptState.OPEN)
        assert now < one.close_at < NOW + 10
        now = one.close_at

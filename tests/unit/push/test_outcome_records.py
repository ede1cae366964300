"""Outcome records: what is kept of a response, and how little of DynamoDB it takes."""

from __future__ import annotations

import random
import uuid
from typing import Any

import pytest

from push.delivery.outcomes import resolves_never, retry_delay_s
from push.notifications.outcomes import decode_outcomes, encode_outcomes, outcome_record
from wns.result import UNRESOLVED_HOST, Outcome, SendResult

DICE = random.Random(3)  # noqa: S311
DELIVERED = SendResult(
    Outcome.DELIVERED,
    status_code=200,
    notification_status="received",
    device_status="connected",
    msg_id="4AB13A5D8F2C7E01",
    debug_trace="CO1SCH020040611",
    correlation_vector="cV0aH8.1",
)
DROPPED = SendResult(
    Outcome.DROPPED,
    status_code=200,
    notification_status="dropped",
    device_status="disconnected",
    msg_id="4AB13A5D8F2C7E02",
    error_description="The notification was dropped",
    debug_trace="CO1SCH020040612",
)


def hex_id() -> str:
    return f"{DICE.getrandbits(64):016X}"


def records(count: int, result: SendResult = DELIVERED) -> dict[str, dict[str, Any]]:
    return {
        f"7656119{DICE.randrange(10**10)}#{uuid.UUID(int=DICE.getrandbits(128))}#toast": {
            **outcome_record(result),
            "msg_id": hex_id(),
            "attempt": 0,
            "at": 1_800_000_000 + number // 20,
        }
        for number in range(count)
    }


@pytest.mark.parametrize("result", [DELIVERED, DROPPED])
def test_stored_records_read_as_they_were_written(result: SendResult) -> None:
    written = records(30, result)

    assert decode_outcomes({"sk": "outcomes#0", "outcomes": encode_outcomes(written)}) == written


def test_records_of_several_outcomes_read_as_they_were_written() -> None:
    written = records(5) | records(5, DROPPED)
    written |= {"p#d#toast": {"outcome": "cancelled", "attempt": 2, "at": 5}}

    assert decode_outcomes({"outcomes_2": encode_outcomes(written)}) == written


def test_traces_are_kept_of_what_was_not_delivered() -> None:
    assert outcome_record(DROPPED)["debug_trace"] == "CO1SCH020040612"
    assert "debug_trace" not in outcome_record(DELIVERED)


def test_a_flush_of_delivered_outcomes_takes_at_most_two_write_units() -> None:
    """With Steam ids as players and UUIDs as devices, which do not compress."""
    assert len(encode_outcomes(records(25))) < 1500
    assert len(encode_outcomes(records(1))) < 250


def test_wait_is_no_shorter_than_wns_asked_for() -> None:
    throttled = SendResult(Outcome.CHANNEL_THROTTLED, retry_after_seconds=600)

    assert retry_delay_s(throttled, 0, 0.5) == 600
    assert retry_delay_s(throttled, 9, 0.99) > 600


@pytest.mark.parametrize(("tries", "never"), [(0, False), (3, False), (4, True)])
def test_host_that_does_not_resolve_is_tried_a_few_times(tries: int, never: bool) -> None:
    unresolved = SendResult(
        Outcome.UNAVAILABLE, transport_error=f"{UNRESOLVED_HOST} (libcurl error 6)"
    )

    assert resolves_never(unresolved, tries) is never
    assert not resolves_never(SendResult(Outcome.UNAVAILABLE, transport_error="timed out"), tries)

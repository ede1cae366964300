"""Outcome and result of a send, from WNS's response."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wns.response import parse_result
from wns.result import Outcome, SendResult

if TYPE_CHECKING:
    from wns.response import Headers

NOW = 1_795_000_000.0

STATUS = "X-WNS-Status"
OLDER_STATUS = "X-WNS-NotificationStatus"
DESCRIPTION = "X-WNS-Error-Description"


def outcome_of(status_code: int, headers: Headers = (), reason: str = "") -> Outcome:
    return parse_result(status_code, headers, reason=reason, now=NOW).outcome


def test_outcomes_are_those_of_the_design() -> None:
    assert [*Outcome] == [
        "delivered",
        "dropped",
        "channel_throttled",
        "app_throttled",
        "quota_exceeded",
        "token_rejected",
        "forbidden",
        "channel_gone",
        "sender_blocked",
        "rejected",
        "unavailable",
        "expired",
        "refused",
        "unknown",
    ]


@pytest.mark.parametrize(
    ("status_code", "headers", "reason", "outcome"),
    [
        (200, {STATUS: "received"}, "OK", Outcome.DELIVERED),
        (200, {STATUS: "dropped"}, "OK", Outcome.DROPPED),
        (200, {STATUS: "channelthrottled"}, "OK", Outcome.CHANNEL_THROTTLED),
        (406, {STATUS: "channelthrottled"}, "", Outcome.CHANNEL_THROTTLED),
        (429, {STATUS: "channelthrottled"}, "", Outcome.CHANNEL_THROTTLED),
        (200, {STATUS: "appthrottled"}, "OK", Outcome.APP_THROTTLED),
        (406, {STATUS: "appthrottled"}, "", Outcome.APP_THROTTLED),
        (429, {STATUS: "appthrottled"}, "", Outcome.APP_THROTTLED),
        (406, {}, "Not Acceptable", Outcome.APP_THROTTLED),
        (429, {}, "Too Many Requests", Outcome.APP_THROTTLED),
        (406, {STATUS: "dropped"}, "", Outcome.APP_THROTTLED),
        (429, {STATUS: "received"}, "", Outcome.APP_THROTTLED),
        (
            429,
            {DESCRIPTION: "App is throttled. Wait for the seconds of the value in Retry-After"},
            "",
            Outcome.APP_THROTTLED,
        ),
        (429, {}, "Monthly Quota Exceeded", Outcome.QUOTA_EXCEEDED),
        (429, {DESCRIPTION: "monthly QUOTA exceeded"}, "", Outcome.QUOTA_EXCEEDED),
        (
            429,
            {STATUS: "appthrottled", DESCRIPTION: "Quota exceeded"},
            "",
            Outcome.QUOTA_EXCEEDED,
        ),
        (406, {DESCRIPTION: "quota"}, "", Outcome.APP_THROTTLED),
        (401, {STATUS: "dropped"}, "", Outcome.TOKEN_REJECTED),
        (403, {STATUS: "dropped"}, "", Outcome.FORBIDDEN),
        (403, {}, "", Outcome.FORBIDDEN),
        (404, {}, "", Outcome.CHANNEL_GONE),
        (410, {STATUS: "dropped"}, "Gone", Outcome.CHANNEL_GONE),
        (410, {DESCRIPTION: "Revoked channel URL"}, "", Outcome.CHANNEL_GONE),
        (410, {STATUS: "revoked", OLDER_STATUS: "revoked"}, "Gone", Outcome.CHANNEL_GONE),
        (410, {}, "Domain Blocked", Outcome.SENDER_BLOCKED),
        (410, {DESCRIPTION: "domain blocked for abuse"}, "Gone", Outcome.SENDER_BLOCKED),
        (400, {STATUS: "dropped"}, "", Outcome.REJECTED),
        (405, {}, "", Outcome.REJECTED),
        (411, {}, "", Outcome.REJECTED),
        (413, {}, "", Outcome.REJECTED),
        (418, {}, "", Outcome.REJECTED),
        (499, {}, "", Outcome.REJECTED),
        (408, {}, "", Outcome.UNAVAILABLE),
        (500, {"X-WNS-DeviceConnectionStatus": "unknown"}, "", Outcome.UNAVAILABLE),
        (502, {}, "", Outcome.UNAVAILABLE),
        (503, {"Retry-After": "5"}, "", Outcome.UNAVAILABLE),
        (504, {}, "", Outcome.UNAVAILABLE),
        (599, {}, "", Outcome.UNAVAILABLE),
        (302, {}, "", Outcome.UNAVAILABLE),
        (100, {}, "", Outcome.UNAVAILABLE),
        (999, {}, "", Outcome.UNAVAILABLE),
        (0, {}, "", Outcome.UNAVAILABLE),
    ],
)
def test_outcome_follows_from_status_code_and_headers(
    status_code: int, headers: dict[str, str], reason: str, outcome: Outcome
) -> None:
    assert outcome_of(status_code, headers.items(), reason) is outcome


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(STATUS, "")],
        [(STATUS, "accepted")],
        [(STATUS, "received!")],
        [(STATUS, "received"), (OLDER_STATUS, "dropped")],
        [(STATUS, "received"), (STATUS, "channelthrottled")],
        [(STATUS, "received, appthrottled")],
        [(OLDER_STATUS, "received"), (STATUS, "dropped")],
    ],
)
def test_unconfirmed_success_is_dropped_so_neither_claimed_nor_retried(
    headers: list[tuple[str, str]],
) -> None:
    assert outcome_of(200, headers) is Outcome.DROPPED


@pytest.mark.parametrize(
    "headers",
    [
        [("X-WNS-STATUS", "received"), ("X-WNS-NOTIFICATIONSTATUS", "received")],
        [("x-wns-notificationstatus", "received")],
        [("x-WNS-sTaTuS", " Received ")],
        [(" X-WNS-Status ", "received")],
        [(STATUS, "received"), (STATUS, "RECEIVED")],
        [(STATUS, "received, received")],
        [(STATUS, "new-word"), (OLDER_STATUS, "received")],
        [("Status", "dropped"), (STATUS, "received")],
    ],
)
def test_both_status_headers_are_read_in_any_case_and_repeated(
    headers: list[tuple[str, str]],
) -> None:
    assert outcome_of(200, headers) is Outcome.DELIVERED


@pytest.mark.parametrize("status_code", [201, 202, 204, 299])
def test_other_success_codes_are_read_like_200(status_code: int) -> None:
    assert outcome_of(status_code, [(STATUS, "received")]) is Outcome.DELIVERED
    assert outcome_of(status_code) is Outcome.DROPPED


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([], None),
        ([("Retry-After", "900")], 900.0),
        ([("retry-after", " 0 ")], 0.0),
        ([("Retry-After", "1.5")], 1.5),
        ([("Retry-After", "9" * 5000)], 86_400.0),
        ([("Retry-After", "86401")], 86_400.0),
        ([("Retry-After", "-5")], None),
        ([("Retry-After", "soon")], None),
        ([("Retry-After", "")], None),
        ([("Retry-After", "1e5")], None),
        ([("Retry-After", "٣")], None),
        ([("Retry-After", "nan")], None),
        ([("Retry-After", "inf")], None),
        ([("Retry-After", "5"), ("Retry-After", "60"), ("Retry-After", "x")], 60.0),
        ([("Retry-After", "Wed, 18 Nov 2026 11:31:40 GMT")], 1500.0),
        ([("Retry-After", "Wednesday, 18-Nov-26 11:31:40 GMT")], 1500.0),
        ([("Retry-After", "Wed Nov 18 11:31:40 2026")], 1500.0),
        ([("Retry-After", "Wed, 18 Nov 2026 10:00:00 GMT")], 0.0),
        ([("Retry-After", "Wed, 18 Nov 2099 10:00:00 GMT")], 86_400.0),
        ([("Retry-After", "Wed, 99 Nov 2026 10:00:00 GMT")], None),
        ([("Retry-After", "Wed, 18 Nov 99999999999 10:00:00 GMT")], None),
        ([("X-WNS-CONTINUE-AFTER", "30")], 30.0),
        ([("X-WNS-Continue-After", "later")], None),
        ([("X-WNS-CONTINUE-AFTER", "30"), ("Retry-After", "5")], 5.0),
        ([("X-WNS-CONTINUE-AFTER", "30"), ("Retry-After", "soon")], 30.0),
    ],
)
def test_retry_delay_is_read_from_the_headers(
    headers: list[tuple[str, str]], seconds: float | None
) -> None:
    assert parse_result(503, headers, now=NOW).retry_after_seconds == seconds


def test_result_keeps_the_headers_that_support_asks_for() -> None:
    reference = object()
    result = parse_result(
        406,
        [
            ("X-WNS-STATUS", "appthrottled"),
            ("X-WNS-NOTIFICATIONSTATUS", "appthrottled"),
            ("X-WNS-DEVICECONNECTIONSTATUS", "tempdisconnected"),
            ("X-WNS-MSG-ID", "7D3DF9C3B1F7E2A1"),
            ("X-WNS-DEBUG-TRACE", "BN3SCH020010723"),
            ("X-WNS-ERROR-DESCRIPTION", "App is throttled"),
            ("MS-CV", "1Gm7lQ.0"),
            ("Retry-After", "900"),
            ("Content-Length", "0"),
        ],
        now=NOW,
        reference=reference,
    )

    assert result == SendResult(
        outcome=Outcome.APP_THROTTLED,
        reference=reference,
        status_code=406,
        notification_status="appthrottled",
        device_status="tempdisconnected",
        msg_id="7D3DF9C3B1F7E2A1",
        debug_trace="BN3SCH020010723",
        error_description="App is throttled",
        correlation_vector="1Gm7lQ.0",
        retry_after_seconds=900.0,
        transport_error=None,
        may_have_arrived=True,
    )


def test_result_of_a_bare_response_has_no_other_values() -> None:
    assert parse_result(404, [("X-WNS-Msg-ID", "")], now=NOW) == SendResult(
        outcome=Outcome.CHANNEL_GONE, status_code=404, may_have_arrived=True
    )


def test_unknown_status_value_is_kept() -> None:
    result = parse_result(200, [(OLDER_STATUS, "postponed")], now=NOW)

    assert (result.outcome, result.notification_status) == (Outcome.DROPPED, "postponed")


def test_error_description_is_cut_and_cannot_forge_log_lines() -> None:
    result = parse_result(400, [(DESCRIPTION, "bad\x1b[2J\x00\u2028" + "x" * 10_000)], now=NOW)

    assert result.error_description == ("bad\ufffd[2J\ufffd\ufffd" + "x" * 10_000)[:500]


def test_reference_is_not_in_the_repr() -> None:
    assert "canary" not in repr(SendResult(Outcome.REFUSED, reference="canary"))


NAMES = st.sampled_from(
    [
        STATUS,
        OLDER_STATUS,
        DESCRIPTION,
        "X-WNS-DeviceConnectionStatus",
        "X-WNS-Msg-ID",
        "Retry-After",
        "X-WNS-CONTINUE-AFTER",
        "MS-CV",
    ]
) | st.text(max_size=10)
VALUES = (
    st.sampled_from(["received", "dropped", "channelthrottled", "appthrottled", "0", "900", "GMT"])
    | st.text(max_size=30)
    | st.text(string.digits + " .,:+-GMTNovWed", max_size=40)
    | st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT"))
)
CHANGED_CASE = st.tuples(NAMES, st.sampled_from([str.upper, str.lower, str.title])).map(
    lambda name_and_case: name_and_case[1](name_and_case[0])
)


@given(
    st.integers(-1, 1000) | st.integers(),
    st.lists(st.tuples(CHANGED_CASE, VALUES), max_size=8),
    st.text(max_size=30),
    st.floats(0, 1e11),
)
@example(429, [("Retry-After", "0" * 10_000)], "", NOW)
def test_every_response_has_an_outcome_and_no_delay_is_over_a_day(
    status_code: int, headers: list[tuple[str, str]], reason: str, now: float
) -> None:
    result = parse_result(status_code, headers, reason=reason, now=now)
    delay = result.retry_after_seconds

    assert result.outcome in set(Outcome) - {Outcome.EXPIRED, Outcome.REFUSED, Outcome.UNKNOWN}
    assert not result.is_response_lost
    assert delay is None or 0 <= delay <= 86_400
    if result.outcome is Outcome.DELIVERED:
        assert "received" in " ".join(value for _, value in headers)


@given(st.lists(st.tuples(CHANGED_CASE, VALUES), max_size=5), st.integers(200, 599))
def test_order_of_the_headers_does_not_change_the_outcome(
    headers: list[tuple[str, str]], status_code: int
) -> None:
    assert outcome_of(status_code, headers) is outcome_of(status_code, headers[::-1])

"""Until when a delivery is postponed: not for long while its backlog is short, and ever longer."""

from __future__ import annotations

import pytest

from push.delivery.app_gate import postponed_until
from push.delivery.models import Delivery
from push.delivery.report import Retry
from push.delivery.send_budget import Wait

NOW = 1_764_000_000.0
LONGEST_SHARE = 0.999


def waiting(for_s: int, postponed: int) -> Delivery:
    return Delivery(
        notification_id="0" * 32,
        chunk="0",
        app_id="my-game",
        dispatched_at=int(NOW) - for_s,
        expires_at=int(NOW) + 86_400,
        postponed=postponed,
        payloads=(),
        channels=(),
    )


def wait_s(reason: Retry, for_s: int, postponed: int) -> float:
    delivery = waiting(for_s, postponed)
    return postponed_until(Wait(NOW + 1.0, reason), delivery, LONGEST_SHARE, NOW) - NOW


@pytest.mark.parametrize(("for_s", "most_s"), [(2, 1.0), (9, 1.4), (20, 6.7), (30, 15.0)])
def test_backlog_of_seconds_is_not_waited_for_by_minutes(for_s: int, most_s: float) -> None:
    assert wait_s(Retry.NO_BUDGET, for_s, postponed=9) <= most_s


def test_backlog_of_minutes_is_asked_for_ever_more_rarely() -> None:
    waits = [wait_s(Retry.NO_BUDGET, 600, postponed) for postponed in range(10)]
    assert waits == sorted(waits)
    assert waits[-1] > 290


@pytest.mark.parametrize("reason", [Retry.NO_TOKEN, Retry.APP_STOPPED, Retry.APP_THROTTLED])
def test_app_that_cannot_send_at_all_is_asked_for_ever_more_rarely(reason: Retry) -> None:
    assert wait_s(reason, 9, postponed=9) > 290

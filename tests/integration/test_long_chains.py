"""What waits for hours on the queues: it goes on past 16 invocations, and its life bounds it.

Lambda's loop detection would stop a delivery that its sender queues again and again, as the tests
with `stopped` show: a `Retry-After` of more than four hours (16 delays of 15 minutes), or an app
that has no access token for some minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.aws_limits import loops
from tests.aws_limits.loops import MOST_INVOCATIONS
from tests.integration.alarms import emitted
from tests.integration.backend import CLIENT_SECRET, PACKAGE_SID
from tests.integration.builders import (
    TEXT,
    game_fixture,
    open_channel,
    outcomes,
    put_app,
    put_credentials,
    request,
    texts,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

HOURS = 3600
game = game_fixture(devices={"pc": "player-1"})
both = pytest.mark.parametrize("stopped", [False, True])


@pytest.fixture(autouse=True)
def loop_detection(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `stopped`, no function may recur, as if template.yaml did not let it."""
    params: dict[str, Any] = getattr(getattr(request.node, "callspec", None), "params", {})
    if params.get("stopped"):
        monkeypatch.setattr(loops, "may_recur", lambda _: False)


def pass_time(game: Backend, hours: float, *, step_s: int = 300) -> None:
    for _ in range(int(hours * HOURS / step_s)):
        game.work()
        game.advance(step_s)
    game.work()


def most_hops(capfd: pytest.CaptureFixture[str]) -> list[float]:
    """Return what the metric was in each invocation since the last call."""
    found = emitted(capfd.readouterr().out)
    return [value for (_, name, _), values in found if name == "MostHops" for value in values]


@both
def test_channel_that_is_to_wait_for_six_hours_is_notified_then(
    game: Backend, stopped: bool
) -> None:
    (channel,) = game.channels()
    game.wns.throttle_channel(channel["channel_uri"], seconds=6 * HOURS, retry_after=6 * HOURS)
    game.send_request(request("player-1"))
    pass_time(game, 9, step_s=900)
    assert texts(game, "pc") == ([] if stopped else [[TEXT]])
    assert len(game.messages("DeliveryDlq")) == stopped


@both
def test_app_without_a_token_for_two_hours_is_notified_then(
    backend: Backend, stopped: bool
) -> None:
    backend.wns.put_app(package_sid=PACKAGE_SID, client_secret=CLIENT_SECRET)
    put_app(backend)
    open_channel(backend, "player-1", "pc")
    backend.send_request(request("player-1"))
    pass_time(backend, 2)
    put_credentials(backend)
    pass_time(backend, 2, step_s=600)
    assert texts(backend, "pc") == ([] if stopped else [[TEXT]])
    assert len(backend.messages("DeliveryDlq")) == stopped


def test_hops_are_counted_and_end_with_the_notifications_life(
    backend: Backend, capfd: pytest.CaptureFixture[str]
) -> None:
    backend.wns.put_app(package_sid=PACKAGE_SID, client_secret=CLIENT_SECRET)
    put_app(backend)
    open_channel(backend, "player-1", "pc")
    backend.send_request(request("player-1", options={"ttl_seconds": 3 * HOURS}))
    pass_time(backend, 2)
    assert max(most_hops(capfd)) > MOST_INVOCATIONS
    pass_time(backend, 1.5)
    assert outcomes(backend) == {"player-1#pc#toast": "expired"}
    most_hops(capfd)
    pass_time(backend, 1)
    assert most_hops(capfd) == []

"""Calls of AWS that time out: after seconds, whatever AWS does, and nobody is notified twice.

The backend's clients have botocore's own time-outs; here the functions make theirs.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from push.aws import clients
from tests.faults.crowd import arrivals, make_crowd
from tests.integration.builders import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

_MAKE_CLIENT = clients.client
FUNCTIONS = {"notification_sender": "DeliveryQueue", "dispatcher": "RequestQueue"}


@pytest.fixture
def own_clients(game: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the functions that are imported from now on configure their clients themselves."""
    monkeypatch.setattr(clients, "client", _MAKE_CLIENT)


@pytest.mark.usefixtures("own_clients")
@pytest.mark.parametrize(
    ("function", "service", "most"),
    [
        ("notification_sender", "dynamodb", (2, 2.0)),
        ("notification_sender", "secretsmanager", (4, 3.0)),  # two calls: at the start, and later
        ("dispatcher", "dynamodb", (3, 2.0)),
        ("dispatcher", "sqs", (3, 2.0)),
    ],
)
def test_call_that_hangs_is_given_up_after_seconds(
    game: Backend,
    found: Callable[[str], None],
    function: str,
    service: str,
    most: tuple[int, float],
) -> None:
    """`most`: tries, and seconds of each."""
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 1)
    game.send_request(crowd.request())
    if function == "notification_sender":
        game.handle("RequestQueue")
    messages = game.messages(FUNCTIONS[function])
    game.handler(function)
    slept: list[float] = []
    with game.limits.hanging_calls(service=service, function=function, sleep=slept.append):
        game.handle(FUNCTIONS[function], messages)
    found(f"{function}, {service}: {len(slept)} tries of {max(slept):g} s at most")
    assert (len(slept), max(slept)) == most


@pytest.mark.usefixtures("own_clients", "few_shards")
@pytest.mark.parametrize(
    ("lane", "operation"),
    [
        ("direct", "PutItem"),
        ("direct", "UpdateItem"),
        pytest.param("direct", "BatchGetItem", marks=pytest.mark.slow_fault),
        pytest.param("direct", "GetItem", marks=pytest.mark.slow_fault),
        pytest.param("bulk", "PutItem", marks=pytest.mark.slow_fault),
        pytest.param("bulk", "UpdateItem", marks=pytest.mark.slow_fault),
        ("bulk", "TransactWriteItems"),
    ],
)
def test_calls_that_are_done_but_time_out_notify_nobody_twice(
    game: Backend, found: Callable[[str], None], operation: str, lane: str
) -> None:
    """Each takes 16 s; the sender gives up after two, and the write is done nevertheless."""
    size = 200
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size)
    everyone: dict[str, Any] = {"audience": {"everyone": True}}
    game.send_request(crowd.request(**(everyone if lane == "bulk" else {})))
    game.handle("RequestQueue")
    while game._work_on("BroadcastQueue"):
        pass
    game.handler("notification_sender")
    game.wns.fail_share(1.0, delay=0.05)
    rule = game.limits.slow_calls(
        16.0,
        operation=operation,
        function="notification_sender",
        count=6,
        sleep=lambda seconds: time.sleep(seconds / 20),
    )
    for _ in range(4):
        game.work()
        game.advance(400)
    notified = arrivals(game.wns)
    found(f"{size} notifications, {rule.struck} {operation} timed out, each notified once")
    assert rule.struck >= 2
    assert notified == crowd.once_each
    assert Counter(outcomes(game).values()) == {"delivered": size}

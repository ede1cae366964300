"""Errors that nobody foresaw, while sending: no message is multiplied, and none is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from push.delivery.results import ResultHandler
from tests.faults.crowd import arrivals, make_crowd

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.integration.backend import Backend

INVOCATIONS = 30


def test_error_while_sending_multiplies_no_message(
    game: Backend, monkeypatch: pytest.MonkeyPatch, found: Callable[[str], None]
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 100)
    game.send_request(crowd.request())
    game.handle("RequestQueue")

    def fail(*_: object) -> None:
        raise LookupError("an item that cannot be read")

    most = 0
    with monkeypatch.context() as failing:
        failing.setattr(ResultHandler, "handle", fail)
        for _ in range(INVOCATIONS):
            game._work_on("DeliveryQueue")
            most = max(most, _count(game, "DeliveryQueue"))
            game.advance(361)
    dead = game.messages("DeliveryDlq")
    found(f"{INVOCATIONS} failing invocations: {most} message at most, {len(dead)} dead-lettered")
    assert most <= 1
    assert len(dead) == 1
    assert _count(game, "DeliveryQueue") == 0

    # Each failing invocation had sent what its window allows; an operator moves the message back.
    notified = arrivals(game.wns)
    game.put("DeliveryQueue", dead[0]["Body"])
    game.work()
    assert set(arrivals(game.wns)) == set(crowd.once_each)
    assert sum((arrivals(game.wns) - notified).values()) <= len(crowd.uris)


def _count(game: Backend, queue: str) -> int:
    attributes = game.sqs.get_queue_attributes(QueueUrl=game.url(queue), AttributeNames=["All"])
    return sum(
        int(count)
        for name, count in attributes["Attributes"].items()
        if name.startswith("ApproximateNumberOfMessages")
    )

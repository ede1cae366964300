"""Redelivery: messages delivered twice, in any order, notify nobody twice."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from push.delivery.queue import DeliveryQueue
from push.errors import QueueUnavailableError
from tests.faults.crowd import arrivals, make_crowd, wns_responses
from tests.integration.backend import sqs_event
from tests.integration.builders import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend


def work_with_everything_twice(game: Backend, dice: random.Random) -> int:
    """Run the triggers until nothing is left, with each message delivered twice, shuffled; one that
    a handler keeps is redelivered later. Return how many messages were delivered."""
    handed_over = 0
    while True:
        waiting = {queue: game.messages(queue) * 2 for queue in game.triggers}
        if not any(waiting.values()):
            return handed_over
        for queue, messages in waiting.items():
            dice.shuffle(messages)
            while messages:
                batch = [messages.pop() for _ in range(min(10, len(messages)))]
                handed_over += len(batch)
                answer = game.invoke(game.triggers[queue], sqs_event(batch, queue))
                kept = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
                if kept:
                    game.advance(61)  # the visibility time-out is longer than any lease
                    messages += [message for message in batch if message["MessageId"] in kept]


@pytest.mark.parametrize(
    ("audience", "size"),
    [
        ("players", 100),
        pytest.param("players", 5000, marks=pytest.mark.slow_fault),
        pytest.param("everyone", 5000, marks=pytest.mark.slow_fault),
    ],
)
def test_every_message_delivered_twice_notifies_nobody_twice(
    game: Backend, found: Callable[[str], None], size: int, audience: str
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size)
    whom: dict[str, Any] = {"everyone": True} if audience == "everyone" else {}
    request = crowd.request(**({"audience": whom} if whom else {}))
    throttled = crowd.uris[:: size // 10]
    for uri in throttled:  # for longer than all the minutes that redelivery waits for leases
        game.wns.throttle_channel(uri, seconds=3600, retry_after=3600)
    game.send_request(request)
    game.publish("Whatever", request)
    dice = random.Random(7)
    handed_over = work_with_everything_twice(game, dice)
    game.advance(3610)
    handed_over += work_with_everything_twice(game, dice)
    notified = arrivals(game.wns)
    found(
        f"{size} devices, {handed_over} messages handed over, {len(notified)} notified, "
        f"{sum(notified.values()) - len(notified)} notified twice, {dict(wns_responses(game.wns))}"
    )
    assert notified == crowd.once_each
    assert wns_responses(game.wns) == {"200": size + len(throttled)}
    assert set(outcomes(game).values()) == {"delivered"}


def test_remainder_that_was_never_queued_is_sent_after_a_redrive(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 10)
    game.wns.throttle_channel(crowd.uris[0], seconds=300, retry_after=300)
    game.send_request(crowd.request())
    game.handle("RequestQueue")
    (message,) = game.messages("DeliveryQueue")

    def refuse(*_: object) -> None:
        raise QueueUnavailableError("SQS does not answer")

    with monkeypatch.context() as refusing:
        refusing.setattr(DeliveryQueue, "put", refuse)
        answer = game.handle("DeliveryQueue", [message])
    assert answer == {"batchItemFailures": [{"itemIdentifier": message["MessageId"]}]}
    game.put(
        "DeliveryQueue", message["Body"]
    )  # as a new message, which is what a redrive makes of it
    game.work()
    assert wns_responses(game.wns) == {"200": 10}
    game.advance(310)
    game.work()
    assert arrivals(game.wns) == Counter(dict.fromkeys(crowd.devices["p0"], 1))

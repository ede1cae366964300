"""Calls to AWS that fail, before or after they took effect."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import botocore.endpoint
import pytest

from push.aws.dynamodb_wire import DynamoDBWire
from tests.faults.crowd import arrivals, make_crowd, wns_responses
from tests.faults.test_wns_trouble import short_timeout
from tests.integration.builders import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws_limits.limits import AwsLimits
    from tests.aws_limits.slow_calls import CallFault
    from tests.faults.crowd import Crowd
    from tests.integration.backend import Backend

SHARE = 0.2
DEAD_LETTER_QUEUES = ("RequestDlq", "BroadcastDlq", "DeliveryDlq", "BulkDeliveryDlq")


class Trouble:
    """A share of the functions' requests to AWS fails: throttled, answered 500, or carried out
    without a response."""

    def __init__(self, limits: AwsLimits) -> None:
        rules: dict[str, Any] = {
            "throttled": partial(limits.refused_calls, "ThrottlingException"),
            "failed": partial(limits.refused_calls, "InternalServerError", 500),
            "response_lost": limits.lost_responses,
        }
        # Each rule sees what those before it have left.
        self._rules: list[tuple[str, CallFault]] = []
        left = 1.0
        for seed, (name, add) in enumerate(rules.items()):
            share = SHARE / len(rules)
            self._rules.append((name, add(chance=share / left, seed=seed)))
            left -= share
        self.spare()

    def strike(self, function: str) -> None:
        """Strike the calls that this function makes."""
        for _, rule in self._rules:
            rule.on, rule.function = True, function

    def spare(self) -> None:
        for _, rule in self._rules:
            rule.on = False

    @property
    def calls(self) -> int:
        return self._rules[0][1].seen

    @property
    def struck(self) -> dict[str, int]:
        return {name: rule.struck for name, rule in self._rules}


@pytest.fixture
def trouble(limits: AwsLimits, monkeypatch: pytest.MonkeyPatch) -> Trouble:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    return Trouble(limits)


@pytest.fixture
def without_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch off all retries of calls, so that every failure reaches the functions."""
    monkeypatch.setattr(botocore.endpoint.Endpoint, "_needs_retry", lambda *_, **__: False)
    monkeypatch.setattr(DynamoDBWire, "_is_retried", lambda *_: False)


@pytest.mark.parametrize(
    ("audience", "size"),
    [
        ("players", 100),
        pytest.param("players", 5000, marks=pytest.mark.slow_fault),
        pytest.param("everyone", 5000, marks=pytest.mark.slow_fault),
    ],
)
def test_a_fifth_of_the_calls_to_aws_fail_and_everybody_is_notified_exactly_once(
    game: Backend, found: Callable[[str], None], trouble: Trouble, size: int, audience: str
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size)
    run(game, found, trouble, crowd, everyone=audience == "everyone")


@pytest.mark.usefixtures("without_retries")
@pytest.mark.parametrize("size", [100, pytest.param(2000, marks=pytest.mark.slow_fault)])
def test_sender_whose_every_fifth_call_fails_notifies_everybody_exactly_once(
    game: Backend, found: Callable[[str], None], trouble: Trouble, size: int
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size)
    run(game, found, trouble, crowd, spared="dispatcher")


def run(
    game: Backend,
    found: Callable[[str], None],
    trouble: Trouble,
    crowd: Crowd,
    *,
    everyone: bool = False,
    spared: str = "",
) -> None:
    size = len(crowd.uris)
    for function in ("dispatcher", "notification_sender"):
        game.handler(function)
    more: dict[str, Any] = {"audience": {"everyone": True}} if everyone else {}
    game.send_request(crowd.request(**more))
    moved = 0
    for _ in range(60):
        work(game, trouble, spared)
        game.advance(400)
        moved += redrive(game)
        if not waiting(game):
            break
    notified = arrivals(game.wns)
    found(
        f"{size} notifications, {trouble.calls} requests to AWS, struck {dict(trouble.struck)},"
        f" {size - len(notified)} lost, {sum(notified.values()) - len(notified)} notified twice,"
        f" {moved} messages moved back from dead-letter queues"
    )
    assert notified == crowd.once_each
    assert wns_responses(game.wns) == {"200": size}
    assert Counter(outcomes(game).values()) == {"delivered": size}


def work(game: Backend, trouble: Trouble, spared: str) -> None:
    """Run the triggers until no message is visible. Only functions meet failures; Lambda's poller
    does not."""
    while batches := [
        (function, event)
        for queue, function in game.triggers.items()
        if (event := game.receive(queue))
    ]:
        for function, event in batches:
            if function != spared:
                trouble.strike(function)
            failed = game.invoke(function, event)["batchItemFailures"]
            trouble.spare()
            game.delete(event, {failure["itemIdentifier"] for failure in failed})


def redrive(game: Backend) -> int:
    """Move failed messages back, as an operator does; refused ones are not expected."""
    moved = 0
    assert game.messages("RefusedDlq") == []
    for dead in DEAD_LETTER_QUEUES:
        for message in game.messages(dead):
            home = dead.replace("Dlq", "Queue")
            game.sqs.send_message(QueueUrl=game.url(home), MessageBody=message["Body"])
            moved += 1
    return moved


def waiting(game: Backend) -> int:
    """Return how many messages the queues hold, in flight or delayed ones included."""
    return sum(
        int(count)
        for queue in game.triggers
        for count in game.sqs.get_queue_attributes(
            QueueUrl=game.url(queue),
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )["Attributes"].values()
    )


def test_slow_write_does_not_make_answered_sends_time_out(
    game: Backend, limits: AwsLimits, found: Callable[[str], None]
) -> None:
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 100)
    game.send_request(crowd.request())
    game.handle("RequestQueue")
    game.handler("notification_sender")
    game.wns.fail_share(1.0, delay=0.3)  # so that sends are in flight during a flush
    # Records of outcomes take longer than a send may.
    rule = limits.slow_calls(2.0, operation="PutItem", resource="NotificationsTable", count=3)
    with short_timeout(game, 1.2):
        game.work()
    game.wns.clear_faults()
    for _ in range(3):
        game.advance(400)
        game.work()
    notified = arrivals(game.wns)
    found(f"100 notifications, {rule.struck} slow writes, {notified.total() - 100} notified twice")
    assert rule.struck == 3
    assert notified == crowd.once_each

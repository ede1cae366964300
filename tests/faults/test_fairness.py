"""Apps that cannot send do not delay those that can, however much of theirs is waiting."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from moto.core.botocore_stubber import BotocoreStubber
from moto.sqs.models import sqs_backends

from tests.faults.crowd import arrivals
from tests.integration.backend import ACCOUNT, REGION
from tests.integration.builders import (
    open_app,
    open_channel,
    put_app,
    put_credentials,
    request,
    requests_to_wns,
    texts,
)
from tools.template_yaml import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws_limits.limits import AwsLimits
    from tests.integration.backend import Backend

TROUBLED = ("slow", "stopped", "tokenless", "throttled")
NOT_OURS = ("sqs ReceiveMessage", "sqs DeleteMessage")
CALL_S = 0.007
LATE_S = 2.0
MOST_AHEAD = 10
LONGEST_POSTPONED_S = 300
SENDERS = int(load()["Parameters"]["DeliveryConcurrency"]["Default"])


def make_trouble(game: Backend, waiting: int, *, over_s: int = 0) -> None:
    """Make the apps of `TROUBLED`, each with a device of one player and with deliveries to it; with
    `over_s`, as they are after some minutes: postponed often, and due at any time within seconds.
    """
    for app_id in TROUBLED:
        if app_id == "tokenless":
            put_app(game, app_id)
        else:
            open_app(game, app_id, **({"send_rate": 1} if app_id == "slow" else {}))
        open_channel(game, "player", f"pc-of-{app_id}", app_id)
    deliveries = [dispatched(game, app_id) for app_id in TROUBLED]
    for delivery in deliveries:
        fill(game, delivery | ({"postponed": 8} if over_s else {}), waiting, over_s)
    put_app(game, "stopped", enabled=False)
    game.table("RatesTable").put_item(
        Item={"pk": "throttled", "paused_until": int(game.clock.time()) + 86_400}
    )


def dispatched(game: Backend, app_id: str) -> dict[str, Any]:
    """Return the delivery that a request of an app for its player becomes."""
    game.send_request(request("player", request_id=app_id) | {"app_id": app_id})
    game.handle("RequestQueue")
    (message,) = game.messages("DeliveryQueue")
    return dict(json.loads(message["Body"]))


def fill(game: Backend, delivery: dict[str, Any], count: int, over_s: int = 0) -> None:
    """Queue copies of a delivery, each of another notification, with any delay up to `over_s`."""
    dice = random.Random(count)
    for start in range(0, count, 10):
        game.sqs.send_message_batch(
            QueueUrl=game.url("DeliveryQueue"),
            Entries=[
                {
                    "Id": str(number),
                    "MessageBody": json.dumps(delivery | {"notification_id": uuid.uuid4().hex}),
                    "MessageGroupId": delivery["app_id"],
                    "DelaySeconds": dice.randint(0, over_s),
                }
                for number in range(start, min(start + 10, count))
            ],
        )


class Senders:
    """As many senders as template.yaml lets work at least, on a clock of their own: a batch takes
    the CPU time of a sender, without that of the emulators of AWS, which are slower than AWS, and
    7 ms for each call. So the measure is the same on a machine that is busy."""

    def __init__(self, game: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
        self._game = game
        self._call_s = self._emulator_s = 0.0
        serve = vars(BotocoreStubber)["__call__"]

        def served(stubber: Any, event_name: str, *given: Any, **named: Any) -> Any:
            before = time.thread_time()
            try:
                return serve(stubber, event_name, *given, **named)
            finally:
                self._emulator_s += time.thread_time() - before
                self._call_s += CALL_S

        monkeypatch.setattr(BotocoreStubber, "__call__", served)

    def work(self) -> int:
        """Work on a batch; return how many there were, 1 or none. Without any, time passes too."""
        game, took_s, started = self._game, 0.1, time.time()
        event = game.receive("DeliveryQueue")
        if event is not None:
            before = time.process_time()
            self._call_s = self._emulator_s = 0.0
            kept = game.invoke("notification_sender", event)["batchItemFailures"]
            took_s = time.process_time() - before - self._emulator_s + self._call_s
            game.delete(event, {each["itemIdentifier"] for each in kept})
        self._pass(took_s / SENDERS - (time.time() - started))
        return event is not None

    def _pass(self, seconds: float) -> None:
        """Move the clocks of handlers and queues, also back."""
        self._game.clock.ahead += seconds
        for message in sqs_backends[ACCOUNT][REGION].queues["DeliveryQueue"]._messages:
            message.delayed_until -= seconds * 1000
            message.visible_at -= seconds * 1000


def test_app_after_two_slow_ones_in_a_batch_is_notified_at_once(game: Backend) -> None:
    open_app(game, "slow", send_rate=1)
    open_channel(game, "player", "pc-of-slow", "slow")
    open_channel(game, "player", "pc")
    fill(game, dispatched(game, "slow"), 2)
    game.send_request(request("player"))
    game.handle("RequestQueue")
    messages = game.messages("DeliveryQueue")
    assert len(messages) == 3
    started = time.monotonic()
    game.handle("DeliveryQueue", messages)
    assert len(texts(game, "pc")) == 1
    assert time.monotonic() - started < LATE_S


def test_direct_notifications_pass_the_backlog_of_apps_that_cannot_send(
    game: Backend, found: Callable[[str], None]
) -> None:
    """One sender works alone here; on AWS there are several, and SQS's fair queues."""
    waiting, toasts = 30, 5
    make_trouble(game, waiting)
    open_channel(game, "player", "pc")
    batches = 0
    started = time.process_time()
    while game._work_on("DeliveryQueue"):
        batches += 1
    seconds_a_batch = (time.process_time() - started) / batches
    ahead, delays = [], []
    for number in range(toasts):
        game.advance(3)
        game.send_request(request("player", request_id=f"toast-{number}"))
        game.handle("RequestQueue")
        queued, before = time.monotonic(), arrivals(game.wns)["pc"]
        ahead.append(-1)
        while arrivals(game.wns)["pc"] == before:
            assert game._work_on("DeliveryQueue")
            ahead[-1] += 1
        delays.append(time.monotonic() - queued)
    found(
        f"4 apps with {waiting} waiting deliveries each, postponed in {batches} batches of"
        f" {seconds_a_batch * 1000:.0f} ms of CPU; then {toasts} toasts of another app, each behind"
        f" {max(ahead)} batches at most, after {max(delays):.2f} s at most"
    )
    assert max(ahead) <= MOST_AHEAD


@pytest.mark.slow_fault
def test_direct_lane_keeps_its_pace_beside_5000_waiting_deliveries_of_each(
    game: Backend, monkeypatch: pytest.MonkeyPatch, found: Callable[[str], None]
) -> None:
    waiting, toasts, every_s = 5000, 100, 1.5
    make_trouble(game, waiting, over_s=LONGEST_POSTPONED_S)
    open_channel(game, "player", "pc")
    senders = Senders(game, monkeypatch)
    batches, delays, started = 0, list[float](), game.clock.time()
    for number in range(toasts):
        due = started + number * every_s
        while game.clock.time() < due:
            batches += senders.work()
        game.send_request(request("player", request_id=f"toast-{number}"))
        game.handle("RequestQueue")
        queued, before = game.clock.time(), arrivals(game.wns)["pc"]
        while arrivals(game.wns)["pc"] == before:
            batches += senders.work()
            assert game.clock.time() - queued < 60
        delays.append(game.clock.time() - queued)
    p99 = sorted(delays)[int(toasts * 0.99) - 1]
    took = game.clock.time() - started
    found(
        f"4 apps with {waiting} waiting deliveries each, {batches} batches of them in {took:.0f} s;"
        f" {toasts} toasts of another app shown after {p99:.2f} s (p99)"
    )
    assert batches > toasts
    assert p99 < LATE_S


def test_what_waited_is_delivered_when_its_app_may_send_again(game: Backend) -> None:
    make_trouble(game, waiting=5)
    game.work()
    put_app(game, "stopped")
    put_credentials(game, "tokenless")
    game.table("RatesTable").delete_item(Key={"pk": "throttled"})
    for _ in range(12):
        game.advance(60)
        game.work()
    assert arrivals(game.wns) == {f"pc-of-{app_id}": 5 for app_id in TROUBLED}
    assert game.messages("DeliveryDlq") == []


def test_missing_token_costs_few_calls_and_is_requested_once(
    game: Backend, limits: AwsLimits
) -> None:
    """A hundred deliveries of an app without a token: none is claimed, none is written."""
    put_app(game, "tokenless")
    open_channel(game, "player", "pc-of-tokenless", "tokenless")
    fill(game, dispatched(game, "tokenless"), 100)
    game.messages("own-events")
    with limits.counting() as units:
        while game._work_on("DeliveryQueue"):
            pass
    assert units.writes == 0
    assert units.calls["secretsmanager GetSecretValue"] <= 2
    # Batches of ten: the app and the queue, and nothing for each delivery.
    ours = units.calls - Counter({call: units.calls[call] for call in NOT_OURS})
    assert ours.total() <= 25, dict(units.calls)
    assert len(game.messages("own-events")) == 1
    assert requests_to_wns(game) == 0

"""What a page of a broadcast costs, and what is left when its worker dies."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from push.channels.keys import SHARDS, shard_of
from push.dispatch import broadcast as broadcasting
from push.dispatch.broadcast import CHANNELS_PER_PAGE
from push.dispatch.pages import read_page
from tests.faults.crowd import APP, TOAST, arrivals, counted, make_crowd
from tests.integration.backend import sqs_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.crowd import Crowd
    from tests.integration.backend import Backend


SMALL_PAGE = 40


class Killed(BaseException):
    """Stands for the end of the process."""


class Calls:
    """Counts calls to AWS by name; the worker dies before the one numbered `fatal`."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.fatal: int | None = None

    def reset(self, fatal: int | None = None) -> None:
        self.made, self.fatal = Counter(), fatal

    def note(self, model: Any, **_: Any) -> None:
        if self.fatal is not None and self.made.total() == self.fatal:
            raise Killed
        self.made[f"{model.service_model.service_name} {model.name}"] += 1


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasting, "CHANNELS_PER_PAGE", SMALL_PAGE)


@pytest.fixture
def calls(game: Backend) -> Iterator[Calls]:
    dispatcher = game.handler("dispatcher")
    calls = Calls()
    clients = [dispatcher.dynamodb.meta.client, dispatcher.sqs]
    for client in clients:
        client.meta.events.register("before-call", calls.note, unique_id="faults")
    yield calls
    for client in clients:
        client.meta.events.unregister("before-call", unique_id="faults")


def begin(game: Backend, audience: dict[str, Any]) -> None:
    """Turn a request for an audience into first pages."""
    request = {"app_id": APP, "request_id": "to-all", "audience": audience, "notification": TOAST}
    game.send_request(request)
    game.invoke("dispatcher", sqs_event(game.messages("RequestQueue"), "RequestQueue"))


def test_page_costs_a_bounded_number_of_calls(
    game: Backend, found: Callable[[str], None], calls: Calls
) -> None:
    size = CHANNELS_PER_PAGE + 10
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size, devices_per_player=size)
    begin(game, {"everyone": True})
    dearest: Counter[str] = Counter()
    pages = 0
    while messages := pages_of(crowd, game):
        for message in messages:
            calls.reset()
            work_on(game, message)
            pages += 1
            dearest = max(dearest, Counter(calls.made), key=Counter.total)
    found(
        f"{size} channels in one shard, {pages} pages; the dearest cost"
        f" {dearest.total()} calls: {dict(dearest)}"
    )
    assert pages == 2
    assert dearest.total() <= 8


def test_delivery_costs_a_bounded_number_of_calls(
    game: Backend, found: Callable[[str], None]
) -> None:
    size = 100
    make_crowd(game.wns, game.table("ChannelsTable"), size, devices_per_player=size)
    begin(game, {"everyone": True})
    for message in game.messages("BroadcastQueue"):
        work_on(game, message)
    (message,) = game.messages("BulkDeliveryQueue")
    sender, calls = game.handler("notification_sender"), Calls()
    events = sender.dynamodb.meta.client.meta.events
    events.register("before-call", calls.note, unique_id="sender")
    game.invoke("notification_sender", sqs_event([message], "BulkDeliveryQueue"))
    events.unregister("before-call", unique_id="sender")
    found(f"{size} channels in one delivery: {calls.made.total()} calls, {dict(calls.made)}")
    assert calls.made["dynamodb TransactWriteItems"] == 1
    assert calls.made.total() <= 15


@pytest.mark.usefixtures("small_pages")
def test_page_whose_worker_dies_at_any_call_is_finished_by_the_next(
    game: Backend, found: Callable[[str], None], calls: Calls
) -> None:
    size = SMALL_PAGE + 10
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size, devices_per_player=size)
    begin(game, {"everyone": True})
    kills = 0
    while messages := pages_of(crowd, game):
        for message in messages:
            calls.reset(0)
            while not worked_on(game, message):
                kills += 1
                calls.reset((calls.fatal or 0) + 1)
            calls.reset()
    game.work()
    told = arrivals(game.wns)
    found(
        f"{kills} kills, one before each call of each page: {len(told)} of {size} told, once each"
    )
    assert kills >= 2 * 7
    assert told == Counter({device: 1 for each in crowd.devices.values() for device in each})
    counts = counted(game.items("NotificationsTable"))
    assert counts["shards_done"] == 1
    assert counts["deliveries"] == counts["finished"]
    assert counts["delivered"] == size


@pytest.mark.usefixtures("small_pages")
def test_copy_of_a_page_that_is_done_queues_nothing(game: Backend) -> None:
    size = SMALL_PAGE + 10
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size, devices_per_player=size)
    begin(game, {"everyone": True})
    (first_page,) = pages_of(crowd, game)
    work_on(game, first_page)
    assert len(game.messages("BroadcastQueue")) == 1
    assert game.messages("BulkDeliveryQueue")
    work_on(game, first_page)
    assert game.messages("BroadcastQueue") == []
    assert game.messages("BulkDeliveryQueue") == []


def pages_of(crowd: Crowd, game: Backend) -> list[dict[str, Any]]:
    """Take the pages off their queue; return those of the shard that the only player is in."""
    shard = shard_of(crowd.players[0], SHARDS)
    return [
        each for each in game.messages("BroadcastQueue") if read_page(each["Body"]).shard == shard
    ]


def work_on(game: Backend, message: dict[str, Any]) -> None:
    page = read_page(message["Body"])
    game.handler("dispatcher").broadcaster.process_page(page, game.clock.time())


def worked_on(game: Backend, message: dict[str, Any]) -> bool:
    """Let a worker have a page; return whether it came to its end."""
    try:
        work_on(game, message)
    except Killed:
        return False
    return True

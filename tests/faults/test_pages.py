"""Pages of a broadcast: their cost, and their state after the worker has died."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from push.channels import keys
from push.dispatch import broadcast, page_chunks
from push.dispatch.broadcast_queue import read_message
from tests.aws_limits.wire import client_of
from tests.faults.crowd import arrivals, counted, make_crowd
from tests.integration.builders import request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.crowd import Crowd
    from tests.integration.backend import Backend


SMALL_PAGE = 40


pytestmark = pytest.mark.usefixtures("few_shards")


class Killed(BaseException):
    """Raised in place of the end of the process."""


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
    monkeypatch.setattr(broadcast, "CHANNELS_PER_PAGE", SMALL_PAGE)


@pytest.fixture
def calls(game: Backend) -> Iterator[Calls]:
    dispatcher = game.handler("dispatcher")
    calls = Calls()
    clients = [client_of(dispatcher.impatient), dispatcher.sqs]
    for client in clients:
        client.meta.events.register("before-call", calls.note, unique_id="faults")
    yield calls
    for client in clients:
        client.meta.events.unregister("before-call", unique_id="faults")


def begin(game: Backend) -> None:
    """Turn a request for everyone into first pages."""
    game.send_request(request(audience={"everyone": True}, request_id="to-all"))
    game.handle("RequestQueue")


def test_page_costs_a_bounded_number_of_calls(
    game: Backend, found: Callable[[str], None], calls: Calls
) -> None:
    size = broadcast.CHANNELS_PER_PAGE + 10
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size, devices_per_player=size)
    begin(game)
    dearest: Counter[str] = Counter()
    pages = 0
    while messages := pages_of(crowd, game):
        for message in messages:
            calls.reset()
            process_page(game, message)
            pages += 1
            dearest = max(dearest, Counter(calls.made), key=Counter.total)
    found(
        f"{size} channels in one shard, {pages} pages; the dearest cost"
        f" {dearest.total()} calls: {dict(dearest)}"
    )
    assert pages == 2
    # One of them reads the other devices of a player whom the page border cuts.
    assert dearest.total() <= 7


def test_delivery_costs_a_bounded_number_of_calls(
    game: Backend, found: Callable[[str], None]
) -> None:
    size = page_chunks.NOTIFICATIONS_PER_CHUNK
    make_crowd(game.wns, game.table("ChannelsTable"), size, devices_per_player=size)
    begin(game)
    for message in game.messages("BroadcastQueue"):
        process_page(game, message)
    (message,) = game.messages("BulkDeliveryQueue")
    sender, calls = game.handler("notification_sender"), Calls()
    events = client_of(sender.impatient).meta.events
    events.register("before-call", calls.note, unique_id="sender")
    game.handle("BulkDeliveryQueue", [message])
    events.unregister("before-call", unique_id="sender")
    found(f"{size} channels in one delivery: {calls.made.total()} calls, {dict(calls.made)}")
    assert calls.made["dynamodb TransactWriteItems"] == 1
    assert calls.made.total() <= 26  # a record each 25 outcomes, or half a second


@pytest.mark.usefixtures("small_pages")
def test_page_whose_worker_dies_at_any_call_is_finished_by_the_next(
    game: Backend, found: Callable[[str], None], calls: Calls
) -> None:
    size = SMALL_PAGE + 10
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size, devices_per_player=size)
    begin(game)
    kills = 0
    while messages := pages_of(crowd, game):
        for message in messages:
            calls.reset(0)
            while not finishes(game, message):
                kills += 1
                calls.reset((calls.fatal or 0) + 1)
            calls.reset()
    game.work()
    notified = arrivals(game.wns)
    found(
        f"{kills} kills, one before each call of each page: {len(notified)} of {size} notified,"
        " once each"
    )
    assert kills >= 2 * 7
    assert notified == crowd.once_each
    counts = counted(game.items("NotificationsTable"))
    assert counts["shards_done"] == 1
    assert counts["deliveries"] == counts["finished"]
    assert counts["delivered"] == size


@pytest.mark.usefixtures("small_pages")
def test_copy_of_a_page_that_is_done_queues_nothing(game: Backend) -> None:
    size = SMALL_PAGE + 10
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size, devices_per_player=size)
    begin(game)
    (first_page,) = pages_of(crowd, game)
    process_page(game, first_page)
    assert len(game.messages("BroadcastQueue")) == 1
    assert game.messages("BulkDeliveryQueue")
    process_page(game, first_page)
    assert game.messages("BroadcastQueue") == []
    assert game.messages("BulkDeliveryQueue") == []


def pages_of(crowd: Crowd, game: Backend) -> list[dict[str, Any]]:
    """Receive the pages; return those of the shard of the only player."""
    shard = keys.shard_of(crowd.players[0], keys.SHARDS)
    return [
        each
        for each in game.messages("BroadcastQueue")
        if read_message(each["Body"]).shard == shard
    ]


def process_page(game: Backend, message: dict[str, Any]) -> None:
    page = read_message(message["Body"])
    game.handler("dispatcher").broadcaster.process_page(page, game.clock.time())


def finishes(game: Backend, message: dict[str, Any]) -> bool:
    """Process a page; return whether its worker survived."""
    try:
        process_page(game, message)
    except Killed:
        return False
    return True

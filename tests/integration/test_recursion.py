"""Lambda's loop detection stops neither a broadcast of many pages nor a delivery often retried."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from push.dispatch import broadcast
from tests.aws_limits import loops
from tests.aws_limits.loops import MOST_INVOCATIONS, lineage_of
from tests.faults.crowd import arrivals, make_crowd
from tests.integration.builders import game_fixture, request, requests_to_wns

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd
    from tests.integration.backend import Backend

PAGES = MOST_INVOCATIONS + 4
EVERYONE = {"audience": {"everyone": True}}
game = game_fixture()


@pytest.fixture
def one_channel_per_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "CHANNELS_PER_PAGE", 1)


@pytest.fixture
def loops_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """No function may recur, as if template.yaml did not let it."""
    monkeypatch.setattr(loops, "may_recur", lambda _: False)


@pytest.fixture
def crowd(game: Backend) -> Crowd:
    """Devices of one player, so that their channels are in one shard."""
    table = game.table("ChannelsTable")
    return make_crowd(game.wns, table, PAGES, devices_per_player=PAGES)


@pytest.mark.usefixtures("few_shards", "one_channel_per_page")
def test_broadcast_of_more_than_16_pages_reaches_everybody(game: Backend, crowd: Crowd) -> None:
    game.send_request(request(**EVERYONE))
    game.work()
    assert arrivals(game.wns) == crowd.once_each
    assert game.messages("BroadcastDlq") == []


@pytest.mark.usefixtures("few_shards", "one_channel_per_page", "loops_are_stopped")
def test_without_the_permission_lambda_would_stop_it_at_the_16th(
    game: Backend, crowd: Crowd
) -> None:
    game.send_request(request(**EVERYONE))
    game.work()
    # The request itself was the dispatcher's first invocation of the chain.
    assert arrivals(game.wns).total() == MOST_INVOCATIONS - 1
    for _ in range(5):
        game.advance(361)
        game.work()
    (page,) = game.messages("BroadcastDlq")
    assert lineage_of(page["Attributes"])["dispatcher"] == MOST_INVOCATIONS
    assert game.limits.loops.dropped == 5


def test_delivery_is_retried_more_than_16_times(game: Backend) -> None:
    few = make_crowd(game.wns, game.table("ChannelsTable"), 3, name="few")
    game.wns.fail_share(1.0, code=503)
    game.send_request(few.request())
    tries = 0
    while requests_to_wns(game) < len(few.uris) * (MOST_INVOCATIONS + 2):
        game.work()
        game.advance(901)
        tries += 1
        assert tries < 60
    game.wns.clear_faults()
    game.work()
    assert arrivals(game.wns) == few.once_each
    assert game.messages("DeliveryDlq") == []


def test_message_says_how_often_it_was_received(game: Backend, crowd: Crowd) -> None:
    game.send_request(crowd.request())
    counts, bodies = [], []
    for _ in range(3):
        event = game.receive("RequestQueue")
        assert event
        counts += [record["attributes"]["ApproximateReceiveCount"] for record in event["Records"]]
        bodies += [json.loads(record["body"])["app_id"] for record in event["Records"]]
        game.advance(361)
    assert counts == ["1", "2", "3"]
    assert bodies == ["my-game"] * 3

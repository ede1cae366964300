"""Events and the record say the same, whatever happened to the workers."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from push.channels.keys import SHARDS
from push.errors import EventBusUnavailableError
from tests.faults.crowd import make_crowd
from tests.integration.builders import game_fixture, post_request, request, set_shards, summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

game = game_fixture(
    send_rate=10_000, events=["ChannelGone", "DeliveryFailed", "NotificationFinished"]
)


@pytest.mark.parametrize("channels", [200, pytest.param(10_000, marks=pytest.mark.slow_fault)])
def test_events_of_a_broadcast_add_up_to_its_record(
    game: Backend,
    monkeypatch: pytest.MonkeyPatch,
    found: Callable[[str], None],
    channels: int,
) -> None:
    """Every message is delivered twice, and a third of the workers dies between close and event."""
    if channels < SHARDS * 10:
        set_shards(monkeypatch, shards=16, topic_shards=2)
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), channels, devices_per_player=2)
    gone = crowd.uris[::10]
    for channel_uri in gone:
        game.wns.revoke_channel(channel_uri)
    everyone = {"everyone": True}
    notification_id = post_request(game, request(audience=everyone))[1]["notification_id"]
    handler = game.handler("notification_sender")
    publish = type(handler.delivery_events).publish_closed
    chance = Random(13)
    deaths = 0

    def die_at_times(self: Any, *given: Any, **named: Any) -> None:
        nonlocal deaths
        if chance.random() < 0.3:
            deaths += 1
            raise EventBusUnavailableError("the worker dies after the close")
        publish(self, *given, **named)

    monkeypatch.setattr(type(handler.delivery_events), "publish_closed", die_at_times)
    published: list[dict[str, Any]] = []
    for queue in ("RequestQueue", "BroadcastQueue", "BulkDeliveryQueue"):
        while messages := game.messages(queue):
            for message in (*messages, *messages):
                failed = game.handle(queue, [message])["batchItemFailures"]
                if failed:
                    game.put(queue, message["Body"])
                # At once: moto receives ever more slowly from a long queue.
                published += (json.loads(each["Body"]) for each in game.messages("own-events"))
    game.advance(361)
    game.work()
    published += (json.loads(each["Body"]) for each in game.messages("own-events"))

    once = {each["detail"]["event_id"]: each for each in published}
    by_name = Counter(each["detail-type"] for each in once.values())
    view = summary(game, notification_id)
    (finished,) = [
        each["detail"] for each in once.values() if each["detail-type"] == "NotificationFinished"
    ]
    failures = Counter(
        each["detail"]["outcome"]
        for each in once.values()
        if each["detail-type"] == "DeliveryFailed"
    )
    assert deaths > 0
    assert finished["counts"] == view["counts"]
    assert view["counts"] == {"delivered": channels - len(gone), "channel_gone": len(gone)}
    assert failures == {"channel_gone": len(gone)}
    assert by_name["ChannelGone"] == len(gone)
    found(f"{channels:,} channels, {deaths} deaths: {len(published):,} events, {len(once):,} ids")

"""The service within the limits of AWS: large deliveries, stale reads, throttled partitions.

`tests/aws_limits` enforces them; docs/reliability.md lists them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.crowd import arrivals, counted, make_crowd
from tests.integration.builders import (
    TOAST,
    cancel,
    game_fixture,
    open_channel,
    outcomes,
    post_request,
    put_app,
    put_template,
    records,
    request,
    summary,
    templated,
    texts,
)

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd
    from tests.integration.backend import Backend

DEAD_LETTER_QUEUES = ("RequestDlq", "BroadcastDlq", "DeliveryDlq", "BulkDeliveryDlq", "RefusedDlq")
BOTH = {"default_locale": "en", "locales": {"en": TOAST | {"badge": {"value": 3}}}}
game = game_fixture(send_rate=10_000)


@pytest.fixture
def crowd(game: Backend) -> Crowd:
    """A hundred devices of ten players: a whole direct delivery."""
    return make_crowd(game.wns, game.table("ChannelsTable"), 100)


def dead_letters(game: Backend) -> list[str]:
    return [each["Body"] for queue in DEAD_LETTER_QUEUES for each in game.messages(queue)]


def work_for_an_hour(game: Backend) -> None:
    """Run the triggers; what is kept or delayed becomes visible again in between."""
    for _ in range(10):
        game.work()
        game.advance(361)


@pytest.mark.parametrize("ends", ["cancelled", "expired"])
def test_delivery_of_200_outcomes_that_is_not_sent_is_closed(
    game: Backend, crowd: Crowd, ends: str
) -> None:
    put_template(game, "both", BOTH)
    whole = templated(*crowd.players, template="both", options={"ttl_seconds": 60})
    game.send_request(whole)
    game.handle("RequestQueue")
    (record,) = records(game)
    if ends == "cancelled":
        cancel(game, record["pk"])
    else:
        game.advance(3600)
    work_for_an_hour(game)
    assert dead_letters(game) == []
    assert Counter(outcomes(game).values()) == {ends: 200}
    assert arrivals(game.wns) == {}


@pytest.mark.usefixtures("few_shards")
@pytest.mark.parametrize(
    "audience",
    [
        "players",
        "everyone",
    ],
)
def test_stale_reads_of_the_record_lose_and_repeat_nothing(
    game: Backend, crowd: Crowd, audience: str
) -> None:
    game.limits.stale_reads("NotificationsTable")
    everyone: dict[str, Any] = {"audience": {"everyone": True}}
    game.send_request(crowd.request(**(everyone if audience == "everyone" else {})))
    work_for_an_hour(game)
    assert dead_letters(game) == []
    assert arrivals(game.wns) == crowd.once_each


def test_app_and_template_are_used_right_after_they_were_put(game: Backend) -> None:
    open_channel(game, "player", "pc")
    game.limits.stale_reads("AppsTable", "TemplatesTable")
    put_template(game, "news", {"default_locale": "en", "locales": {"en": TOAST}})
    put_app(game, send_rate=9_000)
    game.send_request(templated("player", template="news"))
    work_for_an_hour(game)
    assert dead_letters(game) == []
    assert len(texts(game, "pc")) == 1


def test_player_is_notified_right_after_registering(game: Backend) -> None:
    game.limits.stale_reads("ChannelsTable", "TopicsTable")
    open_channel(game, "player", "pc")
    game.send_request(request("player"))
    work_for_an_hour(game)
    assert len(texts(game, "pc")) == 1


def test_request_posted_just_now_can_be_read_and_cancelled(game: Backend) -> None:
    game.limits.stale_reads("NotificationsTable")
    _, response = post_request(game, request("player"))
    notification_id = response["notification_id"]
    assert summary(game, notification_id)["notification_id"] == notification_id
    assert cancel(game, notification_id)["state"] == "cancelled"


@pytest.mark.usefixtures("few_shards")
@pytest.mark.parametrize("audience", ["players", "everyone"])
def test_keys_left_unprocessed_are_asked_for_again(
    game: Backend, audience: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("push.aws.batch_get._FIRST_PAUSE_S", 0)
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), 50)
    # Of 50 keys, one is left unprocessed at all five tries in eight reads of ten.
    left = game.limits.unprocessed_keys(chance=0.5, seed=4)
    everyone: dict[str, Any] = {"audience": {"everyone": True}}
    game.send_request(crowd.request(**(everyone if audience == "everyone" else {})))
    # The sender rechecks channels of old deliveries with BatchGetItem.
    game.handle("RequestQueue")
    game.advance(60)
    work_for_an_hour(game)
    assert arrivals(game.wns) == crowd.once_each
    if audience == "players":
        assert left.left
        errors = {getattr(each, "error_code", None) for each in caplog.records}
        assert "DynamoDB UnprocessedKeys" in errors


@pytest.mark.usefixtures("few_shards")
@pytest.mark.parametrize(("audience", "write"), [("players", 5), ("everyone", 5)])
def test_throttled_partitions_lose_and_repeat_nothing(
    game: Backend, crowd: Crowd, audience: str, write: int
) -> None:
    throughput = game.limits.partition_throughput(write=write, read=50, now=game.clock.time)
    everyone: dict[str, Any] = {"audience": {"everyone": True}}
    game.send_request(crowd.request(**(everyone if audience == "everyone" else {})))
    work_for_an_hour(game)
    assert throughput.throttled
    assert dead_letters(game) == []
    assert arrivals(game.wns) == crowd.once_each
    assert counted(game.items("NotificationsTable"))["delivered"] == len(crowd.uris)

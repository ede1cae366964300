"""Registration: one owner per channel URI, ten devices per player, topics and presence; and races
between registrations."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from push.aws.dynamodb import ConditionFailedError
from push.channels import keys
from push.channels.keys import shard_of
from push.channels.table import Channels
from push.channels.topics import Topics
from tests.integration.builders import APP, game_fixture, intercept_aws_calls, put_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from push.channels.sendable import SendableChannel
    from tests.integration.backend import Backend

pytestmark = pytest.mark.usefixtures("few_shards")
DAY = 24 * 3600
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
game = game_fixture(ready=False)


def uri(name: str) -> str:
    return f"https://cloud.notify.windows.com/?token={name}"


def register(
    game: Backend, player: str, device: str = "pc", given: str = "a", **more: Any
) -> tuple[int, Any]:
    body = {"channel_uri": uri(given)} | more
    return game.call_as_player(player, "PUT", f"/apps/{APP}/channels/{device}", body)


def remove(game: Backend, player: str, device: str = "pc") -> None:
    path = f"/apps/{APP}/channels/{device}"
    assert game.call_as_player(player, "DELETE", path) == (204, None)


def listed(game: Backend, player: str) -> list[str]:
    answer = game.call_as_player(player, "GET", f"/apps/{APP}/channels")[1]
    return [channel["device_id"] for channel in answer["channels"]]


def channels(game: Backend) -> Channels:
    return Channels(game.own_table("ChannelsTable"))


def owned(game: Backend) -> set[tuple[str, str, str]]:
    """Player, device and URI of every channel, however it is looked up."""
    now = int(game.clock.time())
    alive = [item for item in game.channels() if item["expires_at"] > now]
    shards = {shard_of(item["pk"].removeprefix(f"{APP}#"), keys.SHARDS) for item in alive}
    pages = [channels(game).of_shard(APP, shard, now) for shard in shards]
    found = [channel for page in pages for channel in page.channels]
    assert len(found) == len(alive)
    return {(each.player_id, each.device_id, each.channel_uri) for each in found}


def subscribed(
    game: Backend, topic: str, shards: Iterable[int] | None = None
) -> list[SendableChannel]:
    """Return the channels that a notification to a topic reaches."""
    topics = Topics(game.own_table("TopicsTable"))
    pages = [topics.subscribers(APP, topic, shard) for shard in shards or range(keys.TOPIC_SHARDS)]
    devices = [device for page in pages for device in page.devices]
    current = channels(game).current(APP, devices, int(game.clock.time()))
    return [channel for channel in current.values() if topic in channel.topics]


@pytest.fixture(params=["first write", "channel"])
def meanwhile(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Callable[[Callable[[], object]], None]:
    """Let something else happen just before the first write to a table, or the channel's."""

    def arrange(happen: Callable[[], object]) -> None:
        waiting = [happen]

        def write_after(call: Callable[[], Any], _: Any, operation: str, given: Any) -> Any:
            is_it = operation in WRITES
            if request.param == "channel":
                is_it = ":channel_uri" in given.get("ExpressionAttributeValues", {})
            if waiting and is_it:
                waiting.pop()()
            return call()

        intercept_aws_calls(monkeypatch, write_after)

    return arrange


def test_channel_registered_by_another_player_moves_there(game: Backend) -> None:
    register(game, "first", topics=["news"])
    game.advance(60)
    assert register(game, "second")[0] == 201
    assert owned(game) == {("second", "pc", uri("a"))}
    assert listed(game, "first") == []
    assert game.items("TopicsTable") == []


def test_subscriptions_of_a_channel_that_was_new_stay_without_effect(game: Backend) -> None:
    register(game, "first", topics=["news"])
    register(game, "second")
    assert len(game.items("TopicsTable")) == 1
    assert subscribed(game, "news") == []


def test_channel_registered_under_another_device_id_moves_there(game: Backend) -> None:
    register(game, "player", "before-reinstall")
    assert register(game, "player", "after-reinstall")[0] == 201
    assert owned(game) == {("player", "after-reinstall", uri("a"))}


def test_channel_can_move_back_and_forth(game: Backend) -> None:
    for player in ("first", "second", "first", "second"):
        assert register(game, player)[0] == 201
        assert owned(game) == {(player, "pc", uri("a"))}


def test_first_owner_keeps_a_channel_renewed_with_another_uri(game: Backend) -> None:
    register(game, "first", given="a")
    register(game, "first", given="b")
    assert register(game, "second", given="a")[0] == 201
    assert owned(game) == {("first", "pc", uri("b")), ("second", "pc", uri("a"))}


def test_removed_channels_uri_can_be_registered_by_another(game: Backend) -> None:
    register(game, "first")
    remove(game, "first")
    assert register(game, "second")[0] == 201
    assert owned(game) == {("second", "pc", uri("a"))}


def test_same_uri_in_another_app_is_another_channel(game: Backend) -> None:
    put_app(game, "other-game")
    register(game, "first")
    game.call_as_player("second", "PUT", "/apps/other-game/channels/pc", {"channel_uri": uri("a")})
    assert listed(game, "first") == ["pc"]


@pytest.mark.parametrize("rival", ["second", "first"])
def test_concurrent_registration_of_the_same_uri_is_taken_over(
    game: Backend, meanwhile: Callable[[Callable[[], object]], None], rival: str
) -> None:
    meanwhile(lambda: register(game, rival, "rival-pc"))
    assert register(game, "first")[0] == 201
    assert owned(game) == {("first", "pc", uri("a"))}


def test_first_owner_that_renews_concurrently_keeps_its_new_uri(
    game: Backend, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    register(game, "first", given="a")
    meanwhile(lambda: register(game, "first", given="b"))
    register(game, "second", given="a")
    assert owned(game) == {("first", "pc", uri("b")), ("second", "pc", uri("a"))}


def test_first_owner_that_registers_concurrently_loses_the_uri(
    game: Backend, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    register(game, "first")
    remove(game, "first")
    meanwhile(lambda: register(game, "first"))
    register(game, "second")
    assert owned(game) == {("second", "pc", uri("a"))}


@pytest.mark.parametrize("topics", [["kept"], ["kept", "mine"], ["mine"], []])
def test_concurrent_renewals_leave_one_consistent_item(
    game: Backend, meanwhile: Callable[[Callable[[], object]], None], topics: list[str]
) -> None:
    register(game, "player", topics=["kept"])
    meanwhile(lambda: register(game, "player", given="b", topics=["theirs"], locale="de"))
    assert register(game, "player", given="c", topics=topics)[0] == 200
    (item,) = game.channels()
    assert (item["channel_uri"], item["topics"], item.get("locale")) == (uri("c"), topics, None)
    for topic in ("kept", "mine", "theirs"):
        assert len(subscribed(game, topic)) == (topic in topics)


@pytest.mark.parametrize("step", range(3))
def test_concurrent_sign_out_and_sign_in_leaves_the_topics_subscribed(
    game: Backend, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    register(game, "player", topics=["news"])
    game.advance(3600)
    left, statuses = [step], []

    def write_after(call: Callable[[], Any], _: Any, operation: str, __: Any) -> Any:
        if operation in WRITES:
            left[0] -= 1
            if left[0] == -1:
                statuses.append(register(game, "player", topics=["news"])[0])
        return call()

    intercept_aws_calls(monkeypatch, write_after)
    remove(game, "player")
    assert statuses == [200 if step == 0 else 201]  # before the sign-out, or after it
    assert len(subscribed(game, "news")) == (step > 0)


def test_registration_that_always_loses_its_race_is_a_conflict(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ConditionFailedError

    monkeypatch.setattr(Channels, "put", fail)
    status, answer = register(game, "player")
    assert (status, answer["error"]["code"]) == (409, "conflict")


def test_eleventh_device_replaces_the_least_recently_renewed(game: Backend) -> None:
    for number in range(10):
        register(game, "player", f"pc-{number}", f"t{number}", topics=["news"])
        game.advance(10)
    register(game, "player", "pc-0", "t0", topics=["news"])
    game.advance(10)
    register(game, "player", "pc-10", "t10", topics=["news"])
    assert set(listed(game, "player")) == {f"pc-{n}" for n in range(11) if n != 1}
    assert len(game.items("TopicsTable")) == 10


def test_device_registered_last_stays_even_if_all_are_of_the_same_second(game: Backend) -> None:
    for number in range(12):
        register(game, "player", f"pc-{11 - number:02}", f"t{number}")
        assert f"pc-{11 - number:02}" in listed(game, "player")
    assert len(listed(game, "player")) == 10


def test_two_concurrent_devices_leave_ten(
    game: Backend, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    for number in range(9):
        register(game, "player", f"pc-{number}", f"t{number}")
        game.advance(10)
    meanwhile(lambda: register(game, "player", "rival", "rival"))
    register(game, "player", "mine", "mine")
    assert len(listed(game, "player")) == 10
    assert {"mine", "rival"} <= set(listed(game, "player"))


def test_expired_devices_do_not_count_towards_the_limit(game: Backend) -> None:
    for number in range(10):
        register(game, "player", f"old-{number}", f"t{number}")
    game.advance(30 * DAY + 1)
    for number in range(10):
        register(game, "player", f"new-{number}", f"u{number}")
    assert len(listed(game, "player")) == 10


def test_topics_follow_the_channel(game: Backend) -> None:
    register(game, "player", topics=["clan-42", "news", "news"])
    register(game, "other", given="b", topics=["news"])
    assert {each.player_id for each in subscribed(game, "news")} == {"player", "other"}
    game.advance(60)
    register(game, "player", given="c", topics=["clan-42"])
    assert [each.channel_uri for each in subscribed(game, "clan-42")] == [uri("c")]
    assert {each.player_id for each in subscribed(game, "news")} == {"other"}
    remove(game, "player")
    assert subscribed(game, "clan-42") == []
    assert len(game.items("TopicsTable")) == 1


def test_topics_missing_from_a_renewal_are_unsubscribed(game: Backend) -> None:
    register(game, "player", topics=["news"])
    register(game, "player")
    assert subscribed(game, "news") == []


def test_subscription_lasts_as_long_as_the_channel_is_renewed(game: Backend) -> None:
    for _ in range(20):
        register(game, "player", topics=["news"])
        (item,) = game.items("TopicsTable")
        (channel,) = game.channels()
        assert item["expires_at"] >= channel["expires_at"]
        game.advance(5 * DAY)


def test_renewal_within_a_week_writes_no_subscription(game: Backend) -> None:
    register(game, "player", topics=["news"])
    (before,) = game.items("TopicsTable")
    game.advance(6 * DAY)
    register(game, "player", topics=["news"])
    (after,) = game.items("TopicsTable")
    assert before == after


def test_subscriptions_of_an_expired_channel_are_ignored(game: Backend) -> None:
    register(game, "player", topics=["news"])
    game.advance(30 * DAY + 1)
    assert subscribed(game, "news") == []
    assert owned(game) == set()
    register(game, "player", topics=["news"])
    assert len(subscribed(game, "news")) == 1


def test_all_fifty_topics_can_be_changed_at_once(game: Backend) -> None:
    register(game, "first", topics=[f"a{n}" for n in range(50)])
    register(game, "player", given="b", topics=[f"b{n}" for n in range(50)])
    assert register(game, "player", given="a", topics=[f"c{n}" for n in range(50)])[0] == 200
    shards = [shard_of("player", keys.TOPIC_SHARDS)]
    assert all(len(subscribed(game, f"c{n}", shards)) == 1 for n in range(50))
    assert not any(subscribed(game, f"b{n}", shards) for n in range(50))


@pytest.mark.parametrize(
    "topics", [["x"] * 51, ["Upper"], [""], ["x" * 65], ["a#b"], ["ä"], ["a b"], "news", [None]]
)
def test_bad_topics_are_refused(game: Backend, topics: Any) -> None:
    status, answer = register(game, "player", topics=topics)
    assert (status, answer["error"]["code"]) == (422, "invalid_request")
    assert game.channels() == []


def put_presence(game: Backend, player: str, body: Any, device: str = "pc") -> tuple[int, Any]:
    path = f"/apps/{APP}/channels/{device}/presence"
    return game.call_as_player(player, "PUT", path, body)


def in_game(game: Backend) -> bool:
    now = game.clock.time()
    (channel,) = channels(game).of_player(APP, "player", int(now))
    return channel.in_game(now)


def test_presence_lapses_after_five_minutes(game: Backend) -> None:
    register(game, "player")
    assert not in_game(game)
    assert put_presence(game, "player", {"in_game": True}) == (204, None)
    assert in_game(game)
    game.advance(290)
    assert in_game(game)
    game.advance(11)
    assert not in_game(game)


def test_presence_can_be_ended(game: Backend) -> None:
    register(game, "player")
    put_presence(game, "player", {"in_game": True})
    assert put_presence(game, "player", {"in_game": False}) == (204, None)
    assert not in_game(game)


def test_presence_outlives_a_renewal(game: Backend) -> None:
    register(game, "player")
    put_presence(game, "player", {"in_game": True})
    register(game, "player", given="b", topics=["news"])
    assert in_game(game)


def test_presence_without_a_live_channel_is_not_found_and_stores_nothing(game: Backend) -> None:
    assert put_presence(game, "player", {"in_game": True})[0] == 404
    assert game.items("ChannelsTable") == []
    register(game, "player")
    assert put_presence(game, "other", {"in_game": True})[0] == 404
    game.advance(30 * DAY + 1)
    assert put_presence(game, "player", {"in_game": True})[0] == 404


@pytest.mark.parametrize("body", [{}, {"in_game": 2}, {"in_game": True, "until": 1}, [], None])
def test_bad_presence_is_refused(game: Backend, body: Any) -> None:
    register(game, "player")
    assert put_presence(game, "player", body)[0] == 422
    assert not in_game(game)


def test_presence_of_a_foreign_audience_is_forbidden(game: Backend) -> None:
    register(game, "player")
    path = f"/apps/{APP}/channels/pc/presence"
    answer = game.call_as_player("player", "PUT", path, {"in_game": True}, audience="other")
    assert answer[0] == 403
    assert not in_game(game)


def pages(read: Callable[..., Any]) -> Iterator[Any]:
    start = None
    while True:
        page = read(start=start)
        yield page
        if page.next is None:
            return
        start = page.next


def test_pages_of_shards_give_every_channel_once_in_order(game: Backend) -> None:
    expected = set()
    for number in range(12):
        # Ids that sort between a device's key and what follows it.
        player, device = f"p#{'!' * (number % 3)}", f"d{number}"
        register(game, player, device, f"t{number}", topics=["news"])
        expected.add(f"{player}#{device}")
    table, now = channels(game), int(game.clock.time())
    found = []
    for shard in range(keys.SHARDS):
        for page in pages(partial(table.of_shard, APP, shard, now, limit=2)):
            found += [channel.device_key for channel in page.channels]
            assert len(page.channels) <= 2
    assert len(found) == 12
    assert set(found) == expected
    topics = Topics(game.own_table("TopicsTable"))
    found = []
    for shard in range(keys.TOPIC_SHARDS):
        for page in pages(partial(topics.subscribers, APP, "news", shard, limit=2)):
            found += ["#".join(device) for device in page.devices]
    assert len(found) == 12
    assert set(found) == expected


def test_page_ends_before_the_given_key(game: Backend) -> None:
    for device in ("a", "b", "c", "d"):
        register(game, "player", device, device, topics=["news"])
    now = int(game.clock.time())
    (shard,) = [s for s in range(keys.SHARDS) if channels(game).of_shard(APP, s, now).channels]
    page = channels(game).of_shard(APP, shard, now, start="player#b", end="player#d", limit=3)
    assert ([each.device_id for each in page.channels], page.next) == (["b", "c"], None)
    topics = Topics(game.own_table("TopicsTable"))
    (shard,) = [s for s in range(keys.TOPIC_SHARDS) if topics.subscribers(APP, "news", s).devices]
    found = topics.subscribers(APP, "news", shard, start="player#b", end="player#d", limit=3)
    assert (found.devices, found.next) == ((("player", "b"), ("player", "c")), None)

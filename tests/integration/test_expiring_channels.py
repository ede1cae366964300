"""ChannelExpiring: an event for each channel that has three days left, from a daily search."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from push.apps.game_events import GameEvents
from push.errors import EventBusUnavailableError
from tests.integration.builders import game_fixture, open_channel, put_app

if TYPE_CHECKING:
    from tests.integration.backend import Backend

DAY_S = 24 * 3600
LIFE_S = 30 * DAY_S
game = game_fixture(events=["ChannelExpiring"])
pytestmark = pytest.mark.usefixtures("few_shards")


def search(game: Backend) -> None:
    """Put the schedule's daily message on the queue, and process what comes of it."""
    now = datetime.fromtimestamp(game.clock.time(), UTC)
    game.put("BroadcastQueue", {"find_expiring_at": now.strftime("%Y-%m-%dT%H:%M:%SZ")})
    game.work()


def published(game: Backend) -> list[dict[str, Any]]:
    bodies = [json.loads(each["Body"]) for each in game.messages("own-events")]
    return [body["detail"] for body in bodies if body["detail-type"] == "ChannelExpiring"]


def test_channel_is_published_once_in_its_last_three_days(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    (channel,) = game.channels()
    days: list[int] = []
    for day in range(32):
        search(game)
        for event in published(game):
            days.append(day)
            assert (
                event.items()
                >= {
                    "app_id": "my-game",
                    "player_id": "player-1",
                    "device_id": "pc",
                    "expires_at": channel["expires_at"],
                }.items()
            )
        game.advance(DAY_S)
    assert len(days) == 1
    assert days[0] in {27, 28}


def test_renewed_channel_is_not_published(game: Backend) -> None:
    open_channel(game, "player-1", "pc")
    game.advance(LIFE_S - 3 * DAY_S)
    open_channel(game, "player-1", "pc")
    search(game)
    assert published(game) == []


def test_every_channel_of_a_day_is_found_however_many_pages_a_shard_has(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    players = [f"player-{number}" for number in range(40)]
    for player in players:
        open_channel(game, player, f"{player}-pc")
    game.advance(LIFE_S - 3 * DAY_S + 60)
    table = type(game.handler("dispatcher").expiring_channels.channels)
    query = table.query
    monkeypatch.setattr(table, "query", lambda self, **given: query(self, Limit=3, **given))
    search(game)
    assert sorted(each["player_id"] for each in published(game)) == sorted(players)


def test_app_that_does_not_want_the_event_costs_one_message(game: Backend) -> None:
    put_app(game, events=[])
    open_channel(game, "player-1", "pc")
    game.advance(LIFE_S - 3 * DAY_S + 60)
    with game.limits.counting() as units:
        search(game)
    assert published(game) == []
    assert units.of_table("ChannelsTable")[:2] == (0, 0)


def test_search_is_repeated_with_the_same_ids_when_the_bus_fails(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        open_channel(game, f"player-{number}", f"pc-{number}")
    game.advance(LIFE_S - 3 * DAY_S + 60)
    publish = GameEvents.publish
    calls: list[int] = []

    def lose_response(self: GameEvents, events: Any) -> None:
        publish(self, events)
        calls.append(len(events))
        if len(calls) <= 3:
            raise EventBusUnavailableError("EventBridge is unavailable")

    monkeypatch.setattr(GameEvents, "publish", lose_response)
    search(game)
    game.advance(361)
    game.work()
    found = published(game)
    assert len({each["event_id"] for each in found}) == 12
    assert len(found) > 12


@pytest.mark.parametrize(
    "body", [{"find_expiring_at": "soon"}, {"find_expiring_at": "2026-11-26T00:00:00Z", "x": 1}]
)
def test_message_that_is_no_search_is_dead_lettered(game: Backend, body: dict[str, Any]) -> None:
    game.put("BroadcastQueue", body)
    game.work()
    (message,) = game.messages("RefusedDlq")
    reason = message["MessageAttributes"]["reason"]["StringValue"]
    assert "neither a page of a broadcast nor a search" in reason

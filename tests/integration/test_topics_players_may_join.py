"""An app says which topics players may join by themselves; the others are joined by a claim of the
player's token only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.backend import AUDIENCE
from tests.integration.builders import APP_PATH, SETTINGS, game_fixture, put_app

if TYPE_CHECKING:
    from tests.integration.backend import Backend

game = game_fixture(ready=False, open_topics=["news", "event.*"])


def register(game: Backend, *topics: str, claim: str | None = None) -> tuple[int, Any]:
    body = {"channel_uri": "https://cloud.notify.windows.com/?token=a", "topics": topics}
    claims = {"sub": "player-1", "aud": AUDIENCE} | ({} if claim is None else {"topics": claim})
    return game.call("channels_api", "PUT", f"{APP_PATH}/channels/pc", body, claims=claims)


def topics(game: Backend) -> list[list[str]]:
    return [item["topics"] for item in game.channels()]


@pytest.mark.parametrize("open_topic", ["news", "event.summer", "event."])
def test_open_topic_is_joined_without_a_claim(game: Backend, open_topic: str) -> None:
    assert register(game, open_topic)[0] == 201
    assert topics(game) == [[open_topic]]


@pytest.mark.parametrize("topic", ["clan-42", "newsx", "event", "xevent.summer"])
@pytest.mark.parametrize("claim", [None, "", "clan-43", "[clan-4 lan-42]"])
def test_other_topic_is_refused_by_name_and_nothing_is_stored(
    game: Backend, topic: str, claim: str | None
) -> None:
    status, answer = register(game, "news", topic, claim=claim)
    assert (status, answer["error"]["code"]) == (403, "forbidden")
    assert f"'{topic}'" in answer["error"]["message"]
    assert "'news'" not in answer["error"]["message"]
    assert game.channels() == []
    assert game.items("TopicsTable") == []


@pytest.mark.parametrize("claim", ["clan-42", "[staff clan-42]", "staff clan-42", "[clan-*]"])
def test_token_that_names_a_topic_lets_its_player_join(game: Backend, claim: str) -> None:
    assert register(game, "clan-42", "news", claim=claim)[0] == 201
    assert topics(game) == [["clan-42", "news"]]


def test_player_whose_token_no_longer_names_a_topic_leaves_it_with_the_next_registration(
    game: Backend,
) -> None:
    register(game, "clan-42", claim="clan-42")
    game.advance(60)  # the subscription of a channel that is new stays, without effect
    assert register(game, "clan-42")[0] == 403
    assert register(game)[0] == 200
    assert topics(game) == [[]]
    assert game.items("TopicsTable") == []


def test_every_topic_is_open_unless_the_app_says_otherwise(game: Backend) -> None:
    put_app(game)
    game.advance(16)  # players' routes know an app for 15 s
    assert register(game, "clan-42")[0] == 201


def test_app_may_leave_no_topic_open(game: Backend) -> None:
    put_app(game, open_topics=[])
    game.advance(16)
    assert register(game, "news")[0] == 403


@pytest.mark.parametrize("pattern", ["", "News", "a b", "news?", "[a]", "x" * 65, 7])
def test_bad_pattern_is_refused(game: Backend, pattern: Any) -> None:
    settings = SETTINGS | {"open_topics": [pattern]}
    assert game.call_as_operator("PUT", APP_PATH, settings)[0] == 422

"""The list of an app's notifications: newest first, filtered, by pages, with who sent each."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from push.notifications import listing
from tests.integration.backend import http_event
from tests.integration.builders import (
    APP_PATH,
    CHALLENGE,
    game_fixture,
    post_request,
    put_app,
    records,
    request,
    summary,
    templated,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

game = game_fixture(
    templates={"Challenge": CHALLENGE}, devices={"pc-1": "player-1", "pc-2": "player-2"}
)
pytestmark = pytest.mark.usefixtures("few_shards")
ARN = "arn:aws:sts::123456789012:assumed-role/match-server/i-0123"


def page(game: Backend, **query: Any) -> dict[str, Any]:
    """Return one page of the list."""
    path = f"{APP_PATH}/notifications"
    event = http_event("GET", path, None, headers={}, claims=None, query=urlencode(query))
    event["queryStringParameters"] = {name: str(value) for name, value in query.items()}
    answer = game.invoke("notifications_api", event)
    assert answer["statusCode"] == 200, answer["body"]
    return page_of(answer)


def page_of(answer: dict[str, Any]) -> dict[str, Any]:

    return dict(json.loads(answer["body"]))


def listed(game: Backend, **query: Any) -> list[dict[str, Any]]:
    """Return the whole list."""
    found: list[dict[str, Any]] = []
    answer = page(game, **query)
    while True:
        found += answer["notifications"]
        if answer["next_page"] is None:
            return found
        answer = page(game, **query, page=answer["next_page"])


def ids(notifications: list[dict[str, Any]]) -> list[str]:
    return [each["request_id"] for each in notifications]


def in_an_hour(game: Backend) -> str:
    return datetime.fromtimestamp(game.clock.time() + 3600, UTC).isoformat()


def send(game: Backend, request_id: str, **fields: Any) -> None:
    game.send_request(request("player-1", request_id=request_id, **fields))
    game.work()


def test_list_has_the_newest_first_with_states_and_counts(game: Backend) -> None:
    for number in range(5):
        send(game, f"r-{number}")
        game.advance(2)
    found = listed(game)
    assert ids(found) == [f"r-{number}" for number in (4, 3, 2, 1, 0)]
    assert {each["state"] for each in found} == {"completed"}
    assert [each["counts"] for each in found] == [{"delivered": 1}] * 5
    of_one = summary(game, found[0]["notification_id"])
    assert {name: of_one[name] for name in found[0]} == found[0]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_pages_together_have_each_notification_once(
    game: Backend, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Many accepted in the same second included."""
    monkeypatch.setattr(listing, "RECORDS_PER_PAGE", size)
    for number in range(14):
        send(game, f"r-{number}")
    found = listed(game)
    assert sorted(ids(found)) == sorted(f"r-{number}" for number in range(14))
    times = [each["accepted_at"] for each in found]
    assert times == sorted(times, reverse=True)


def test_list_is_filtered_by_state_template_and_time(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "RECORDS_PER_PAGE", 2)
    send(game, "first")
    game.advance(100)
    game.send_request(
        templated("player-1", template="Challenge", parameters={"challenger": "A"}, request_id="t")
    )
    game.work()
    game.advance(100)
    send(game, "cup", audience={"everyone": True})
    waiting = request("player-1", request_id="waiting", send_at=in_an_hour(game))
    assert post_request(game, waiting)[0] == 202
    at = {each["request_id"]: each["accepted_at"] for each in listed(game)}
    assert ids(listed(game, template="Challenge")) == ["t"]
    assert ids(listed(game, state="accepted")) == ["waiting"]
    assert sorted(ids(listed(game, state="completed"))) == ["cup", "first", "t"]
    assert ids(listed(game, **{"from": at["t"], "to": at["t"] + 1})) == ["t"]
    assert ids(listed(game, to=at["t"])) == ["first"]
    assert ids(listed(game, **{"from": at["cup"] + 1000})) == []


def test_list_of_another_app_is_another_list(game: Backend) -> None:
    send(game, "mine")
    put_app(game, "other-game")
    event = http_event("GET", "/apps/other-game/notifications", None, headers={}, claims=None)
    assert page_of(game.invoke("notifications_api", event))["notifications"] == []


def test_app_that_lists_broadcasts_pays_nothing_for_direct_ones(game: Backend) -> None:
    put_app(game, listed="broadcasts")
    with game.limits.counting() as units:
        send(game, "direct")
    assert (units.of_table("NotificationsTable")[0:2]) == (3, 0)
    send(game, "cup", audience={"everyone": True})
    assert ids(listed(game)) == ["cup"]


def test_list_costs_a_write_unit_for_all_direct_notifications_of_a_batch(game: Backend) -> None:
    with game.limits.counting() as units:
        for number in range(10):
            game.send_request(request("player-1", request_id=f"r-{number}"))
        game.work()
    assert (units.of_table("NotificationsTable")[0:2]) == (31, 0)
    assert len(listed(game)) == 10


def test_broadcast_is_listed_for_one_write_unit(game: Backend) -> None:
    send(game, "cup", audience={"topic": "clan"})
    (item,) = [each for each in game.items("NotificationsTable") if "listed" in each]
    assert len(json.dumps(item, default=str)) < 1024
    assert ids(listed(game)) == ["cup"]


def test_record_says_who_sent_the_request_and_how(game: Backend) -> None:
    body = {"audience": {"players": ["player-1"]}, "notification": {"toast": {"texts": ["A"]}}}

    event = http_event(
        "POST",
        f"{APP_PATH}/notifications",
        json.dumps(body | {"request_id": "by-api"}),
        headers={"content-type": "application/json"},
        claims=None,
    )
    event["requestContext"]["authorizer"] = {"iam": {"userArn": ARN}}
    assert game.invoke("notifications_api", event)["statusCode"] == 202
    game.publish("Challenge", body | {"app_id": "my-game", "request_id": "by-bus"}, "game.lobby")
    game.send_request(request("player-1", request_id="by-queue"))
    game.work()
    found = {
        each["request_id"]: (each["accepted_via"], each["accepted_by"]) for each in listed(game)
    }
    assert found["by-api"] == ("api", ARN)
    assert found["by-bus"] == ("bus", "game.lobby")
    assert found["by-queue"][0] == "queue"


@pytest.mark.parametrize(
    "query",
    [{"state": "odd"}, {"page": "1"}, {"from": "yesterday"}, {"to": -1}, {"template": "a b"}],
)
def test_query_that_breaks_a_rule_is_refused(game: Backend, query: dict[str, Any]) -> None:
    path = f"{APP_PATH}/notifications"
    event = http_event("GET", path, None, headers={}, claims=None, query=urlencode(query))
    event["queryStringParameters"] = {name: str(value) for name, value in query.items()}
    assert game.invoke("notifications_api", event)["statusCode"] == 422
    assert records(game) == []

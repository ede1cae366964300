"""Whatever fails, an app's list has every notification that it should have exactly once."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from push.notifications import listing
from push.notifications.list_items import assign_place, listed_ids, reserve_place
from tests.faults.crowd import make_crowd
from tests.integration.backend import http_event, sqs_event
from tests.integration.builders import (
    APP,
    APP_PATH,
    cancel,
    intercept_aws_calls,
    post_request,
    put_app,
    put_template,
    records,
    request,
    templated,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

pytestmark = pytest.mark.usefixtures("few_shards", "small_pages")
PLAYERS = [f"p{number}" for number in range(10)]
HELLO = {"default_locale": "en", "locales": {"en": {"toast": {"texts": ["Hello"]}}}}


class Killed(BaseException):
    """Raised in place of the end of the process."""


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page ends between notifications that were listed together."""
    monkeypatch.setattr(listing, "RECORDS_PER_PAGE", 3)


def listed(game: Backend) -> dict[str, str]:
    """Return the states in the list by request; each is listed once."""
    found: list[dict[str, Any]] = []
    query: dict[str, str] = {}
    while True:
        path = f"{APP_PATH}/notifications"
        event = http_event("GET", path, None, headers={}, claims=None, query=urlencode(query))
        answer = game.invoke("notifications_api", event | {"queryStringParameters": query})
        assert answer["statusCode"] == 200, answer["body"]
        page = json.loads(answer["body"])
        found += page["notifications"]
        if page["next_page"] is None:
            break
        query = {"page": page["next_page"]}
    assert set(Counter(each["request_id"] for each in found).values()) <= {1}
    return {each["request_id"]: each["state"] for each in found}


def recorded(game: Backend) -> set[str]:
    return {record["request_id"] for record in records(game)}


def ids_in_lists(game: Backend) -> list[str]:
    """Return the ids in all items of lists, whether their records point back or not."""
    items = game.items("NotificationsTable")
    return [each for item in items if "listed" in item for each in listed_ids(item)]


def batch(game: Backend) -> list[dict[str, Any]]:
    """Queue a request to each player; return the messages."""
    make_crowd(game.wns, game.table("ChannelsTable"), len(PLAYERS), devices_per_player=1)
    for player in PLAYERS:
        game.send_request(request(player, request_id=player))
    return game.messages("RequestQueue")


def ask_by_api(game: Backend, *players: str, **fields: Any) -> str:
    status, answer = post_request(game, request(*players, **fields))
    assert status == 202
    return str(answer["notification_id"])


def later(game: Backend) -> str:
    return datetime.fromtimestamp(game.clock.time() + 3600, UTC).isoformat()


@pytest.mark.parametrize("way", ["queue", "API"])
def test_dispatcher_killed_before_any_of_its_writes_lists_each_once(
    game: Backend, monkeypatch: pytest.MonkeyPatch, found: Callable[[str], None], way: str
) -> None:
    messages = batch(game)
    if way == "API":
        for player in PLAYERS:
            ask_by_api(game, player, request_id=player)
        messages = game.messages("RequestQueue")
    writes = 0

    def die(call: Callable[[], Any], client: Any, operation: str, arguments: Any) -> Any:
        nonlocal writes
        if operation in {"PutItem", "UpdateItem"}:
            writes += 1
            if writes > kills:
                raise Killed
        return call()

    kills = 0
    with monkeypatch.context() as dying:
        intercept_aws_calls(dying, die)
        while True:
            writes = 0
            try:
                game.invoke("dispatcher", sqs_event(messages, "RequestQueue"))
                break
            except Killed:
                kills += 1
                listed(game)  # none of them twice
    assert kills >= 3
    game.work()
    found(f"{kills} kills, {len(ids_in_lists(game))} ids written for {len(PLAYERS)} listed")
    assert listed(game) == dict.fromkeys(PLAYERS, "completed")


def test_notification_whose_record_is_not_written_is_listed_when_it_is(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = batch(game)

    def fail(call: Callable[[], Any], client: Any, operation: str, arguments: Any) -> Any:
        if operation == "PutItem" and arguments["Item"].get("request_id") in {"p3", "p7"}:
            raise ConnectionError("DynamoDB does not answer")
        return call()

    with monkeypatch.context() as failing:
        intercept_aws_calls(failing, fail)
        failed = game.handle("RequestQueue", messages)["batchItemFailures"]
    ids = {each["itemIdentifier"] for each in failed}
    again = [message for message in messages if message["MessageId"] in ids]
    assert listed(game).keys() == set(PLAYERS) - {"p3", "p7"}
    assert game.handle("RequestQueue", again) == {"batchItemFailures": []}
    assert listed(game).keys() == recorded(game) == set(PLAYERS)


def test_nothing_is_dispatched_that_could_not_be_listed(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = batch(game)

    def fail(call: Callable[[], Any], client: Any, operation: str, arguments: Any) -> Any:
        if operation == "PutItem" and "listed" in arguments["Item"]:
            raise ConnectionError("DynamoDB does not answer")
        return call()

    with monkeypatch.context() as failing:
        intercept_aws_calls(failing, fail)
        assert len(game.handle("RequestQueue", messages)["batchItemFailures"]) == len(PLAYERS)
    assert records(game) == []
    assert game.handle("RequestQueue", messages) == {"batchItemFailures": []}
    assert listed(game).keys() == set(PLAYERS)


def test_notification_keeps_its_place_when_another_worker_has_listed_it(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that ended between the two places would miss it, or have it twice."""
    make_crowd(game.wns, game.table("ChannelsTable"), 1, devices_per_player=1)
    notification_id = ask_by_api(game, "p0", request_id="r")
    table = game.own_table("NotificationsTable")
    place = reserve_place(table, APP, [notification_id], game.clock.time() - 60)

    def overtake(call: Callable[[], Any], client: Any, operation: str, arguments: Any) -> Any:
        if operation == "UpdateItem" and ":plan" in arguments["ExpressionAttributeValues"]:
            assign_place(table, notification_id, place)
        return call()

    with monkeypatch.context() as racing:
        intercept_aws_calls(racing, overtake)
        game.handle("RequestQueue")
    (record,) = records(game)
    assert (record["state"], record["listed_at"]) == ("dispatched", place)
    assert listed(game).keys() == {"r"}


def test_write_whose_response_is_lost_lists_each_once(game: Backend) -> None:
    messages = batch(game)
    game.limits.lost_responses(
        operation="PutItem", resource="NotificationsTable", function="dispatcher", chance=0.5
    )
    while failed := game.handle("RequestQueue", messages)["batchItemFailures"]:
        assert failed
    assert listed(game).keys() == set(PLAYERS)


def test_copies_of_a_request_are_listed_once(game: Backend) -> None:
    make_crowd(game.wns, game.table("ChannelsTable"), 1, devices_per_player=1)
    for _ in range(3):
        for _ in range(4):
            game.send_request(request("p0", request_id="r"))
            game.publish("Any", request("p0", request_id="r"))
        game.work()
    assert listed(game) == {"r": "completed"}


def test_copies_at_two_workers_are_listed_once(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one dispatches the batch after the first has listed it, before its records."""
    messages = batch(game)
    overtaken: list[bool] = []

    def overtake(call: Callable[[], Any], client: Any, operation: str, arguments: Any) -> Any:
        if operation == "PutItem" and "content_hash" in arguments["Item"] and not overtaken:
            overtaken.append(True)
            game.invoke("dispatcher", sqs_event(messages, "RequestQueue"))
        return call()

    with monkeypatch.context() as racing:
        intercept_aws_calls(racing, overtake)
        game.invoke("dispatcher", sqs_event(messages, "RequestQueue"))
    game.work()
    assert len(ids_in_lists(game)) > len(PLAYERS)
    assert listed(game) == dict.fromkeys(PLAYERS, "completed")


@pytest.mark.parametrize(
    "fields",
    [{}, {"send_at": True}, {"audience": {"topic": "clan"}}, {"audience": {"everyone": True}}],
    ids=["players", "players later", "topic", "everyone"],
)
def test_repeated_post_is_listed_once(game: Backend, fields: dict[str, Any]) -> None:
    if "send_at" in fields:
        fields = {"send_at": later(game)}
    for _ in range(3):
        ask_by_api(game, "p0", request_id="r", **fields)
        ask_by_api(game, "p0", request_id="r", **fields)
        game.work()
    assert listed(game).keys() == {"r"}
    game.advance(3600)
    ask_by_api(game, "p0", request_id="r", **fields)
    game.work()
    assert listed(game).keys() == {"r"}


def test_what_waits_for_its_time_is_listed_at_once_and_what_is_sent_at_once_when_it_is(
    game: Backend,
) -> None:
    ask_by_api(game, "p0", request_id="now")
    ask_by_api(game, "p0", request_id="later", send_at=later(game))
    ask_by_api(game, request_id="cup", audience={"everyone": True})
    assert listed(game) == {"later": "accepted", "cup": "accepted"}
    game.work()
    assert listed(game) == {"now": "completed", "later": "scheduled", "cup": "completed"}


def test_request_of_the_api_that_can_never_be_sent_is_listed(game: Backend) -> None:
    put_template(game, "Hello", HELLO)
    for number in range(4):
        body = templated("p0", template="Hello", request_id=f"r-{number}")
        assert post_request(game, body)[0] == 202
    assert game.call_as_operator("DELETE", f"{APP_PATH}/templates/Hello")[0] == 204
    game.work()
    assert listed(game) == dict.fromkeys([f"r-{number}" for number in range(4)], "failed")
    put_template(game, "Hello", HELLO)
    assert post_request(game, templated("p0", template="Hello", request_id="r-2"))[0] == 202
    game.work()
    assert listed(game)["r-2"] == "completed"


@pytest.mark.parametrize("way", ["cancelled", "suppressed"])
def test_request_of_the_api_that_is_not_sent_any_more_is_listed(game: Backend, way: str) -> None:
    ids = [ask_by_api(game, "p0", request_id=f"r-{number}") for number in range(4)]
    if way == "cancelled":
        for each in ids:
            cancel(game, each)
    else:
        put_app(game, enabled=False)
    game.work()
    assert listed(game) == dict.fromkeys([f"r-{number}" for number in range(4)], way)


def test_request_of_the_api_that_is_not_queued_is_listed(game: Backend) -> None:
    refused = game.limits.refused_calls(
        service="sqs", operation="SendMessage", function="notifications_api"
    )
    body = request("p0", request_id="r")
    assert post_request(game, body)[0] == 503
    assert listed(game) == {"r": "accepted"}
    refused.on = False
    assert post_request(game, body)[0] == 202
    game.work()
    assert listed(game) == {"r": "completed"}


def test_request_of_the_api_that_cannot_be_dispatched_is_listed(game: Backend) -> None:
    make_crowd(game.wns, game.table("ChannelsTable"), 1, devices_per_player=1)
    ask_by_api(game, "p0", request_id="r")
    messages = game.messages("RequestQueue")
    refused = game.limits.refused_calls(operation="Query", function="dispatcher")
    assert game.handle("RequestQueue", messages)["batchItemFailures"]
    assert listed(game) == {"r": "accepted"}
    refused.on = False
    game.handle("RequestQueue", messages)
    game.work()
    assert listed(game) == {"r": "completed"}


def test_what_an_app_lists_is_what_it_listed_when_the_request_was_accepted(game: Backend) -> None:
    ask_by_api(game, "p0", request_id="before")
    put_app(game, listed="broadcasts")
    ask_by_api(game, "p0", request_id="after")
    put_app(game, listed="all")
    game.work()
    assert listed(game).keys() == {"before"}


def test_item_of_a_list_lasts_as_long_as_its_records(game: Backend) -> None:
    make_crowd(game.wns, game.table("ChannelsTable"), 1, devices_per_player=1)
    ask_by_api(game, "p0", request_id="now")
    ask_by_api(game, "p0", request_id="later", send_at=later(game))
    game.work()
    items = game.items("NotificationsTable")
    ends = {
        each: item["expires_at"] for item in items if "listed" in item for each in listed_ids(item)
    }
    assert len(ends) == 2
    for record in records(game):
        assert ends[record["pk"]] >= record["expires_at"]

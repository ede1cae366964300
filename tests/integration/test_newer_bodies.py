"""What a newer version has queued or stored, with fields that this one does not know, is processed:
during a deployment, and after one that is rolled back, both versions work on the same queues."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.builders import (
    CHALLENGE,
    TEXT,
    game_fixture,
    request,
    templated,
    texts,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

pytestmark = pytest.mark.usefixtures("few_shards")
game = game_fixture(devices={"pc": "player-1"}, templates={"Challenge": CHALLENGE})
NEW = {"from_a_newer_version": {"a": [1]}}


def newer(game: Backend, queue: str) -> list[dict[str, Any]]:
    """Take a queue's messages; return what a newer version would have queued in their place."""
    messages = game.messages(queue)
    assert messages
    return [each | {"Body": json.dumps(json.loads(each["Body"]) | NEW)} for each in messages]


def nothing_is_dead(game: Backend) -> bool:
    queues = ("RefusedDlq", "RequestDlq", "BroadcastDlq", "DeliveryDlq", "BulkDeliveryDlq")
    return not any(game.messages(queue) for queue in queues)


def test_newer_delivery_is_sent(game: Backend) -> None:
    game.send_request(request("player-1"))
    game.handle("RequestQueue")
    (message,) = newer(game, "DeliveryQueue")
    body = json.loads(message["Body"])
    for part in (*body["payloads"], *body["channels"]):
        part.update(NEW)
    game.handle("DeliveryQueue", [message | {"Body": json.dumps(body)}])
    assert texts(game, "pc") == [[TEXT]]
    assert nothing_is_dead(game)


def test_newer_page_is_processed(game: Backend) -> None:
    game.send_request(request(audience={"everyone": True}))
    game.handle("RequestQueue")
    response = game.handle("BroadcastQueue", newer(game, "BroadcastQueue"))
    assert response == {"batchItemFailures": []}
    game.work()
    assert texts(game, "pc") == [[TEXT]]
    assert nothing_is_dead(game)


def test_newer_broadcast_goes_on(game: Backend) -> None:
    game.send_request(
        templated(
            template="Challenge", parameters={"challenger": "Kim"}, audience={"everyone": True}
        )
    )
    game.handle("RequestQueue")
    (stored,) = [each for each in game.items("NotificationsTable") if each["sk"] == "request"]
    broadcast = json.loads(stored["request"]) | NEW
    for part in (broadcast["request"], broadcast["request"]["audience"], broadcast["template"]):
        part.update(NEW)
    game.table("NotificationsTable").put_item(Item=stored | {"request": json.dumps(broadcast)})
    game.work()
    assert texts(game, "pc") == [["Kim challenges you"]]
    assert nothing_is_dead(game)

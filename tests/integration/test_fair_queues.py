"""Every message is its app's, so that SQS's fair queues keep one app's backlog from the others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.builders import (
    game_fixture,
    intercept_aws_calls,
    open_app,
    open_channel,
    post_request,
    request,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

game = game_fixture(devices={"pc": "player-1"})


@pytest.fixture
def groups(game: Backend, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str | None]]:
    """The message groups of what is queued from now on, by queue."""
    seen: dict[str, set[str | None]] = {}

    def note(
        call: Callable[[], Any], client: Any, operation: str, arguments: dict[str, Any]
    ) -> Any:
        if operation in {"SendMessage", "SendMessageBatch"}:
            queue = arguments["QueueUrl"].rpartition("/")[2]
            for entry in arguments.get("Entries", [arguments]):
                seen.setdefault(queue, set()).add(entry.get("MessageGroupId"))
        return call()

    intercept_aws_calls(monkeypatch, note)
    return seen


@pytest.mark.usefixtures("few_shards")
def test_messages_of_every_queue_carry_their_app(
    game: Backend, groups: dict[str, set[str | None]]
) -> None:
    open_app(game, "other-game")
    open_channel(game, "player-2", "pc-2", "other-game")
    groups.clear()
    send_at = datetime.fromtimestamp(game.clock.time() + 60, UTC).isoformat()
    post_request(game, request("player-1", send_at=send_at))
    post_request(game, request(audience={"everyone": True}))
    game.wns.fail_next(1, code=500)
    game.work()
    assert {queue: groups.pop(queue) for queue in list(groups)} == {
        "RequestQueue": {"my-game"},
        "BroadcastQueue": {"my-game"},
        "BulkDeliveryQueue": {"my-game"},
    }
    game.messages("RequestQueue")
    game.put("RequestQueue", request("player-2", app_id="other-game", request_id="r"))
    game.work()
    assert groups["DeliveryQueue"] == {"other-game"}
    assert len(texts(game, "pc-2")) == 1

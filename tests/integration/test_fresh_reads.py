"""What was just written is read consistently: a stale read fails no request and no page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.builders import (
    game_fixture,
    intercept_aws_calls,
    open_channel,
    post_request,
    put_app,
    put_template,
    request,
    summary,
    templated,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

game = game_fixture(devices={"pc": "player-1"})
HELLO = {"default_locale": "en", "locales": {"en": {"toast": {"texts": ["Hi"]}}}}


@pytest.fixture
def stale(game: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every read of an item that does not ask for consistency finds it as it was before its first
    write: not there. That is the worst that DynamoDB may return ("Read consistency")."""

    def read(
        call: Callable[[], Any], client: Any, operation: str, arguments: dict[str, Any]
    ) -> Any:
        answer = call()
        if operation == "GetItem" and not arguments.get("ConsistentRead"):
            answer.pop("Item", None)
        if operation == "BatchGetItem":
            for table, asked in arguments["RequestItems"].items():
                if not asked.get("ConsistentRead"):
                    answer["Responses"][table] = []
        if operation == "Query" and not ({"ConsistentRead", "IndexName"} & arguments.keys()):
            answer.update(Items=[], Count=0)
            answer.pop("LastEvaluatedKey", None)
        return answer

    intercept_aws_calls(monkeypatch, read)


@pytest.mark.usefixtures("few_shards", "stale")
@pytest.mark.parametrize("audience", [{"everyone": True}, {"players": ["player-1"]}])
def test_stale_reads_lose_no_request_and_no_page(game: Backend, audience: dict[str, Any]) -> None:
    put_template(game, "Hello", HELLO)
    status, answer = post_request(game, templated(template="Hello", audience=audience))
    assert status == 202
    game.work()
    assert game.messages("RefusedDlq") == game.messages("BroadcastDlq") == []
    assert summary(game, answer["notification_id"])["state"] == "completed"
    assert texts(game, "pc") == [["Hi"]]


@pytest.mark.usefixtures("stale")
def test_app_and_template_can_be_used_as_soon_as_they_are_put(game: Backend) -> None:
    put_app(game, "new-game")
    assert game.call_as_operator("GET", "/apps/new-game")[0] == 200
    open_channel(game, "player-2", "pc-2", "new-game")
    game.send_request(request("player-2", app_id="new-game"))
    put_template(game, "Hello", HELLO)
    assert game.call_as_operator("GET", "/apps/my-game/templates/Hello")[0] == 200
    game.send_request(templated("player-1", template="Hello"))
    game.handle("RequestQueue")
    assert game.messages("RefusedDlq") == []
    assert len(game.messages("DeliveryQueue")) == 2

"""What was just stored is read, although eventually consistent reads still return the state before.

DynamoDB Developer Guide, "Read consistency": an eventually consistent read "may not reflect the
results of a recently completed write operation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.integration.builders import (
    APP_PATH,
    CHALLENGE,
    SETTINGS,
    game_fixture,
    intercept_aws_calls,
    put_template,
    templated,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.backend import Backend

game = game_fixture(devices={"pc": "player-1"})

WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
STALE = {"AppsTable", "TemplatesTable"}


@pytest.fixture
def stale_reads(game: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let eventually consistent reads of settings return the state before the last write."""
    before: dict[str, list[dict[str, Any]]] = {}
    unrecorded: Any = boto3.session.Session().resource("dynamodb")  # not a call of the function

    def read(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        items = before[arguments["TableName"]]
        if operation == "GetItem":
            found = [i for i in items if arguments["Key"].items() <= i.items()]
            return {"Item": found[0]} if found else {}
        return {"Items": items if operation == "Scan" else []}

    def intercept(
        call: Callable[[], Any], _: Any, operation: str, arguments: dict[str, Any]
    ) -> Any:
        table = arguments.get("TableName")
        if table in STALE and operation in WRITES:
            before[table] = unrecorded.Table(table).scan(ConsistentRead=True)["Items"]
        reads = operation in {"GetItem", "Query", "Scan"}
        if table in before and reads and not arguments.get("ConsistentRead"):
            return read(operation, arguments)
        return call()

    intercept_aws_calls(monkeypatch, intercept)


pytestmark = pytest.mark.usefixtures("stale_reads")


def test_app_is_returned_as_it_was_put(game: Backend) -> None:
    game.call_as_operator("PUT", APP_PATH, SETTINGS | {"name": "My Game II"})
    assert game.call_as_operator("GET", APP_PATH)[1]["name"] == "My Game II"
    (listed,) = game.call_as_operator("GET", "/apps")[1]["apps"]
    assert listed["name"] == "My Game II"


def test_new_app_is_found_by_what_follows_its_put(game: Backend) -> None:
    game.call_as_operator("PUT", "/apps/new-game", SETTINGS)
    assert game.call_as_operator("GET", "/apps/new-game/templates")[0] == 200
    assert "new-game" in game.refresh()


def test_template_is_returned_and_used_as_it_was_put(game: Backend) -> None:
    put_template(game, "Challenge", CHALLENGE)
    path = f"{APP_PATH}/templates"
    assert game.call_as_operator("GET", f"{path}/Challenge")[0] == 200
    assert len(game.call_as_operator("GET", path)[1]["templates"]) == 1
    game.send_request(
        templated("player-1", template="Challenge", parameters={"challenger": "Alex"})
    )
    game.work()
    assert texts(game, "pc") == [["Alex challenges you"]]

"""A page that was planned without channels: who registers before it is processed again is not
counted, because nothing is sent to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from push.dispatch.pages import Pages
from push.errors import TablesUnavailableError
from tests.integration.builders import game_fixture, open_channel, post_request, request, summary

if TYPE_CHECKING:
    from tests.integration.backend import Backend

pytestmark = pytest.mark.usefixtures("few_shards")
game = game_fixture()


def test_player_who_registers_after_an_empty_plan_is_not_counted_as_reached(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, answer = post_request(game, request(audience={"everyone": True}))
    game.handle("RequestQueue")
    pages = game.messages("BroadcastQueue")

    def fail(*_: object) -> None:
        raise TablesUnavailableError("out")

    with monkeypatch.context() as failing:
        failing.setattr(Pages, "close", fail)
        assert len(game.handle("BroadcastQueue", pages)["batchItemFailures"]) == len(pages)
    for number in range(8):
        open_channel(game, f"player-{number}", f"pc-{number}")
    game.handle("BroadcastQueue", pages)
    game.work()

    view = summary(game, answer["notification_id"])
    assert view["state"] == "completed"
    assert (view["recipients"], view["counts"]) == (0, {})
    assert view["players"] == {"requested": 0, "reached": 0, "skipped": {}}

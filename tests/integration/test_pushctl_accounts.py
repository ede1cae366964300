"""pushctl's library lists notifications, and shows and erases players, on the real handlers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pushctl.client import notification_lists, notifications, players
from pushctl.client.player_reports import report_on_player
from tests.integration.builders import (
    APP,
    CHALLENGE,
    game_fixture,
    open_channel,
    post_request,
    request,
    templated,
)
from tests.integration.pushctl_stack import stack_of

if TYPE_CHECKING:
    from tests.integration.backend import Backend

game = game_fixture(templates={"Challenge": CHALLENGE}, devices={"pc": "player-1"})
pytestmark = pytest.mark.usefixtures("few_shards")
HOSTILE = "steam#7656/x%41|!"


def test_list_is_newest_first_and_goes_on_over_pages_that_have_none(game: Backend) -> None:
    _, first = post_request(
        game, templated("player-1", template="Challenge", parameters={"challenger": "Kim"})
    )
    for _ in range(51):
        post_request(game, request("nobody"))
    game.work()
    stack = stack_of(game)
    found = notification_lists.list_notifications(stack, APP, template="Challenge")
    assert [each.notification_id for each in found.notifications] == [first["notification_id"]]
    assert found.next_page is None
    newest = notification_lists.list_notifications(stack, APP, limit=1)
    assert len(newest.notifications) == 50
    assert newest.next_page is not None
    rest = notification_lists.list_notifications(stack, APP, page=newest.next_page)
    assert len(rest.notifications) == 2
    assert rest.notifications[0].audience == "players"


def test_listed_notification_says_who_sent_it(game: Backend) -> None:
    post_request(
        game, templated("player-1", template="Challenge", parameters={"challenger": "Kim"})
    )
    game.work()
    (found,) = notification_lists.list_notifications(stack_of(game), APP).notifications
    assert found.template == "Challenge"
    assert found.accepted_via == "api"


def test_outcomes_are_read_over_all_pages(game: Backend) -> None:
    for number in range(3):
        open_channel(game, f"player-{number}", "laptop")
    _, sent = post_request(game, request("player-0", "player-1", "player-2", "nobody"))
    game.work()
    report = notifications.get_notification(
        stack_of(game), APP, sent["notification_id"], limit=None
    )
    assert {each.player_id for each in report.outcomes} == {"player-0", "player-1", "player-2"}
    assert [each.player_id for each in report.skipped] == ["nobody"]
    assert report.interactions.shown == 0


def test_player_is_told_what_became_of_each_notification(game: Backend) -> None:
    _, got = post_request(game, request("player-1", "player-2"))
    game.advance(2)
    post_request(game, request("player-3"))
    game.work()
    reached = report_on_player(stack_of(game), APP, "player-1")
    (one,) = reached.notifications
    assert one.notification_id == got["notification_id"]
    assert [each.outcome for each in one.outcomes] == ["delivered"]
    assert one.sentences[0].startswith("pc, toast: delivered")
    skipped = report_on_player(stack_of(game), APP, "player-2")
    assert skipped.account.devices == ()
    assert "device" in skipped.notifications[0].sentences[0]
    assert report_on_player(stack_of(game), APP, "player-1", latest=1).notifications == []


def test_large_notification_is_named_in_its_place_and_not_searched(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pushctl.client.player_outcomes._MOST_RECIPIENTS", 1)
    open_channel(game, "player-2", "laptop")
    sent: list[str] = []
    for players_of_one in (["player-1"], ["player-1", "player-2"], ["player-1"]):
        _, one = post_request(game, request(*players_of_one, request_id=f"r{len(sent)}"))
        game.work()
        game.advance(2)
        sent.append(one["notification_id"])
    report = report_on_player(stack_of(game), APP, "player-1")
    assert [each.notification_id for each in report.notifications] == sent[::-1]
    newest, large, _ = report.notifications
    assert [each.outcome for each in newest.outcomes] == ["delivered"]
    assert large.sentences[0].startswith("sent to 2 devices; pushctl notification show --player")


def test_player_of_any_name_is_shown_and_erased(game: Backend) -> None:
    open_channel(game, HOSTILE, "laptop", locale="de-DE")
    stack = stack_of(game)
    found = players.get_player(stack, APP, HOSTILE)
    assert [(each.device_id, each.locale) for each in found.devices] == [("laptop", "de-DE")]
    receipt = players.erase_player(stack, APP, HOSTILE)
    assert receipt.channels == 1
    assert not players.get_player(stack, APP, HOSTILE).devices

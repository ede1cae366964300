"""pushctl's library on the real handlers: templates, sending, dead letters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pushctl.client import apps, dead_letters, notifications, sending, template_plan, templates
from pushctl.client.dead_letter_messages import QUEUES, QueueName
from pushctl.client.errors import ConflictError, NotFoundError, RefusedError
from tests.integration.backend import PACKAGE_SID
from tests.integration.builders import (
    APP,
    CHALLENGE,
    game_fixture,
    put_template,
    request,
    texts,
)
from tests.integration.pushctl_stack import BackendApi, stack_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.backend import Backend

game = game_fixture(templates={"Challenge": CHALLENGE}, devices={"pc": "player-1"})


def changed(text: str) -> dict[str, Any]:
    return {"default_locale": "en", "locales": {"en": {"toast": {"texts": [text]}}}}


def test_two_who_apply_at_once_have_one_conflict_which_is_named(game: Backend) -> None:
    stack = stack_of(game)
    mine = {"Challenge": changed("mine"), "Other": changed("other")}
    planned = template_plan.plan(stack, APP, mine)
    put_template(game, "Challenge", changed("theirs"))
    applied = template_plan.apply(stack, planned, mine)
    assert applied.conflicts == ["Challenge"]
    assert [each.template_id for each in applied.changes if each.status == "done"] == ["Other"]
    kept = templates.get_template(stack, APP, "Challenge")
    assert kept.locales["en"]["toast"]["texts"] == ["theirs"]


def test_applied_plan_leaves_nothing_to_do(game: Backend) -> None:
    stack, mine = stack_of(game), {"Challenge": changed("mine")}
    planned = template_plan.plan(stack, APP, mine)
    assert not planned.is_empty
    assert "+      - mine" in planned.changes[0].diff
    template_plan.apply(stack, planned, mine)
    assert template_plan.plan(stack, APP, mine).is_empty


def test_template_that_cannot_be_rendered_is_in_the_plan(game: Backend) -> None:
    broken = {"Challenge": {"default_locale": "en", "locales": {"en": {"toast": {"textz": []}}}}}
    planned = template_plan.plan(stack_of(game), APP, broken)
    assert planned.errors


def test_stored_template_that_is_not_wanted_stays_unless_deleted(game: Backend) -> None:
    stack = stack_of(game)
    assert [each.action for each in template_plan.plan(stack, APP, {}).changes] == ["extra"]
    planned = template_plan.plan(stack, APP, {}, delete=True)
    template_plan.apply(stack, planned, {})
    assert templates.list_templates(stack, APP).templates == []


def test_switching_off_an_app_keeps_settings_that_this_version_does_not_know(game: Backend) -> None:
    bodies: list[Any] = []

    class NewerApi(BackendApi):
        def call(self, method: str, path: str, body: object = None, **_: Any) -> Any:
            if method == "GET":
                return super().call(method, path) | {"newer": True}
            bodies.append(body)
            return super().call("GET", path)

    stack = stack_of(game)
    newer = type(stack)(stack.name, NewerApi(game), stack.resources, stack.aws)
    apps.set_enabled(newer, APP, enabled=False)
    assert bodies[0]["newer"] is True
    assert bodies[0]["enabled"] is False


def test_switching_a_stopped_app_off_does_not_resume_it(game: Backend) -> None:
    game.table("AppsTable").update_item(
        Key={"pk": APP},
        UpdateExpression="SET stopped = :why",
        ExpressionAttributeValues={":why": "quota_exceeded"},
    )
    stack = stack_of(game)
    with pytest.raises(ConflictError, match="resume it first"):
        apps.set_enabled(stack, APP, enabled=False)
    assert apps.get_app(stack, APP).stopped == "quota_exceeded"


def test_many_players_become_requests_that_may_be_repeated(game: Backend) -> None:
    stack = stack_of(game)
    players = [*(f"p-{n}" for n in range(1200)), "player-1"]
    body = sending.read_request(
        {
            "request_id": "tournament",
            "audience": {"players": ["x"]},
            "template": "Challenge",
            "parameters": {"challenger": "Robin"},
        }
    )
    first = sending.send(stack, APP, body, players)
    again = sending.send(stack, APP, body, players)
    assert len(first.notification_ids) == 2
    assert first.notification_ids == again.notification_ids
    game.work()
    assert texts(game, "pc") == [["Robin challenges you"]]


def test_dry_run_of_a_broken_request_says_why(game: Backend) -> None:
    body = sending.read_request({"audience": {"everyone": True}, "template": "Challenge"})
    with pytest.raises(RefusedError) as refused:
        sending.dry_run(stack_of(game), APP, body)
    assert "needs more parameters" in refused.value.details[0]


def test_dry_run_counts_a_topic_by_what_channels_say(game: Backend) -> None:
    uri = game.wns.create_channel(app=PACKAGE_SID, device_id="pc2").channel_uri
    game.call_as_player(
        "player-2",
        "PUT",
        f"/apps/{APP}/channels/pc2",
        {"channel_uri": uri, "topics": ["clan-1"], "locale": "fr"},
    )
    body = sending.read_request(
        {
            "audience": {"topic": "clan-1"},
            "template": "Challenge",
            "parameters": {"challenger": "R"},
        }
    )
    found = sending.dry_run(stack_of(game), APP, body)
    assert (found.devices, found.players) == (1, 1)
    assert [(each.language, each.has_own_texts) for each in found.by_language] == [("en", False)]


def test_players_of_a_file_are_read_once_each(tmp_path: Path) -> None:
    file = tmp_path / "players.txt"
    file.write_text("\ufeffsam\n\n# a comment\nkim\nsam\n", encoding="utf-8")
    assert sending.read_players(file) == ["sam", "kim"]
    file.write_text("\n")
    with pytest.raises(RefusedError, match="has no players"):
        sending.read_players(file)


def test_plain_request_stays_one_request_when_redriven(game: Backend) -> None:
    stack = stack_of(game)
    body = {name: value for name, value in request("player-1").items() if name != "request_id"}
    game.put("RequestDlq", body)
    (letter,) = dead_letters.list_dead_letters(stack, ["request"]).dead_letters
    moved = dead_letters.redrive(stack, ["request"])
    assert moved.moved == 1
    (message,) = game.messages("RequestQueue")
    assert json.loads(message["Body"])["request_id"] == letter.message_id
    assert game.messages("RequestDlq") == []


def test_refused_message_is_moved_only_when_that_is_said(game: Backend) -> None:
    stack = stack_of(game)
    game.send_request(request("player-1") | {"template": "Missing", "notification": None})
    game.send_request({"app_id": APP})
    game.work()
    listed = dead_letters.list_dead_letters(stack).dead_letters
    assert [each.was_refused for each in listed] == [True, True]
    ids = [listed[0].message_id]
    assert dead_letters.redrive(stack, ["refused"], message_ids=ids).moved == 0
    moved = dead_letters.redrive(stack, ["refused"], message_ids=ids, include_refused=True)
    assert moved.moved == 1
    assert len(game.messages("RequestQueue")) == 1
    assert dead_letters.purge(stack, ["refused"]).deleted == 1


@pytest.mark.parametrize(
    ("name", "lane", "queue"),
    [("delivery", "direct", "DeliveryQueue"), ("bulk-delivery", "bulk", "BulkDeliveryQueue")],
)
def test_delivery_is_redriven_to_its_own_lane(
    game: Backend, name: QueueName, lane: str, queue: str
) -> None:
    game.put(QUEUES[name], {"lane": lane, "app_id": APP, "channels": [{}, {}]})
    stack = stack_of(game)
    (letter,) = dead_letters.list_dead_letters(stack, [name]).dead_letters
    assert (letter.app_id, letter.recipients) == (APP, 2)
    dead_letters.redrive(stack, [name])
    assert len(game.messages(queue)) == 1


def test_listed_messages_stay_where_they_are(game: Backend) -> None:
    for number in range(25):
        game.put("BroadcastDlq", {"number": number})
    stack = stack_of(game)
    assert len(dead_letters.list_dead_letters(stack, ["broadcast"]).dead_letters) == 25
    assert len(dead_letters.list_dead_letters(stack, ["broadcast"]).dead_letters) == 25
    assert len(game.messages("BroadcastDlq")) == 25


def test_outcomes_of_one_player_are_found_whatever_their_id(game: Backend) -> None:
    stack = stack_of(game)
    game.send_request(request("player-1") | {"request_id": "r-1"})
    game.work()
    (record,) = [each for each in game.items("NotificationsTable") if each["sk"] == "summary"]
    found = notifications.get_notification(stack, APP, record["pk"], player="player-1")
    assert [(each.device_id, each.outcome) for each in found.outcomes] == [("pc", "delivered")]
    assert not notifications.get_notification(stack, APP, record["pk"], player="kim").outcomes
    with pytest.raises(NotFoundError):
        notifications.get_notification(stack, APP, "0" * 32)

"""What players do with toasts: proved by the record, counted once, published once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from push.channels.registration import Caller
from push.errors import NotDecidedYetError
from push.players.models import Interaction
from tests.integration.backend import AUDIENCE
from tests.integration.builders import (
    APP_PATH,
    game_fixture,
    open_channel,
    post_request,
    put_app,
    put_template,
    records,
    request,
    summary,
    templated,
)

if TYPE_CHECKING:
    from tests.integration.backend import Backend

DUEL: dict[str, Any] = {
    "default_locale": "en",
    "track": True,
    "locales": {
        "en": {
            "toast": {
                "texts": ["${challenger} challenges you"],
                "launch": "action=view&challenge=7",
                "inputs": [{"id": "message"}],
                "buttons": [
                    {"content": "Accept", "arguments": "action=accept;challenge=7"},
                    {"content": "Reply", "arguments": "action=reply&challenge=7"},
                    {
                        "content": "Rules",
                        "arguments": "https://example.com/rules",
                        "activation_type": "protocol",
                    },
                    "dismiss",
                ],
                "context_menu": [{"content": "Mute", "arguments": "mute"}],
            }
        }
    },
}
game = game_fixture(
    templates={"Duel": DUEL},
    devices={"pc-1": "player-1", "xbox-1": "player-1", "pc-2": "player-2"},
)
pytestmark = pytest.mark.usefixtures("few_shards")


def duel(game: Backend, *players: str, **fields: Any) -> str:
    """Send the duel; return its notification's id."""
    whole = templated(*players, template="Duel", parameters={"challenger": "Alex"}, **fields)
    status, answer = post_request(game, whole)
    assert status == 202
    game.work()
    return str(answer["notification_id"])


def value_in(arguments: str) -> str:
    """Return the reserved argument, as a game reads it."""
    pairs = arguments.replace(";", "&").split("&")
    (value,) = [pair.partition("=")[2] for pair in pairs if pair.startswith("_push=")]
    return value


def argument_on(game: Backend, device: str) -> str:
    """Return the reserved argument of the last toast that a device has shown."""
    return value_in(game.wns.device(device).toasts[-1]["launch"])


def entry(notification: str, device: str = "pc-1", **fields: Any) -> dict[str, Any]:
    return {
        "notification": notification,
        "device_id": device,
        "kind": "opened",
        "at": 1_790_000_000,
    } | fields


def report(game: Backend, *entries: dict[str, Any], player: str = "player-1") -> Any:
    return game.call_as_player(
        player, "POST", f"{APP_PATH}/interactions", {"interactions": list(entries)}
    )


def results(game: Backend, *entries: dict[str, Any], player: str = "player-1") -> list[Any]:
    status, answer = report(game, *entries, player=player)
    assert status == 200, answer
    return [(each["status"], each["reason"]) for each in answer["results"]]


def published(game: Backend) -> list[dict[str, Any]]:
    """Return the details of the interactions that were published."""
    bodies = (json.loads(each["Body"]) for each in game.messages("own-events"))
    return [each["detail"] for each in bodies if each["detail-type"] == "NotificationInteraction"]


def test_reply_reaches_the_game_server_and_the_record(game: Backend) -> None:
    notification_id = duel(game, "player-1", request_id="duel-7")
    toast = game.wns.device("pc-1").toasts[-1]
    pressed = toast["buttons"][1]["arguments"]
    reply = entry(
        value_in(pressed), kind="action", action=pressed, inputs={"message": "You are on!"}
    )
    assert results(game, reply) == [("accepted", None)]
    (event,) = published(game)
    event_id, received_at = event.pop("event_id"), event.pop("received_at")
    assert event == {
        "app_id": "my-game",
        "player_id": "player-1",
        "device_id": "pc-1",
        "notification_id": notification_id,
        "request_id": "duel-7",
        "template": "Duel",
        "kind": "action",
        "action": "action=reply&challenge=7",
        "inputs": {"message": "You are on!"},
        "at": 1_790_000_000,
    }
    assert len(event_id) == 32
    assert abs(received_at - game.clock.time()) < 60
    view = summary(game, notification_id)
    assert view["interactions"] == {
        "shown": 0,
        "opened": 0,
        "dismissed": 0,
        "actions": {"reply": 1},
    }


def test_argument_is_in_every_place_that_activates_the_game_in_its_style(game: Backend) -> None:
    notification_id = duel(game, "player-1")
    toast = game.wns.device("pc-1").toasts[-1]
    value = f"{notification_id}.0"
    assert toast["launch"] == f"action=view&challenge=7&_push={value}"
    assert [each["arguments"] for each in toast["buttons"]] == [
        f"action=accept;challenge=7;_push={value}",
        f"action=reply&challenge=7&_push={value}",
        "https://example.com/rules",
        "dismiss",
        f"mute&_push={value}",
    ]
    assert argument_on(game, "xbox-1") == value


@pytest.mark.parametrize(
    ("app", "template", "is_tracked"),
    [
        (False, None, False),
        (True, None, True),
        (True, False, False),
        (False, True, True),
    ],
)
def test_template_overrides_the_app(
    game: Backend, app: bool, template: bool | None, is_tracked: bool
) -> None:
    put_app(game, track=app)
    plain = {"default_locale": "en", "locales": {"en": {"toast": {"texts": ["Hello"]}}}}
    put_template(game, "Plain", plain | ({} if template is None else {"track": template}))
    post_request(game, templated("player-2", template="Plain"))
    game.work()
    launch = game.wns.device("pc-2").toasts[-1]["launch"]
    assert (launch is not None) is is_tracked
    (record,) = records(game)
    assert summary(game, record["pk"])["tracked"] is is_tracked


def test_recipients_of_a_chunk_share_one_payload_and_broadcasts_carry_their_chunk(
    game: Backend,
) -> None:
    notification_id = duel(game, audience={"everyone": True})
    values = {argument_on(game, device) for device in ("pc-1", "xbox-1", "pc-2")}
    assert all(value.startswith(f"{notification_id}.") for value in values)
    assert results(game, entry(argument_on(game, "pc-2"), "pc-2"), player="player-2") == [
        ("accepted", None)
    ]
    assert argument_on(game, "pc-1") == argument_on(game, "xbox-1")


def test_each_interaction_counts_once_however_often_it_is_sent(game: Backend) -> None:
    notification_id = duel(game, "player-1", "player-2")
    value = argument_on(game, "pc-1")
    opened, shown = entry(value), entry(value, kind="shown")
    assert results(game, opened, shown, opened) == [
        ("accepted", None),
        ("accepted", None),
        ("duplicate", None),
    ]
    assert results(game, opened, entry(value, "xbox-1")) == [
        ("duplicate", None),
        ("accepted", None),
    ]
    assert results(game, entry(value, "pc-2"), player="player-2") == [("accepted", None)]
    assert len(published(game)) == 4
    view = summary(game, notification_id)["interactions"]
    assert view == {"shown": 1, "opened": 3, "dismissed": 0, "actions": {}}


def test_same_interaction_twenty_times_at_once_is_one_event_and_one_count(game: Backend) -> None:
    notification_id = duel(game, "player-1")
    reply = entry(argument_on(game, "pc-1"), kind="action", action="action=reply")
    # An instance of Lambda has one invocation at a time, so the use case is what runs concurrently.
    intake = game.handler("player_api").interactions
    caller = Caller("player-1", frozenset({AUDIENCE}))

    def take(_: int) -> str:
        try:
            return str(intake.take(caller, "my-game", [Interaction(**reply)])[0].status)
        except NotDecidedYetError:
            return "try again"

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(take, range(20)))
    assert statuses.count("accepted") == 1
    assert set(statuses) <= {"accepted", "duplicate", "try again"}
    assert len(published(game)) == 1
    assert summary(game, notification_id)["interactions"]["actions"] == {"reply": 1}
    assert results(game, reply) == [("duplicate", None)]


def test_forged_interactions_are_refused_and_the_others_taken(game: Backend) -> None:
    mine = duel(game, "player-1")
    theirs = duel(game, "player-2")
    untracked = post_request(game, request("player-1"))[1]["notification_id"]
    game.work()
    forged = [
        entry(f"{theirs}.0"),
        entry(f"{mine}.1"),
        entry(f"{mine}.0", "pc-2"),
        entry(f"{untracked}.0"),
        entry(f"{'0' * 32}.0"),
    ]
    reasons = [reason for _, reason in results(game, *forged, entry(f"{mine}.0"))]
    assert reasons == [
        "not_a_recipient",
        "not_a_recipient",
        "not_a_recipient",
        "unknown_notification",
        "unknown_notification",
        None,
    ]
    assert len(published(game)) == 1
    for number in range(20):
        many = [entry(f"{theirs}.{number}", f"pc-{each}") for each in range(25)]
        assert {status for status, _ in results(game, *many)} == {"refused"}
    assert published(game) == []


def test_notification_of_another_app_is_unknown(game: Backend) -> None:
    notification_id = duel(game, "player-1")
    put_app(game, "other-game")
    open_channel(game, "player-1", "pc-1", "other-game")
    body = {"interactions": [entry(f"{notification_id}.0")]}
    status, answer = game.call_as_player("player-1", "POST", "/apps/other-game/interactions", body)
    assert (status, answer["results"][0]["reason"]) == (200, "unknown_notification")


def test_device_that_wns_did_not_deliver_to_is_no_recipient(game: Backend) -> None:
    game.wns.revoke_channel(open_channel(game, "player-3", "pc-3"))
    notification_id = duel(game, "player-3")
    assert summary(game, notification_id)["counts"] == {"channel_gone": 1}
    assert results(game, entry(f"{notification_id}.0", "pc-3"), player="player-3") == [
        ("refused", "not_a_recipient")
    ]


def test_device_has_no_more_interactions_than_a_toast_can_have(game: Backend) -> None:
    notification_id = duel(game, "player-1")
    value = f"{notification_id}.0"
    many = [entry(value, kind="action", action=f"action=a{number}") for number in range(20)]
    found = results(game, *many)
    assert [status for status, _ in found].count("accepted") == 8
    assert found[-1] == ("refused", "too_many")
    assert len(summary(game, notification_id)["interactions"]["actions"]) == 8


def test_event_that_could_not_be_published_is_published_by_the_next_try(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    notification_id = duel(game, "player-1")
    opened = entry(f"{notification_id}.0")
    events = game.handler("player_api").interactions.events
    with monkeypatch.context() as down:
        refused = {"InternalFailure"}  # all of them are
        down.setattr(type(events), "_put", lambda _, entries: (entries, refused))
        assert report(game, opened)[0] == 503
    assert published(game) == []
    assert results(game, opened) == [("accepted", None)]
    assert len(published(game)) == 1
    assert summary(game, notification_id)["interactions"]["opened"] == 1


def test_worker_that_dies_after_counting_leaves_the_event_to_the_next_try(
    game: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    notification_id = duel(game, "player-1")
    opened = entry(f"{notification_id}.0")
    intake = game.handler("player_api").interactions
    with monkeypatch.context() as dying:
        dying.setattr(type(intake), "_publish", lambda *_: None)
        report(game, opened)
    assert report(game, opened)[0] == 503
    game.advance(11)
    assert results(game, opened) == [("accepted", None)]
    assert len(published(game)) == 1
    assert summary(game, notification_id)["interactions"]["opened"] == 1


def test_app_that_does_not_want_the_event_still_counts(game: Backend) -> None:
    put_app(game, events=[])
    notification_id = duel(game, "player-1")
    assert results(game, entry(f"{notification_id}.0")) == [("accepted", None)]
    report(game, entry(f"{notification_id}.0"))
    assert published(game) == []
    assert summary(game, notification_id)["interactions"]["opened"] == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "action"},
        {"kind": "opened", "action": "a"},
        {"kind": "odd"},
        {"notification": "x.0"},
        {"inputs": {"message": "x" * 1001}},
        {"inputs": {str(number): "" for number in range(11)}},
        {"at": -1},
    ],
)
def test_interaction_that_breaks_a_rule_is_refused(game: Backend, broken: dict[str, Any]) -> None:
    status, answer = report(game, entry(f"{'0' * 32}.0") | broken)
    assert status == 422
    assert "xxxx" not in json.dumps(answer)


def test_token_of_another_audience_is_refused(game: Backend) -> None:
    body = {"interactions": [entry(f"{'0' * 32}.0")]}
    path = f"{APP_PATH}/interactions"
    assert game.call_as_player("player-1", "POST", path, body, audience="other")[0] == 403
    assert report(game, *[entry(f"{'0' * 32}.0")] * 26)[0] == 422


def test_reply_is_in_no_log(game: Backend, capsys: pytest.CaptureFixture[str]) -> None:
    notification_id = duel(game, "player-1")
    canary = "CANARY-what-the-player-typed"
    answers = [
        report(game, entry(f"{notification_id}.0", inputs={"message": canary})),
        report(game, entry(f"{notification_id}.0", inputs={"message": canary * 100})),
        report(game, entry("x", inputs={"message": canary})),
    ]
    assert [status for status, _ in answers] == [200, 422, 422]
    assert canary in json.dumps(published(game))
    printed = capsys.readouterr()
    assert canary not in printed.out + printed.err + json.dumps(answers)


def test_interaction_costs_a_few_units(game: Backend) -> None:
    notification_id = duel(game, "player-1")
    with game.limits.counting() as units:
        assert results(game, entry(f"{notification_id}.0")) == [("accepted", None)]
    assert units.of_table("NotificationsTable")[0] == 5

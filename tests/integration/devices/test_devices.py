"""What is done to a virtual device is done by the ways that a game and its player have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.demo.scenario import PACKAGE_SID
from tests.integration.devices.product import NO_SUCH_ROUTE, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.wns_emulator import WnsEmulator
    from tests.integration.devices.page import Page
    from tests.integration.devices.product import Product

TOAST = '<toast><visual><binding template="ToastGeneric"><text>{}</text></binding></visual></toast>'


def test_added_device_registers_the_channel_that_windows_gave_it(
    page: Page, product: Product, wns: WnsEmulator
) -> None:
    device = page.add()
    (channel,) = wns.channels(device["device_id"])
    assert product.channels[device["device_id"]]["channel_uri"] == channel.channel_uri
    assert device["signed_in"]
    assert device["channel"]["state"] == "open"


def test_game_is_set_up_once_with_a_template_for_each_sample(page: Page, product: Product) -> None:
    page.add()
    product.templates.clear()
    page.add(name="Second")
    assert product.templates == {}
    page.act(page.add(name="Third"), "remove")
    shown = {sample["id"] for sample in page.get("/api/state").json()["game"]["samples"]}
    assert shown == {"challenge.received", "high-score.beaten", "tournament.starts", "clan.message"}


def test_game_whose_credentials_were_refused_is_set_up_the_next_time(
    page: Page, product: Product
) -> None:
    product.refusals["/apps/space-duel"] = (404, NO_SUCH_ROUTE)
    product.refusals["/credentials"] = (422, refusal("client_secret"))
    new = {"player": "sam", "name": "PC"}
    assert page.post("/api/devices", new).status_code == 422
    product.refusals.pop("/apps/space-duel")
    answer = page.post("/api/devices", new)
    assert "PUT /apps/space-duel/credentials answers 422" in answer.json()["error"]["message"]
    product.refusals.clear()
    assert page.post("/api/devices", new).ok


def test_player_without_a_token_is_not_signed_in(page: Page, product: Product) -> None:
    product.refusals["/token"] = (400, {"error": "invalid_request"})
    answer = page.post("/api/devices", {"player": "sam", "name": "PC"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "no_token")
    assert not page.get("/api/state").json()["devices"][0]["signed_in"]


def test_event_that_the_bus_rejects_is_reported(page: Page, product: Product) -> None:
    page.add()
    entry = {"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}
    product.answers_to_events = entry
    answer = page.post("/api/send", {"sample": "challenge.received"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        502,
        "EventBridge: try again",
    )


def test_refused_registration_is_quoted_and_the_device_is_not_signed_in(
    page: Page, product: Product
) -> None:
    reason = {"error": {"code": "forbidden", "message": "not your app", "details": []}}
    product.refusals["/channels/sams-pc"] = (403, reason)
    device = page.add()
    assert not device["signed_in"]
    assert [step["text"] for step in device["steps"]] == [
        "PUT /apps/space-duel/channels/sams-pc answers 403: not your app"
    ]


@pytest.mark.parametrize("knows_topics", [True, False])
def test_topics_are_used_if_the_api_supports_them(
    page: Page, product: Product, *, knows_topics: bool
) -> None:
    product.knows_topics = knows_topics
    device = page.add()
    assert ("topics" in product.channels[device["device_id"]]) == knows_topics
    assert page.post("/api/send", {"sample": "tournament.starts", "road": "api"}).ok
    topic, players = {"topic": "weekly-tournament"}, {"players": ["sam"]}
    assert product.requests[0]["audience"] == (topic if knows_topics else players)


def test_chosen_player_gets_a_sample_that_otherwise_goes_to_a_topic(
    page: Page, product: Product
) -> None:
    page.add()
    page.post("/api/send", {"sample": "tournament.starts", "road": "api", "player": "sam"})
    assert product.requests[0]["audience"] == {"players": ["sam"]}


@pytest.mark.parametrize("knows_presence", [True, False])
def test_presence_is_offered_if_the_api_supports_it(
    page: Page, product: Product, *, knows_presence: bool
) -> None:
    product.knows_presence = knows_presence
    device = page.add()
    assert device["has_presence"] == knows_presence
    assert page.act(device, "play", {"game": "front"}).ok
    assert product.presence.get(device["device_id"], False) == knows_presence
    assert page.look(device)["game"] == "front"


def test_signing_out_removes_the_channel_and_signing_in_registers_a_new_one(
    page: Page, product: Product
) -> None:
    device = page.add()
    first = product.channels[device["device_id"]]["channel_uri"]
    page.act(device, "sign-out")
    assert product.channels == {}
    assert not page.look(device)["signed_in"]
    page.act(device, "sign-in", {"player": "kim"})
    assert product.channels[device["device_id"]]["channel_uri"] != first
    assert page.look(device)["player"] == "kim"


def test_expired_channel_is_shown_and_a_new_registration_ends_that(
    page: Page, product: Product, send: Callable[[str, str, str], int]
) -> None:
    device = page.add()
    page.act(device, "expire")
    assert page.look(device)["channel"]["state"] == "expired"
    assert send(device["device_id"], "toast", TOAST.format("late")) == 410
    page.act(device, "register")
    assert page.look(device)["channel"]["state"] == "open"
    assert send(device["device_id"], "toast", TOAST.format("again")) == 200


def test_offline_pc_gets_held_notifications_when_it_is_back(
    page: Page, send: Callable[[str, str, str], int]
) -> None:
    device = page.add()
    page.act(device, "switch", {"on": False})
    send(device["device_id"], "toast", TOAST.format("kept"))
    off = page.look(device)
    assert (off["online"], off["toasts"], off["channel"]["held"]) == (False, [], ["toast"])
    page.act(device, "switch", {"on": True})
    assert len(page.look(device)["toasts"]) == 1


def test_dismissed_toast_is_removed_and_the_other_stays(
    page: Page, send: Callable[[str, str, str], int]
) -> None:
    device = page.add()
    for text in ("one", "two"):
        send(device["device_id"], "toast", TOAST.format(text))
    first, second = page.look(device)["toasts"]
    page.act(device, "dismiss", {"message_id": first["message_id"]})
    assert page.look(device)["toasts"] == [second]
    page.act(device, "dismiss")
    assert page.look(device)["toasts"] == []


def test_removed_device_is_signed_out_and_removed_from_wns(
    page: Page, product: Product, wns: WnsEmulator
) -> None:
    device = page.add()
    page.act(device, "remove")
    assert product.channels == {}
    assert page.act(device, "expire").status_code == 404
    assert device["device_id"] not in {one["device_id"] for one in wns.devices()}


def test_devices_with_the_same_name_get_distinct_ids(page: Page) -> None:
    assert [page.add()["device_id"], page.add()["device_id"]] == ["sams-pc", "sams-pc-2"]


def test_number_of_devices_is_limited(page: Page) -> None:
    for number in range(12):
        page.add(name=f"PC {number}")
    answer = page.post("/api/devices", {"player": "sam", "name": "one more"})
    assert answer.status_code == 409


def test_event_names_the_template_and_the_players(page: Page, product: Product) -> None:
    page.add()
    page.add("kim", "Laptop")
    parameters = {"challenger": "<script>"}
    page.post("/api/send", {"sample": "challenge.received", "parameters": parameters})
    (event,) = product.events
    assert event["DetailType"] == "challenge.received"
    assert '"players": ["kim", "sam"]' in event["Detail"]
    assert '"challenger": "<script>"' in event["Detail"]


def test_own_notification_goes_through_the_api_whose_refusal_is_quoted(
    page: Page, product: Product
) -> None:
    page.add()
    own = {"notification": {"badge": {"value": 7}}}
    assert page.post("/api/send-own", own).json()["id"] == "notification-1"
    product.refusals["/notifications"] = (422, refusal("notification.badge"))
    answer = page.post("/api/send-own", own)
    assert answer.status_code == 422
    assert "notification.badge: Extra inputs" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"sample": "no.such"}, 404),
        ({"sample": "challenge.received", "parameters": {"colour": "red"}}, 422),
        ({"sample": "challenge.received", "parameters": {"challenger": "x" * 401}}, 422),
    ],
    ids=["unknown sample", "unknown parameter", "text too long"],
)
def test_invalid_sample_is_refused(page: Page, product: Product, body: object, status: int) -> None:
    page.add()
    assert page.post("/api/send", body).status_code == status
    assert product.events == []


def test_sending_without_a_device_is_refused(page: Page, product: Product) -> None:
    assert page.post("/api/send", {"sample": "challenge.received"}).status_code == 409
    assert product.events == []


def test_tile_is_pinned_in_a_valid_size_only(page: Page, wns: WnsEmulator) -> None:
    device = page.add()
    page.act(device, "pin", {"size": "large", "queue": True})
    shown = wns.device(device["device_id"]).apps[PACKAGE_SID]
    assert (shown["tile_size"], shown["tile_queue"]) == ("large", True)
    assert page.act(device, "pin", {"size": "huge"}).status_code == 422


def test_notifications_that_the_player_disabled_are_dropped(
    page: Page, send: Callable[[str, str, str], int]
) -> None:
    device = page.add()
    page.act(device, "notifications", {"on": False})
    send(device["device_id"], "toast", TOAST.format("unheard"))
    view = page.look(device)
    assert (view["notifications_enabled"], view["toasts"]) == (False, [])

"""What becomes of an accepted notification: on line, off line, replaced, expired, removed."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.integration.wns_emulator.sender import CLIENT, OBJECT, SECRET, SID, TENANT, Sender

DAY = 24 * 3600
RECEIVED = ("received", "received")
DROPPED = ("dropped", "dropped")
ASK: dict[str, Any] = {"x_wns_requestforstatus": "true"}
CONNECTION = "X-WNS-DEVICECONNECTIONSTATUS"


def tile_texts(sender: Sender) -> list[list[str]]:
    (app,) = sender.device.apps.values()
    return [tile["texts"]["medium"] for tile in app["tiles"]]


@pytest.mark.parametrize("kind", ["toast", "tile", "badge"])
def test_offline_device_and_cached_type_is_received_disconnected(sender: Sender, kind: str) -> None:
    sender.wns.disconnect_device("pc")

    answer = sender.notify(kind, **ASK)

    assert answer.status == 200
    assert answer.wns_status == RECEIVED
    assert answer.header(CONNECTION) == "disconnected"
    assert sender.device.arrived == {}
    sender.wns.connect_device("pc")
    assert sender.device.arrived == {kind: 1}


def test_offline_device_and_cached_type_can_be_dropped_in_name(sender: Sender) -> None:
    sender.wns.set_switches(offline_cached_status="dropped")
    sender.wns.disconnect_device("pc")

    assert sender.notify().wns_status == DROPPED
    sender.wns.connect_device("pc")
    assert sender.texts == ["5"]


def test_connection_lost_for_a_moment_is_tempdisconnected(sender: Sender) -> None:
    sender.wns.disconnect_device("pc", temporarily=True)

    assert sender.notify(**ASK).header(CONNECTION) == "tempdisconnected"
    sender.wns.connect_device("pc")
    assert sender.texts == ["5"]


@pytest.mark.parametrize("kind", ["toast", "tile", "badge", "raw"])
def test_offline_device_and_no_cache_is_dropped_disconnected(sender: Sender, kind: str) -> None:
    sender.wns.disconnect_device("pc")

    answer = sender.notify(kind, x_wns_cache_policy="no-cache", **ASK)

    assert answer.status == 200
    assert answer.wns_status == DROPPED
    assert answer.header(CONNECTION) == "disconnected"
    sender.wns.connect_device("pc")
    assert sender.device.arrived == {}


def test_raw_is_not_cached_by_default(sender: Sender) -> None:
    sender.wns.disconnect_device("pc")

    assert sender.notify("raw").wns_status == DROPPED
    sender.wns.connect_device("pc")
    assert sender.device.raw == []


def test_one_raw_is_cached_when_asked_for(sender: Sender) -> None:
    sender.wns.disconnect_device("pc")
    for text in ("one", "two"):
        assert sender.notify("raw", text, x_wns_cache_policy="cache").wns_status == RECEIVED

    sender.wns.connect_device("pc")

    assert [raw["text"] for raw in sender.device.raw] == ["two"]


def test_offline_toasts_can_be_dropped_as_before_2023(sender: Sender) -> None:
    sender.wns.set_switches(offline_toast="drop")
    sender.wns.disconnect_device("pc")

    assert sender.notify().wns_status == DROPPED


@pytest.mark.parametrize(("kind", "shown"), [("toast", "texts"), ("badge", "badge")])
def test_second_cached_item_of_a_type_replaces_the_first(
    sender: Sender, kind: str, shown: str
) -> None:
    sender.wns.disconnect_device("pc")
    sender.notify(kind, "1")
    sender.notify(kind, "2")
    assert sender.device.channels[0].held == [kind]

    sender.wns.connect_device("pc")

    assert sender.device.arrived == {kind: 1}
    assert (sender.texts if shown == "texts" else [sender.device.badge]) == ["2"]


def test_second_cached_tile_replaces_the_first(sender: Sender) -> None:
    sender.wns.disconnect_device("pc")
    for text in ("1", "2"):
        sender.notify("tile", text)

    sender.wns.connect_device("pc")

    assert tile_texts(sender) == [["2"]]


def test_five_tiles_can_be_cached_and_an_equal_tag_replaces(sender: Sender) -> None:
    sender.wns.set_switches(offline_tiles=5)
    sender.wns.set_tile("pc", queue=True)
    sender.wns.disconnect_device("pc")
    for text, tag in [("1", "a"), ("2", "b"), ("3", "a"), ("4", "c")]:
        sender.notify("tile", text, x_wns_tag=tag)

    sender.wns.connect_device("pc")

    assert tile_texts(sender) == [["2"], ["3"], ["4"]]


def test_cached_items_arrive_in_the_order_of_their_sending(sender: Sender) -> None:
    sender.wns.disconnect_device("pc")
    for kind in ("badge", "toast", "tile"):
        sender.notify(kind)
    before = sender.wns.cursor()

    sender.wns.connect_device("pc")

    assert sender.wns.cursor() > before
    assert list(sender.device.arrived) == ["badge", "toast", "tile"]


def test_ttl_that_elapses_before_the_device_is_back_is_not_delivered(sender: Sender) -> None:
    sender.wns.disconnect_device("pc")
    sender.notify("toast", "late", x_wns_ttl="60")
    sender.notify("badge", "3", x_wns_ttl="7200")
    sender.wns.advance_clock(61)

    sender.wns.connect_device("pc")

    assert sender.device.arrived == {"badge": 1}


def test_ttl_that_has_not_elapsed_is_delivered(sender: Sender) -> None:
    sender.wns.disconnect_device("pc")
    sender.notify("toast", "in time", x_wns_ttl="60")
    sender.wns.advance_clock(58)

    sender.wns.connect_device("pc")

    assert sender.texts == ["in time"]


def test_without_ttl_a_tile_and_a_badge_live_three_days_on_the_device(sender: Sender) -> None:
    sender.notify("tile")
    sender.notify("badge")
    sender.wns.advance_clock(3 * DAY - 60)
    assert sender.device.badge == "5"
    assert sender.device.tile is not None

    sender.wns.advance_clock(61)

    assert sender.device.badge is None
    assert sender.device.tile is None


def test_ttl_ends_a_tile_and_a_badge_on_the_device(sender: Sender) -> None:
    sender.notify("tile", x_wns_ttl="60")
    sender.notify("badge", x_wns_ttl="60")

    sender.wns.advance_clock(61)

    assert (sender.device.badge, sender.device.tile) == (None, None)


def test_ttl_too_short_for_a_badge_is_discarded_by_the_device(sender: Sender) -> None:
    answer = sender.notify("badge", x_wns_ttl="0", x_wns_cache_policy="no-cache")

    assert answer.wns_status == RECEIVED
    assert sender.device.badge is None
    assert "time to live" in sender.device.discarded[0]["reason"]


def test_raw_with_app_not_running_is_dropped_connected(sender: Sender) -> None:
    sender.wns.set_app_running("pc", running=False)

    answer = sender.notify("raw", **ASK)

    assert answer.status == 200
    assert answer.wns_status == DROPPED
    assert answer.header(CONNECTION) == "connected"
    assert sender.device.raw == []
    assert "not running" in sender.last["why"]


def test_raw_reaches_a_background_task(sender: Sender) -> None:
    sender.wns.set_app_running("pc", running=False)
    sender.wns.set_background_task("pc", registered=True)

    assert sender.notify("raw", "wake").wns_status == RECEIVED
    assert sender.device.raw[0]["text"] == "wake"


def test_raw_reaches_the_app_byte_by_byte(sender: Sender) -> None:
    payload = bytes(range(256)) * 19

    sender.notify("raw", body=payload)

    assert base64.b64decode(sender.device.raw[0]["base64"]) == payload


def test_toast_is_shown_although_the_app_does_not_run(sender: Sender) -> None:
    sender.wns.set_app_running("pc", running=False)

    assert sender.notify().wns_status == RECEIVED
    assert sender.texts == ["5"]


@pytest.mark.parametrize("kind", ["toast", "tile", "badge"])
def test_notifications_that_the_player_disabled_are_dropped(sender: Sender, kind: str) -> None:
    sender.wns.set_notifications_enabled("pc", enabled=False)

    answer = sender.notify(kind, **ASK)

    assert answer.status == 200
    assert answer.wns_status == DROPPED
    assert answer.header(CONNECTION) == "connected"
    assert sender.device.arrived == {}


@pytest.mark.parametrize("kind", ["toast", "raw"])
@pytest.mark.parametrize("status", ["received", "dropped"])
def test_toast_or_raw_to_a_secondary_tile_is_never_delivered(
    sender: Sender, kind: str, status: str
) -> None:
    sender.wns.set_switches(secondary_tile_status=status)
    channel = sender.wns.create_channel(SID, "pc", tile_id="clan")

    answer = sender.notify(kind, channel=channel)

    assert answer.status == 200
    assert answer.wns_status == (status, status)
    assert sender.device.arrived == {}


def test_secondary_tile_has_a_tile_and_a_badge_of_its_own(sender: Sender) -> None:
    channel = sender.wns.create_channel(SID, "pc", tile_id="clan")
    sender.notify("badge", "1")
    sender.notify("badge", "7", channel=channel)
    sender.notify("tile", "clan war", channel=channel)

    app = sender.device.apps[SID]

    assert app["badge"] == "1"
    assert app["tiles"] == []
    assert app["secondary_tiles"]["clan"]["badge"] == "7"
    assert app["secondary_tiles"]["clan"]["tiles"][0]["texts"] == {"medium": ["clan war"]}


@pytest.mark.parametrize("kind", ["tile", "badge"])
def test_sdk_app_has_no_pushed_tile_and_badge_unless_switched_on(sender: Sender, kind: str) -> None:
    wns = sender.wns
    wns.put_entra_app(tenant_id=TENANT, client_id=CLIENT, client_secret=SECRET, object_id=OBJECT)
    sender.channel = wns.create_channel(CLIENT, "sdk")
    sender.token = wns.issue_token(CLIENT)

    assert sender.notify(kind).wns_status == RECEIVED
    assert [one["kind"] for one in wns.device("sdk").discarded] == [kind]
    wns.set_switches(sdk_apps_show_tiles_and_badges=True)
    assert sender.notify(kind).wns_status == RECEIVED
    assert wns.device("sdk").arrived == {kind: 1}


def test_toast_with_equal_tag_and_group_replaces_and_moves_to_the_top(sender: Sender) -> None:
    sender.notify("toast", "1", x_wns_tag="match", x_wns_group="a")
    sender.notify("toast", "2", x_wns_tag="match", x_wns_group="b")
    sender.notify("toast", "3", x_wns_tag="match", x_wns_group="a")
    sender.notify("toast", "4")
    sender.notify("toast", "5")

    assert sender.texts == ["2", "3", "4", "5"]


def test_notification_centre_keeps_20_toasts_of_an_app(sender: Sender) -> None:
    for number in range(22):
        sender.notify("toast", str(number))

    assert sender.texts == [str(number) for number in range(2, 22)]
    assert sender.device.arrived == {"toast": 22}


def test_toasts_leave_the_notification_centre_after_three_days(sender: Sender) -> None:
    sender.notify()
    sender.wns.advance_clock(3 * DAY + 1)

    assert sender.device.toasts == []


def test_tile_without_queue_replaces_the_one_before(sender: Sender) -> None:
    sender.notify("tile", "1")
    sender.notify("tile", "2")

    assert tile_texts(sender) == [["2"]]


def test_tile_queue_keeps_five_and_an_equal_tag_replaces(sender: Sender) -> None:
    sender.wns.set_tile("pc", queue=True)
    for number in range(6):
        sender.notify("tile", str(number))
    sender.notify("tile", "old", x_wns_tag="rank")
    sender.notify("tile", "new", x_wns_tag="rank")

    assert tile_texts(sender) == [["2"], ["3"], ["4"], ["5"], ["new"]]


@pytest.mark.parametrize(
    ("match", "left"),
    [
        ("type:wns/toast;all", []),
        ("type=wns/toast;all", []),
        ("type:wns/toast;tag=t1", ["t2 g1", "none"]),
        ("type:wns/toast;group=g1", ["t1 g2", "none"]),
        ("type=wns/toast;group=g1;tag=t1", ["t2 g1", "t1 g2", "none"]),
        ("type:wns/toast;tag=t1;group=g1", ["t2 g1", "t1 g2", "none"]),
        ("type:wns/toast; tag=t1; group=g2", ["t1 g1", "t2 g1", "none"]),
        ("type:wns/toast;tag=unknown", ["t1 g1", "t2 g1", "t1 g2", "none"]),
    ],
)
def test_delete_removes_what_matches(sender: Sender, match: str, left: list[str]) -> None:
    for tag, group in [("t1", "g1"), ("t2", "g1"), ("t1", "g2")]:
        sender.notify("toast", f"{tag} {group}", x_wns_tag=tag, x_wns_group=group)
    sender.notify("toast", "none")
    sender.notify("badge")

    answer = sender.remove(match)

    assert (answer.status, answer.wns_status) == (200, RECEIVED)
    assert sender.texts == left
    assert sender.device.badge == "5"


def test_delete_ignores_its_body(sender: Sender) -> None:
    sender.notify()

    answer = sender.notify(
        method="DELETE", body="anything", x_wns_match="type:wns/toast;all", x_wns_type=None
    )

    assert answer.status == 200
    assert sender.texts == []


@pytest.mark.parametrize(
    "match",
    [
        None,
        "",
        "all",
        "type:wns/tile;all",
        "type:wns/toast",
        "type:wns/toast;",
        "type:wns/toast;tag=",
        "type:wns/toast;tag=a;tag=b",
        "type:wns/toast;all;tag=a",
        "type:wns/toast;name=a",
    ],
)
def test_delete_without_a_good_match_is_400(sender: Sender, match: str | None) -> None:
    sender.notify()

    answer = sender.remove(match)

    assert answer.status == 400
    assert answer.error_text
    assert sender.texts == ["5"]


def test_delete_without_a_good_match_can_be_200_and_removes_nothing(sender: Sender) -> None:
    sender.wns.set_switches(delete_match="ignore")
    sender.notify()

    assert sender.remove(None).status == 200
    assert sender.texts == ["5"]


def test_delete_needs_a_token(sender: Sender) -> None:
    sender.notify()

    assert sender.remove("type:wns/toast;all", authorization=None).status == 401
    assert sender.texts == ["5"]


def test_delete_removes_a_cached_toast_of_an_offline_device(sender: Sender) -> None:
    sender.wns.disconnect_device("pc")
    sender.notify("toast", x_wns_tag="t1")
    sender.notify("badge")

    assert sender.remove("type:wns/toast;tag=t1").wns_status == DROPPED
    sender.wns.connect_device("pc")

    assert sender.device.arrived == {"badge": 1}


def test_delete_affects_no_other_app(sender: Sender) -> None:
    sender.wns.put_app(package_sid="ms-app://other", client_secret="x")
    other = sender.wns.create_channel("ms-app://other", "pc")
    token, sender.token = sender.token, sender.wns.issue_token("ms-app://other")
    sender.notify("toast", "other", channel=other)
    sender.token = token

    sender.remove("type:wns/toast;all")

    assert sender.texts == ["other"]


def test_channels_do_not_share_what_is_cached(sender: Sender) -> None:
    second = sender.wns.create_channel(SID, "pc")
    sender.wns.disconnect_device("pc")
    sender.notify("toast", "1")
    sender.notify("toast", "2", channel=second)

    sender.wns.connect_device("pc")

    assert sender.texts == ["1", "2"]


def test_closed_channel_loses_what_is_cached(sender: Sender) -> None:
    sender.wns.disconnect_device("pc")
    sender.notify()
    sender.wns.revoke_channel(sender.channel.channel_id)

    sender.wns.connect_device("pc")

    assert sender.texts == []


def test_toast_may_go_into_a_collection(sender: Sender) -> None:
    sender.notify(x_wns_collectionid="clans")

    assert sender.device.toasts[0]["collection"] == "clans"

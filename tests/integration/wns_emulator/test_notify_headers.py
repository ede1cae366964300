"""The request headers of a notification: what is refused in them and with which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.wns_emulator.sender import Sender

TTL_CONFLICT = "Ttl value conflicts with X-WNS-Cache-Policy."
KINDS = ["toast", "tile", "badge", "raw"]


def assert_refused(sender: Sender, kind: str = "toast", **headers: Any) -> str:
    """The request is 400 dropped and nothing reaches the device; returns the text."""
    answer = sender.notify(kind, **headers)
    assert (answer.status, answer.reason) == (400, "Bad Request")
    assert answer.wns_status == ("dropped", "dropped")
    assert sender.device.arrived == {}
    return answer.error_text or ""


@pytest.mark.parametrize("kind", KINDS)
def test_each_type_is_accepted(sender: Sender, kind: str) -> None:
    assert sender.notify(kind).status == 200
    assert sender.device.arrived == {kind: 1}


@pytest.mark.parametrize("value", [None, "", "toast", "wns/Toast", "wns/", "wns/unknown"])
def test_missing_or_unknown_type_is_400(sender: Sender, value: str | None) -> None:
    assert assert_refused(sender, x_wns_type=value)


@pytest.mark.parametrize("value", ["text/xml", "application/json", None])
def test_raw_without_octet_stream_is_400_with_the_recorded_text(
    sender: Sender, value: str | None
) -> None:
    text = assert_refused(sender, "raw", content_type=value)

    assert text == "Content-Type should be application/octet-stream"


@pytest.mark.parametrize("kind", ["toast", "tile", "badge"])
@pytest.mark.parametrize("value", ["application/octet-stream", "application/xml", "text", None])
def test_document_that_is_not_text_xml_is_400(sender: Sender, kind: str, value: str | None) -> None:
    assert assert_refused(sender, kind, content_type=value)


@pytest.mark.parametrize("value", ["text/xml; charset=utf-8", "text/xml;charset=UTF-8", "TEXT/XML"])
def test_text_xml_may_have_parameters(sender: Sender, value: str) -> None:
    assert sender.notify(content_type=value).status == 200


@pytest.mark.parametrize("value", ["Cache", "none", "", "true"])
def test_unknown_cache_policy_is_400(sender: Sender, value: str) -> None:
    assert assert_refused(sender, x_wns_cache_policy=value)


@pytest.mark.parametrize("value", ["True", "1", "", "yes"])
def test_request_for_status_that_is_not_a_boolean_is_400(sender: Sender, value: str) -> None:
    assert assert_refused(sender, x_wns_requestforstatus=value)


def test_unknown_header_values_can_be_ignored(sender: Sender) -> None:
    sender.wns.set_switches(header_values="ignore")

    assert sender.notify(x_wns_cache_policy="none", x_wns_requestforstatus="1").status == 200


@pytest.mark.parametrize("value", ["-1", "1.5", "", "soon", "0x10", "99999999999"])
def test_ttl_that_is_not_a_whole_number_is_400(sender: Sender, value: str) -> None:
    assert assert_refused(sender, x_wns_ttl=value)


def test_bad_ttl_can_be_ignored(sender: Sender) -> None:
    sender.wns.set_switches(ttl_value="ignore")

    assert sender.notify(x_wns_ttl="-1").status == 200


@pytest.mark.parametrize("kind", ["toast", "tile", "badge"])
def test_ttl_0_conflicts_with_the_default_policy_cache(sender: Sender, kind: str) -> None:
    assert assert_refused(sender, kind, x_wns_ttl="0") == TTL_CONFLICT


@pytest.mark.parametrize("kind", KINDS)
def test_ttl_0_conflicts_with_cache(sender: Sender, kind: str) -> None:
    text = assert_refused(sender, kind, x_wns_ttl="0", x_wns_cache_policy="cache")

    assert text == TTL_CONFLICT


def test_ttl_0_goes_with_no_cache_and_with_raw(sender: Sender) -> None:
    assert sender.notify(x_wns_ttl="0", x_wns_cache_policy="no-cache").status == 200
    assert sender.notify("raw", x_wns_ttl="0").status == 200


def test_ttl_conflict_can_be_ignored(sender: Sender) -> None:
    sender.wns.set_switches(ttl_conflict="ignore")

    assert sender.notify(x_wns_ttl="0").status == 200


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        ("tile", {"x_wns_tag": "a" * 17}),
        ("toast", {"x_wns_tag": "a" * 65}),
        ("toast", {"x_wns_group": "a" * 65}),
        ("toast", {"x_wns_tag": "match 7"}),
        ("toast", {"x_wns_group": "match-7"}),
    ],
)
def test_invalid_tag_or_group_is_a_warning_and_400_when_switched_on(
    sender: Sender, kind: str, headers: dict[str, Any]
) -> None:
    sender.wns.set_switches(tag_and_group="refuse")
    assert assert_refused(sender, kind, **headers)
    sender.wns.reset_switches()

    assert sender.notify(kind, **headers).status == 200
    assert len(sender.last["warnings"]) == 1


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        ("tile", {"x_wns_tag": "a" * 16}),
        ("toast", {"x_wns_tag": "a" * 64, "x_wns_group": "b" * 64}),
    ],
)
def test_longest_tag_and_group_pass_even_when_switched_on(
    sender: Sender, kind: str, headers: dict[str, Any]
) -> None:
    sender.wns.set_switches(tag_and_group="refuse")

    assert sender.notify(kind, **headers).status == 200
    assert "warnings" not in sender.last


@pytest.mark.parametrize("value", ["1", "2", "3", "4"])
@pytest.mark.parametrize("kind", KINDS)
def test_priorities_1_to_4_are_accepted(sender: Sender, kind: str, value: str) -> None:
    assert sender.notify(kind, x_wns_priority=value).status == 200


@pytest.mark.parametrize("value", ["0", "5", "high", "", "1.0"])
def test_another_priority_is_400(sender: Sender, value: str) -> None:
    assert assert_refused(sender, x_wns_priority=value)


def test_another_priority_can_be_ignored(sender: Sender) -> None:
    sender.wns.set_switches(priority_value="ignore")

    assert sender.notify(x_wns_priority="5").status == 200


def test_suppress_popup_on_a_windows_channel_is_400(sender: Sender) -> None:
    assert assert_refused(sender, x_wns_suppresspopup="true")


def test_suppress_popup_can_be_honoured(sender: Sender) -> None:
    sender.wns.set_switches(suppress_popup="honour")

    assert sender.notify(x_wns_suppresspopup="true").status == 200
    (toast,) = sender.device.toasts
    assert toast["popup"] is False
    assert toast["audio"] is None
    assert sender.device.sounds == []


def test_empty_raw_body_is_400(sender: Sender) -> None:
    answer = sender.notify("raw", body=b"")

    assert answer.status == 400
    assert sender.device.raw == []


def test_empty_raw_body_can_be_accepted_and_lost(sender: Sender) -> None:
    sender.wns.set_switches(empty_raw="lose")

    assert sender.notify("raw", body=b"").wns_status == ("received", "received")
    assert sender.device.raw == []
    assert "never delivered" in sender.last["why"]


def test_headers_of_the_phone_protocol_are_400(sender: Sender) -> None:
    answer = sender.wire.send(
        sender.channel.channel_uri,
        headers={
            "Authorization": f"Bearer {sender.token}",
            "Content-Type": "text/xml",
            "X-NotificationClass": "2",
            "X-WindowsPhone-Target": "toast",
        },
        body='<wp:Notification xmlns:wp="WPNotification"/>',
    )

    assert answer.status == 400


def test_header_names_are_not_case_sensitive(sender: Sender) -> None:
    headers = {name.upper(): value for name, value in sender.headers().items()}

    answer = sender.wire.send(sender.channel.channel_uri, headers=headers, body="<toast/>")

    assert answer.status == 200

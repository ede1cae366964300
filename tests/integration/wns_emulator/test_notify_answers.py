"""The notify endpoint: every status code, with its headers and without the others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.integration.wns_emulator.sender import CLIENT, OBJECT, SECRET, SID, TENANT, Sender

if TYPE_CHECKING:
    from local.wns_emulator import WnsEmulator
    from tests.integration.wns_emulator.wire import Wire

DAY = 24 * 3600
BOTH_DROPPED = ("dropped", "dropped")
BOTH_RECEIVED = ("received", "received")
NEITHER = (None, None)
WRONG_APP = "Channel URL incompatible with caller app"
NOT_ALLOWED = "Request targets an app that is not in allowed receiving apps list by WNS."
APP_THROTTLED = (
    "App is throttled. Wait for the seconds of the value in Retry-After header and try again"
)


@pytest.fixture
def entra(wns: WnsEmulator, wire: Wire) -> Sender:
    """A sender whose app is a Microsoft Entra app."""
    sender = Sender(wns, wire)
    wns.put_entra_app(tenant_id=TENANT, client_id=CLIENT, client_secret=SECRET, object_id=OBJECT)
    sender.channel = wns.create_channel(OBJECT, "pc")
    sender.token = wns.issue_token(CLIENT)
    return sender


def test_every_response_has_the_common_headers_and_no_body(sender: Sender) -> None:
    answers = [
        sender.notify(),
        sender.notify(x_wns_type="wns/none"),
        sender.notify(authorization=None),
        sender.notify(method="PUT"),
        sender.wire.send("https://db5.notify.windows.com/?token=AAA", headers=sender.headers()),
    ]

    assert [answer.status for answer in answers] == [200, 400, 401, 405, 404]
    for answer in answers:
        assert answer.header("Content-Length") == "0"
        assert answer.body == b""
        assert re.fullmatch("[1-9A-F][0-9A-F]{0,15}", answer.header("X-WNS-MSG-ID") or "")
        assert re.fullmatch("[A-Za-z0-9]{1,16}", answer.header("X-WNS-DEBUG-TRACE") or "")
        assert answer.header("MS-CV")
        assert answer.header("Strict-Transport-Security") == "max-age=31536000; includeSubDomains"
        assert answer.header("Date")
    assert len({answer.header("X-WNS-MSG-ID") for answer in answers}) == len(answers)


def test_valid_post_to_an_online_device_is_200_received(sender: Sender) -> None:
    answer = sender.notify("toast", "Alex challenges you", x_wns_requestforstatus="true")

    assert (answer.status, answer.reason) == (200, "OK")
    assert answer.wns_status == BOTH_RECEIVED
    assert answer.header("X-WNS-DEVICECONNECTIONSTATUS") == "connected"
    assert answer.error_text is None
    assert sender.texts == ["Alex challenges you"]


@pytest.mark.parametrize("asked", [None, "false"])
def test_device_connection_status_is_returned_only_on_request(
    sender: Sender, asked: str | None
) -> None:
    answer = sender.notify(x_wns_requestforstatus=asked)

    assert answer.status == 200
    assert answer.header("X-WNS-DEVICECONNECTIONSTATUS") is None


@pytest.mark.parametrize(
    ("names", "expected"), [("new", ("received", None)), ("old", (None, "received"))]
)
def test_either_status_header_can_be_left_out(
    sender: Sender, names: str, expected: tuple[str | None, str | None]
) -> None:
    sender.wns.set_switches(status_headers=names)

    assert sender.notify().wns_status == expected


def test_ms_cv_of_the_request_is_echoed_or_generated(sender: Sender) -> None:
    assert sender.notify(ms_cv="Zk8sQ2bZ0kC1.7").header("MS-CV") == "Zk8sQ2bZ0kC1.7"
    made = {sender.notify().header("MS-CV") for _ in range(3)}

    assert len(made) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9+/]{16}\.0", vector or "") for vector in made)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "HEAD", "OPTIONS"])
def test_another_method_is_405_dropped(sender: Sender, method: str) -> None:
    answer = sender.notify(method=method)

    assert (answer.status, answer.reason) == (405, "Method Not Allowed")
    assert answer.wns_status == BOTH_DROPPED
    assert sender.texts == []


def test_405_can_come_without_status(sender: Sender) -> None:
    sender.wns.set_switches(method_refusal_has_status=False)

    assert sender.notify(method="GET").wns_status == NEITHER


def test_unknown_token_is_404_without_status_but_with_message_id(sender: Sender) -> None:
    answer = sender.wire.send(
        "https://db5.notify.windows.com/?token=AgYAAAC", headers=sender.headers(), body="<toast/>"
    )

    assert (answer.status, answer.reason) == (404, "Not Found")
    assert answer.wns_status == NEITHER
    assert answer.error_text is None
    assert answer.header("X-WNS-MSG-ID")
    assert answer.header("X-WNS-DEBUG-TRACE")


@pytest.mark.parametrize(
    "alter",
    [
        lambda uri: uri.replace("%3d", "="),
        lambda uri: uri.replace("/?token=", "/?Token="),
        lambda uri: uri.replace("/?token=", "/w/?token="),
        lambda uri: uri + "&x=1",
        lambda uri: uri[:-4],
        lambda uri: uri.partition("?")[0],
    ],
)
def test_altered_uri_is_404(sender: Sender, alter: object) -> None:
    assert callable(alter)
    altered = alter(sender.channel.channel_uri)
    assert altered != sender.channel.channel_uri

    assert sender.wire.send(altered, headers=sender.headers(), body="<toast/>").status == 404


def test_subdomain_does_not_matter(sender: Sender) -> None:
    host = sender.channel.channel_uri.split("/")[2]
    moved = sender.channel.channel_uri.replace(host, "dm3p.notify.windows.com")

    assert sender.wire.send(moved, headers=sender.headers(), body="<toast/>").status == 200


def test_forgotten_channel_is_404(sender: Sender) -> None:
    sender.wns.forget_channel(sender.channel.channel_id)

    assert sender.notify().status == 404


def test_channel_older_than_30_days_is_410_dropped(sender: Sender) -> None:
    assert sender.channel.expires_at - sender.channel.created_at == 30 * DAY
    sender.wns.advance_clock(30 * DAY - 60)
    sender.token = sender.wns.issue_token(SID)
    assert sender.notify().status == 200
    sender.wns.advance_clock(61)

    answer = sender.notify()

    assert (answer.status, answer.reason) == (410, "Gone")
    assert answer.wns_status == BOTH_DROPPED


def test_one_channel_can_be_made_to_expire(sender: Sender) -> None:
    other = sender.wns.create_channel(SID, "pc")
    assert sender.wns.expire_channel(sender.channel.channel_uri).state == "expired"

    assert sender.notify().status == 410
    assert sender.notify(channel=other).status == 200


def test_closed_channel_is_410_dropped_with_its_siblings(sender: Sender) -> None:
    sibling = sender.wns.create_channel(SID, "pc")
    elsewhere = sender.wns.create_channel(SID, "laptop")

    closed = sender.wns.close_channel(sender.channel.channel_uri)

    assert set(closed) == {sender.channel.channel_id, sibling.channel_id}
    assert sender.notify().wns_status == BOTH_DROPPED
    assert sender.notify(channel=sibling).status == 410
    assert sender.notify(channel=elsewhere).status == 200


def test_revoked_channel_is_410_and_its_siblings_stay_open(sender: Sender) -> None:
    sibling = sender.wns.create_channel(SID, "pc")
    sender.wns.revoke_channel(sender.channel.channel_id)

    answer = sender.notify()

    assert answer.status == 410
    assert answer.wns_status == ("revoked", "revoked")
    assert answer.error_text == "Revoked channel URL"
    assert sender.last["outcome"] == "revoked"
    assert sender.notify(channel=sibling).status == 200


def test_blocked_domain_is_410_with_its_own_reason_phrase(sender: Sender) -> None:
    sender.wns.set_switches(domain_blocked=True)

    answer = sender.notify()

    assert (answer.status, answer.reason) == (410, "Domain Blocked")
    assert sender.texts == []


def test_no_authorization_is_401_with_a_challenge(sender: Sender) -> None:
    answer = sender.notify(authorization=None)

    assert (answer.status, answer.reason) == (401, "Unauthorized")
    assert answer.header("WWW-Authenticate") == "Bearer"


def test_no_authorization_can_be_400(sender: Sender) -> None:
    sender.wns.set_switches(missing_authorization_status=400)

    answer = sender.notify(authorization=None)

    assert answer.status == 400
    assert answer.header("WWW-Authenticate") == "Bearer"


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Bearer EgAAAA==",
        "Bearer a.b.c",
        "Bearer äöü",
        "Bearer " + "E" * 9000,
        "Basic dXNlcjpwYXNz",
        "EgAAAA==",
    ],
)
def test_bad_token_is_401_dropped_with_a_challenge_and_a_text(
    sender: Sender, authorization: str
) -> None:
    answer = sender.notify(authorization=authorization)

    assert answer.status == 401
    assert answer.header("WWW-Authenticate") == "Bearer"
    assert answer.wns_status == BOTH_DROPPED
    assert answer.error_text
    assert sender.texts == []


@pytest.mark.parametrize("position", [0, 20, -1])
def test_altered_token_is_401(sender: Sender, position: int) -> None:
    letters = list(sender.token)
    letters[position] = "A" if letters[position] != "A" else "B"
    sender.token = "".join(letters)

    assert sender.notify().status == 401


def test_token_expires_after_24_hours(sender: Sender) -> None:
    sender.wns.advance_clock(DAY - 10)
    assert sender.notify().status == 200
    sender.wns.advance_clock(11)

    answer = sender.notify()

    assert answer.status == 401
    assert answer.wns_status == BOTH_DROPPED


def test_revoked_tokens_are_401_and_new_ones_are_good(sender: Sender) -> None:
    sender.wns.revoke_tokens()
    assert sender.notify().status == 401

    sender.token = sender.wns.issue_token(SID)

    assert sender.notify().status == 200


def test_tokens_of_one_app_can_be_revoked_alone(sender: Sender) -> None:
    sender.wns.put_app(package_sid="ms-app://other", client_secret="x")
    sender.wns.revoke_tokens("ms-app://other")

    assert sender.notify().status == 200


def test_token_of_another_app_is_403_dropped(sender: Sender) -> None:
    sender.wns.put_app(package_sid="ms-app://other", client_secret="x")
    sender.token = sender.wns.issue_token("ms-app://other")

    answer = sender.notify()

    assert (answer.status, answer.reason) == (403, "Forbidden")
    assert answer.wns_status == BOTH_DROPPED
    assert answer.error_text == WRONG_APP


def test_unmapped_pfn_is_403_without_status_and_without_text(entra: Sender) -> None:
    assert entra.notify().status == 200
    entra.wns.set_pfn_mapping(CLIENT, mapped=False)

    answer = entra.notify()

    assert answer.status == 403
    assert answer.wns_status == NEITHER
    assert answer.error_text is None


def test_app_off_the_allow_list_is_403_with_text_and_empty_challenge(entra: Sender) -> None:
    entra.wns.set_allow_listed(CLIENT, allowed=False)

    answer = entra.notify()

    assert answer.status == 403
    assert answer.error_text == NOT_ALLOWED
    assert answer.header("WWW-Authenticate") == ""


def test_app_off_the_allow_list_can_be_401(entra: Sender) -> None:
    entra.wns.set_allow_listed(CLIENT, allowed=False)
    entra.wns.set_switches(not_allow_listed_status=401)

    assert entra.notify().status == 401


def test_body_of_5000_bytes_is_accepted_and_one_more_is_413_dropped(sender: Sender) -> None:
    shell = len(sender_body(""))
    largest = sender_body("ä" * ((5000 - shell) // 2) + "x" * ((5000 - shell) % 2))
    assert len(largest) == 5000
    assert sender.notify(body=largest).status == 200

    answer = sender.notify(body=largest + b" ")

    assert answer.status == 413
    assert answer.wns_status == BOTH_DROPPED
    assert len(sender.texts) == 1


def sender_body(text: str) -> bytes:
    return (
        f'<toast><visual><binding template="ToastGeneric"><text>{text}</text></binding></visual>'
        "</toast>"
    ).encode()


@pytest.mark.parametrize("size", [100_000, 3_000_000])
def test_far_too_large_body_is_413(sender: Sender, size: int) -> None:
    assert sender.notify(body=b" " * size).status == 413


def test_throttled_channel_is_200_channelthrottled_and_loses_the_notification(
    sender: Sender,
) -> None:
    other = sender.wns.create_channel(SID, "laptop")
    sender.wns.throttle_channel(sender.channel.channel_id, seconds=600)

    answer = sender.notify()

    assert answer.status == 200
    assert answer.wns_status == ("channelthrottled", "channelthrottled")
    assert answer.header("Retry-After") is None
    assert sender.texts == []
    assert sender.notify(channel=other).wns_status == BOTH_RECEIVED
    sender.wns.advance_clock(601)
    assert sender.notify().wns_status == BOTH_RECEIVED


def test_throttled_channel_can_be_406_with_retry_after(sender: Sender) -> None:
    sender.wns.set_switches(channel_throttle_status=406)
    sender.wns.throttle_channel(sender.channel.channel_id, retry_after=120)

    answer = sender.notify()

    assert answer.status == 406
    assert answer.wns_status == ("channelthrottled", "channelthrottled")
    assert answer.header("Retry-After") == "120"
    sender.wns.clear_throttles()
    assert sender.notify().status == 200


def test_channel_rate_that_is_exceeded_throttles_until_the_minute_is_over(sender: Sender) -> None:
    sender.wns.set_switches(channel_requests_per_minute=2)

    seen = [sender.notify().wns_status[0] for _ in range(3)]

    assert seen == ["received", "received", "channelthrottled"]
    sender.wns.advance_clock(61)
    assert sender.notify().wns_status == BOTH_RECEIVED


def test_throttled_app_is_406_appthrottled_with_retry_after_900(sender: Sender) -> None:
    sender.wns.throttle_app(SID)

    answer = sender.notify()

    assert (answer.status, answer.reason) == (406, "Not Acceptable")
    assert answer.wns_status == ("appthrottled", "appthrottled")
    assert answer.header("Retry-After") == "900"
    assert answer.error_text is None
    sender.wns.advance_clock(600)
    assert int(sender.notify().header("Retry-After") or 0) in {299, 300}
    sender.wns.advance_clock(301)
    assert sender.notify().status == 200


def test_throttled_app_can_be_429_with_text(sender: Sender) -> None:
    sender.wns.set_switches(app_throttle_status=429)
    sender.wns.throttle_app(SID, retry_after=30)

    answer = sender.notify()

    assert answer.status == 429
    assert answer.wns_status == ("appthrottled", "appthrottled")
    assert answer.header("Retry-After") == "30"
    assert answer.error_text == APP_THROTTLED


def test_app_rate_that_is_exceeded_throttles_the_app_for_retry_after(sender: Sender) -> None:
    sender.wns.set_switches(app_requests_per_second=1, app_throttle_retry_after=60)

    answers = [sender.notify() for _ in range(3)]

    assert answers[-1].status == 406
    assert answers[-1].header("Retry-After") in {"59", "60"}
    sender.wns.advance_clock(60)
    assert sender.notify().status == 200


def test_injected_500_says_that_the_device_is_unknown(sender: Sender) -> None:
    sender.wns.fail_next(1, code=500)

    answer = sender.notify()

    assert (answer.status, answer.reason) == (500, "Internal Server Error")
    assert answer.header("X-WNS-DEVICECONNECTIONSTATUS") == "unknown"
    assert answer.header("X-WNS-MSG-ID")
    assert sender.texts == []
    assert sender.notify().status == 200


def test_injected_503_has_retry_after_when_given(sender: Sender) -> None:
    sender.wns.fail_next(1, code=503, retry_after=7)
    sender.wns.fail_next(1, code=503)

    assert [sender.notify().header("Retry-After") for _ in range(2)] == ["7", None]
    assert sender.notify().status == 200

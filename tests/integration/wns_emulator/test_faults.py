"""Trouble on order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from local.wns_emulator import ControlError
from tests.integration.wns_emulator.sender import SECRET, SID
from tests.integration.wns_emulator.wire import LIVE, Response

if TYPE_CHECKING:
    from tests.integration.wns_emulator.sender import Sender


def token_request(sender: Sender) -> Response:
    return sender.wire.form(
        LIVE,
        grant_type="client_credentials",
        client_id=SID,
        client_secret=SECRET,
        scope="notify.windows.com",
    )


def test_next_n_requests_fail_and_no_more(sender: Sender) -> None:
    sender.wns.fail_next(2, code=503)

    assert [sender.notify().status for _ in range(3)] == [503, 503, 200]
    assert len(sender.texts) == 1


def test_faults_apply_in_the_order_they_were_added(sender: Sender) -> None:
    sender.wns.fail_next(1, code=500)
    sender.wns.fail_next(1, code=502)

    assert [sender.notify().status for _ in range(3)] == [500, 502, 200]


def test_code_comes_with_its_reason_and_headers(sender: Sender) -> None:
    sender.wns.fail_next(1, code=429, reason="Quota", headers={"X-Quota": "0"}, retry_after=9)

    answer = sender.notify()

    assert (answer.status, answer.reason) == (429, "Quota")
    assert (answer.header("X-Quota"), answer.header("Retry-After")) == ("0", "9")


def test_all_requests_fail_at_a_share_of_one_until_cleared(sender: Sender) -> None:
    sender.wns.fail_share(1, code=500)
    assert [sender.notify().status for _ in range(3)] == [500] * 3

    sender.wns.clear_faults()

    assert sender.notify().status == 200


def test_share_applies_to_about_that_share(sender: Sender) -> None:
    sender.wns.fail_share(0.5, code=500)

    statuses = [sender.notify().status for _ in range(40)]

    assert 8 <= statuses.count(500) <= 32
    assert set(statuses) == {200, 500}


def test_reset_breaks_the_connection_and_delivers_nothing(sender: Sender) -> None:
    sender.wns.fail_next(1, reset=True)

    with pytest.raises(ConnectionResetError):
        sender.notify()

    assert sender.texts == []
    assert sender.last["reason"] == "reset"
    assert sender.last["status"] is None
    assert sender.notify().status == 200


def test_reset_after_acceptance_delivers(sender: Sender) -> None:
    sender.wns.fail_next(1, reset=True, accepted=True)

    with pytest.raises(ConnectionResetError):
        sender.notify()

    assert sender.texts == ["5"]


def test_code_after_acceptance_delivers(sender: Sender) -> None:
    sender.wns.fail_next(1, code=500, accepted=True)

    assert sender.notify().status == 500
    assert sender.texts == ["5"]


def test_stall_sends_the_head_and_never_the_body(sender: Sender) -> None:
    sender.wns.fail_next(1, stall=True)

    with sender.wire.connection("db5.notify.windows.com", timeout=0.3) as connection:
        connection.request(
            "POST", sender.channel.channel_uri.partition(".com")[2], "<toast/>", sender.headers()
        )
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.getheader("Content-Length") == "16"
        with pytest.raises(TimeoutError):
            answer.read()


def test_stalled_token_response_stops_in_the_middle_of_its_body(sender: Sender) -> None:
    sender.wns.fail_next(1, stall=True, accepted=True, endpoint="token")

    with sender.wire.connection("login.live.com", timeout=0.3) as connection:
        connection.request("GET", "/accesstoken.srf")
        answer = connection.getresponse()
        length = int(answer.getheader("Content-Length") or 0)
        assert len(answer.read1()) == length // 2
        with pytest.raises(TimeoutError):
            answer.read1()


def test_delay_responds_late_and_delivers_at_once(sender: Sender) -> None:
    sender.wns.fail_next(1, delay=0.3)
    started = time.monotonic()

    answer = sender.notify()

    assert answer.status == 200
    assert time.monotonic() - started >= 0.3
    assert sender.texts == ["5"]


def test_delay_longer_than_the_clients_timeout_affects_no_later_request(sender: Sender) -> None:
    sender.wns.fail_next(1, delay=60)

    with pytest.raises(TimeoutError):
        sender.wire.send(
            sender.channel.channel_uri, headers=sender.headers(), body="<toast/>", timeout=0.2
        )

    assert sender.notify().status == 200


def test_faults_of_the_token_endpoint_do_not_affect_notifications(sender: Sender) -> None:
    sender.wns.fail_next(1, code=503, endpoint="token")

    assert sender.notify().status == 200
    assert token_request(sender).status == 503
    assert token_request(sender).status == 200


def test_fault_of_one_channel_does_not_affect_others(sender: Sender) -> None:
    other = sender.wns.create_channel(SID, "laptop")
    sender.wns.fail_next(1, code=500, channel=other.channel_uri)

    assert sender.notify().status == 200
    assert sender.notify(channel=other).status == 500


def test_fault_of_one_app_does_not_affect_others(sender: Sender) -> None:
    sender.wns.put_app(package_sid="ms-app://other", client_secret="x")
    sender.wns.fail_next(1, code=500, app="ms-app://other")

    assert sender.notify().status == 200
    assert token_request(sender).status == 200


def test_failed_requests_are_in_the_log_with_their_fault(sender: Sender) -> None:
    sender.wns.fail_next(1, code=503)
    sender.notify()

    assert sender.last["outcome"] == "fault"
    assert sender.last["fault"] == "503"
    assert sender.wns.request_counts() == {"notify 503": 1}


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"accepted": True},
        {"reset": True, "stall": True},
        {"code": 99},
        {"code": 600},
        {"delay": -1},
        {"code": 500, "endpoint": "elsewhere"},
        {"code": 500, "channel": "channel-99"},
        {"code": 500, "reason": "Evil\r\nX-Header: 1"},
        {"code": 500, "headers": {"X-A": "b\r\nX-C: d"}},
        {"kode": 500},
    ],
)
def test_invalid_fault_is_refused(sender: Sender, fault: dict[str, Any]) -> None:
    with pytest.raises(ControlError):
        sender.wns.fail_next(1, **fault)

    assert sender.notify().status == 200

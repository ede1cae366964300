"""Trouble that a sender must bear: of one channel, of one device, of all, and lost responses."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from local.wns_emulator import ControlError, EmulatorControl
from tests.integration.wns_emulator.sender import SID
from tests.integration.wns_emulator.wire import exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.wns_emulator.control.views import ChannelView
    from tests.integration.wns_emulator.sender import Sender

Seconds = float


def duration_of(call: Callable[[], Any]) -> Seconds:
    started = time.monotonic()
    call()
    return time.monotonic() - started


@pytest.fixture
def neighbour(sender: Sender) -> ChannelView:
    return sender.wns.create_channel(SID, "neighbour")


def test_one_channel_is_401_for_good_while_its_neighbour_is_fine(
    sender: Sender, neighbour: ChannelView
) -> None:
    sender.wns.fail_share(1, code=401, channel=sender.channel.channel_uri)

    assert [sender.notify().status for _ in range(3)] == [401] * 3
    assert [sender.notify(channel=neighbour).status for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("code", [406, 429, 503])
def test_retry_after_of_one_channel_is_not_that_of_its_neighbour(
    sender: Sender, neighbour: ChannelView, code: int
) -> None:
    sender.wns.fail_share(1, code=code, retry_after=3600, channel=sender.channel.channel_uri)

    assert sender.notify().header("Retry-After") == "3600"
    assert sender.notify(channel=neighbour).status == 200


def test_throttled_channel_says_when_to_retry_and_its_neighbour_is_fine(
    sender: Sender, neighbour: ChannelView
) -> None:
    sender.wns.throttle_channel(sender.channel.channel_uri, retry_after=3600)

    response = sender.notify()

    assert (response.status, response.header("Retry-After")) == (200, "3600")
    assert response.wns_status == ("channelthrottled", "channelthrottled")
    assert sender.notify(channel=neighbour).wns_status == ("received", "received")


def test_close_ends_the_connection_without_a_response_and_delivers_nothing(sender: Sender) -> None:
    sender.wns.fail_next(1, close=True)

    with sender.wire.tunnel("db5.notify.windows.com") as link:
        link.sendall(raw_request(sender))
        assert link.recv(4096) == b""

    assert sender.texts == []
    assert (sender.last["status"], sender.last["reason"]) == (None, "closed")
    assert sender.notify().status == 200


@pytest.mark.parametrize("ending", ["close", "reset"])
def test_response_can_be_lost_after_the_toast_was_delivered(sender: Sender, ending: str) -> None:
    sender.wns.fail_next(1, accepted=True, **{ending: True})

    with pytest.raises(OSError, match=r"closed|reset"):
        sender.notify()

    assert sender.texts == ["5"]
    assert sender.last["outcome"] == "shown"


def test_close_can_come_late(sender: Sender) -> None:
    sender.wns.fail_next(1, close=True, accepted=True, delay=0.2)

    with sender.wire.tunnel("db5.notify.windows.com") as link:
        link.sendall(raw_request(sender))
        assert duration_of(lambda: link.recv(4096)) >= 0.2


def test_response_delay_is_set_for_each_device(sender: Sender, neighbour: ChannelView) -> None:
    sender.wns.set_response_delay("pc", seconds=0.3)

    assert duration_of(sender.notify) >= 0.3
    assert duration_of(lambda: sender.notify(channel=neighbour)) < 0.3
    assert sender.texts == ["5"]

    sender.wns.set_response_delay("pc", seconds=0)

    assert duration_of(sender.notify) < 0.3


def test_response_delay_applies_to_later_channels_and_to_refusals(sender: Sender) -> None:
    sender.wns.set_response_delay("pc", seconds=0.2)
    later = sender.wns.create_channel(SID, "pc")
    sender.wns.expire_channel(later.channel_uri)

    assert duration_of(lambda: sender.notify(channel=later)) >= 0.2


def test_response_delay_adds_to_that_of_a_fault(sender: Sender) -> None:
    sender.wns.set_response_delay("pc", seconds=0.2)
    sender.wns.fail_next(1, code=503, delay=0.2)

    assert duration_of(sender.notify) >= 0.4


def test_response_delay_is_shown_and_survives_the_end_of_all_faults(sender: Sender) -> None:
    control = EmulatorControl(sender.wns.control_url)
    assert control.set_response_delay("pc", seconds=1.5).response_delay == 1.5
    control.clear_faults()

    assert control.device("pc").response_delay == 1.5


@pytest.mark.parametrize(
    ("device_id", "seconds"), [("nowhere", 1), ("pc", -1), ("pc", float("nan"))]
)
def test_invalid_response_delay_is_refused(sender: Sender, device_id: str, seconds: float) -> None:
    with pytest.raises(ControlError):
        sender.wns.set_response_delay(device_id, seconds=seconds)


def test_paused_wns_sends_nothing_until_the_pause_is_over(
    sender: Sender, neighbour: ChannelView
) -> None:
    sender.wns.pause_responses(0.4)
    started = time.monotonic()

    with sender.wire.connection("db5.notify.windows.com") as connection:
        assert exchange_with(sender, connection).status == 200
        first = time.monotonic() - started
        assert exchange_with(sender, connection).status == 200
        second = time.monotonic() - started

    assert 0.35 <= first < 1
    assert second - first < 0.3
    assert sender.texts == ["5", "5"]


def test_new_pause_replaces_the_one_before(sender: Sender) -> None:
    sender.wns.pause_responses(60)
    sender.wns.pause_responses(0)

    assert duration_of(sender.notify) < 1


def raw_request(sender: Sender) -> bytes:
    target = sender.channel.channel_uri.partition(".com")[2]
    body = "<toast/>"
    headers = {**sender.headers(), "Host": "db5.notify.windows.com", "Content-Length": len(body)}
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", body]).encode()


def exchange_with(sender: Sender, connection: Any) -> Any:
    return exchange(
        connection,
        sender.channel.channel_uri,
        headers=sender.headers(),
        body='<toast><visual><binding template="ToastGeneric"><text>5</text></binding></visual>'
        "</toast>",
    )

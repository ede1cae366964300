"""The WNS client and a response that the emulator loses: one request, one toast, told as lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wns.client import Send, WnsClient
from wns.notification import Notification
from wns.result import Outcome
from wns.toast import Toast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.wns_emulator.sender import Sender


@pytest.fixture
def client(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> Iterator[WnsClient]:
    monkeypatch.setenv("HTTPS_PROXY", sender.wns.proxy_url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with WnsClient(ca_file=sender.wns.ca_file, total_timeout=0.5) as client:
        yield client


def send_toast(client: WnsClient, sender: Sender) -> Any:
    toast = Notification.of(Toast.model_validate({"texts": ["5"]}))
    [result] = client.send_all([Send(sender.channel.channel_uri, sender.token, toast)])
    return result


@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize("ending", [{"close": True}, {"reset": True}, {"delay": 60}])
def test_lost_response_is_told_as_lost_and_the_toast_is_shown_once(
    client: WnsClient, sender: Sender, *, ending: dict[str, Any], is_kept: bool
) -> None:
    if is_kept:
        send_toast(client, sender)
    shown = len(sender.texts)
    sender.wns.fail_next(1, accepted=True, **ending)

    result = send_toast(client, sender)

    assert result.outcome is Outcome.UNAVAILABLE
    assert result.is_response_lost
    assert len(sender.texts) == shown + 1


def test_pause_of_wns_loses_every_response_that_comes_too_late(
    client: WnsClient, sender: Sender
) -> None:
    sender.wns.pause_responses(60)
    assert send_toast(client, sender).is_response_lost
    sender.wns.clear_faults()

    assert send_toast(client, sender).outcome is Outcome.DELIVERED
    assert sender.texts == ["5", "5"]

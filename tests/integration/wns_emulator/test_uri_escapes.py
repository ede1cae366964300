"""A channel URI whose percent-escapes are written in the other case is the same URI."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from tests.integration.wns_emulator.sender import Sender

TOAST = '<toast><visual><binding template="ToastGeneric"><text>5</text></binding></visual></toast>'


def in_upper_case(uri: str) -> str:
    """Return the URI with `%2F` for `%2f` and so on."""
    changed = re.sub("%..", lambda escape: escape[0].upper(), uri)
    assert changed != uri
    return changed


def test_escapes_in_upper_case_reach_the_channel(sender: Sender) -> None:
    response = sender.wire.send(
        in_upper_case(sender.channel.channel_uri), headers=sender.headers(), body=TOAST
    )

    assert response.status == 200
    assert sender.texts == ["5"]


def test_client_built_on_requests_reaches_the_channel(sender: Sender) -> None:
    with requests.Session() as session:
        response = session.post(
            sender.channel.channel_uri,
            headers=sender.headers(),
            data=TOAST,
            proxies={"https": sender.wns.proxy_url},
            verify=sender.wns.ca_file,
            timeout=5,
        )

    assert response.status_code == 200
    assert "%3D" in (response.request.url or "")
    assert sender.texts == ["5"]


def test_control_takes_a_uri_with_either_escapes(sender: Sender) -> None:
    sender.wns.expire_channel(in_upper_case(sender.channel.channel_uri))

    assert sender.notify().status == 410


@pytest.mark.parametrize("uri_escapes", ["equal", "exact"])
def test_uri_as_windows_gave_it_is_always_good(sender: Sender, uri_escapes: str) -> None:
    sender.wns.set_switches(uri_escapes=uri_escapes)

    assert sender.notify().status == 200


def test_wns_can_insist_on_the_bytes_that_it_gave(sender: Sender) -> None:
    sender.wns.set_switches(uri_escapes="exact")
    altered = in_upper_case(sender.channel.channel_uri)

    assert sender.wire.send(altered, headers=sender.headers(), body=TOAST).status == 404
    assert sender.texts == []

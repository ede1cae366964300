"""Sends for tests of the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wns.client import Send, WnsClient
from wns.notification import Notification

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wns.result import SendResult

CHANNEL_URI = "https://db5.notify.windows.com/?token=1"


def notification(text: str = "<toast/>", **headers: str) -> Notification:
    return Notification(
        kind="toast",
        body=text.encode(),
        headers={"Content-Type": "text/xml", "X-WNS-Type": "wns/toast", **headers},
    )


def send(
    channel_uri: str = CHANNEL_URI,
    *,
    access_token: str = "token",  # noqa: S107
    headers: Mapping[str, str] | None = None,
    reference: object = None,
) -> Send:
    return Send(channel_uri, access_token, notification(**(headers or {})), reference)


def send_one(client: WnsClient, one: Send) -> SendResult:
    (result,) = client.send_all([one])
    return result

"""The HTTP request that carries one notification to one channel."""

from __future__ import annotations

import re
from typing import NamedTuple

from wns.channel_uri import parse_channel_uri
from wns.errors import InvalidNotificationError
from wns.notification import Notification, ToastRemoval

# What a notification may bring along. Anything else could reroute the request or end it early.
_HEADER = re.compile(
    r"(?:Content-Type|MS-CV|X-WNS-[A-Za-z-]+): [\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?",
    re.ASCII | re.IGNORECASE,
)
_ACCESS_TOKEN = re.compile(r"[\x21-\x7e]+", re.ASCII)
# libcurl and pycurl would add these by themselves. Microsoft, "Push notification service request
# and response headers (Windows Runtime)": other standard headers are ignored or an error, and
# `Expect` only adds latency.
_LEFT_OUT = ("Accept:", "Expect:", "User-Agent:")


class Request(NamedTuple):
    """What libcurl needs to know; `headers` are lines without line ends."""

    method: str
    url: str
    headers: list[str]
    body: bytes


def build_request(
    channel_uri: str, access_token: str, notification: Notification | ToastRemoval
) -> Request:
    """Return the request, after a last look at where it goes and what its headers hold.

    Raises:
        InvalidChannelUriError: not a channel URI of WNS.
        InvalidNotificationError: a header that may not be sent.
    """
    url = parse_channel_uri(channel_uri)
    headers = [f"{name}: {value}" for name, value in notification.headers.items()]
    if not all(map(_HEADER.fullmatch, headers)):
        raise InvalidNotificationError(
            "A header of the notification may not be sent, or holds a forbidden character."
        )
    if not _ACCESS_TOKEN.fullmatch(access_token):
        raise InvalidNotificationError("The access token holds a forbidden character.")
    headers += (f"Authorization: Bearer {access_token}", *_LEFT_OUT)
    if isinstance(notification, ToastRemoval):
        return Request("DELETE", url, [*headers, "Content-Type:"], b"")
    return Request("POST", url, headers, notification.body)

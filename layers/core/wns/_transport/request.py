"""HTTP requests: one notification to one channel."""

from __future__ import annotations

import re
from typing import NamedTuple

from wns.channel_uri import parse_channel_uri
from wns.errors import InvalidNotificationError
from wns.notification import Notification, ToastRemoval

# The headers that a notification may have. Any other could reroute the request or end it early.
_HEADER = re.compile(
    r"(?:Content-Type|MS-CV|X-WNS-[A-Za-z-]+): [\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?",
    re.ASCII | re.IGNORECASE,
)
_ACCESS_TOKEN = re.compile(r"[\x21-\x7e]+", re.ASCII)
# A header without a value: libcurl would add these by default, and this removes them. Microsoft,
# "Push notification service request and response headers (Windows Runtime)": other standard headers
# are ignored or an error. `Expect` only adds latency.
_REMOVED = ("Accept:", "Expect:", "User-Agent:")


class Request(NamedTuple):
    """A request for libcurl. `headers` are lines without line ends."""

    method: str
    url: str
    headers: list[str]
    body: bytes


def build_request(
    channel_uri: str, access_token: str, notification: Notification | ToastRemoval
) -> Request:
    """Return the request, after checking its destination and headers once more.

    Raises:
        InvalidChannelUriError: not a channel URI of WNS.
        InvalidNotificationError: a header that is not allowed, or a forbidden character.
    """
    url = parse_channel_uri(channel_uri)
    headers = [f"{name}: {value}" for name, value in notification.headers.items()]
    if not all(map(_HEADER.fullmatch, headers)):
        raise InvalidNotificationError(
            "A header of the notification is not allowed or contains a forbidden character."
        )
    if not _ACCESS_TOKEN.fullmatch(access_token):
        raise InvalidNotificationError("The access token contains a forbidden character.")
    headers += (f"Authorization: Bearer {access_token}", *_REMOVED)
    if isinstance(notification, ToastRemoval):
        return Request("DELETE", url, [*headers, "Content-Type:"], b"")
    return Request("POST", url, headers, notification.body)

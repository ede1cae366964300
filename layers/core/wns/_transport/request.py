"""HTTP requests: what many sends of a notification have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

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
_REMOVED = ("Accept:", "Expect:")
_KEPT = 256


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """Method and header lines of a request, without line ends. One object for all equal ones."""

    method: str
    headers: list[str] = field(repr=False)


class Envelopes:
    """Makes the envelopes of sends. Each is checked and made once, for many sends."""

    def __init__(self) -> None:
        self._kept: dict[object, Envelope] = {}
        self._latest: tuple[Notification | ToastRemoval, str, Envelope] | None = None

    def find(self, notification: Notification | ToastRemoval, access_token: str) -> Envelope:
        """Return the envelope of a notification's requests.

        Raises:
            InvalidNotificationError: a header that is not allowed, or a forbidden character.
        """
        latest = self._latest
        if latest and latest[0] is notification and latest[1] == access_token:
            return latest[2]
        is_removal = isinstance(notification, ToastRemoval)
        content = is_removal, access_token, tuple(notification.headers.items())
        envelope = self._kept.get(content)
        if envelope is None:
            envelope = _make_envelope(notification, access_token)
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[content] = envelope
        self._latest = notification, access_token, envelope
        return envelope


def _make_envelope(notification: Notification | ToastRemoval, access_token: str) -> Envelope:
    headers = [f"{name}: {value}" for name, value in notification.headers.items()]
    if not all(map(_HEADER.fullmatch, headers)):
        raise InvalidNotificationError(
            "A header of the notification is not allowed or contains a forbidden character."
        )
    if not _ACCESS_TOKEN.fullmatch(access_token):
        raise InvalidNotificationError("The access token contains a forbidden character.")
    headers += (f"Authorization: Bearer {access_token}", *_REMOVED)
    if isinstance(notification, ToastRemoval):
        return Envelope("DELETE", [*headers, "Content-Type:"])
    return Envelope("POST", headers)

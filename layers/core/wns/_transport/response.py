"""Responses, read from the lines that libcurl passes on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_STATUS_LINE = re.compile(rb"HTTP/[0-9.]+ ([1-9][0-9]{2})(?: ([^\r\n]*))?\r?\n?")
_FIRST_FINAL_STATUS = 200
_NEW_LINE, _COLON = b"\n:"


@dataclass(frozen=True, slots=True)
class Response:
    """The final status line and header fields of a response."""

    status_code: int
    reason: str
    headers: list[tuple[str, str]]


def parse_response(lines: Iterable[bytes]) -> Response | None:
    """Return the final response, or None if its header fields are not complete."""
    response = partial = None
    for line in lines:
        if line.startswith(b"HTTP/") and (status := _STATUS_LINE.fullmatch(line)):
            partial = Response(int(status[1]), (status[2] or b"").decode("latin-1"), [])
        elif not line.strip():
            response, partial = partial or response, None
        elif partial is not None:
            name, _, value = line.decode("latin-1").partition(":")
            partial.headers.append((name, value.strip()))
    return response if response and response.status_code >= _FIRST_FINAL_STATUS else None


class PlainDelivery(NamedTuple):
    """A response that says "received" and nothing unusual, unread.

    Attributes:
        head: its lines.
        lowered: the same in lower case, where header fields are looked for.
    """

    head: bytes
    lowered: bytes

    def first(self, name: bytes) -> str | None:
        """Return the first value of a header field, empty if the response has none; None if the
        response must be read because of unusual white space.

        Args:
            name: in lower case.
        """
        lowered = self.lowered
        start = lowered.find(name)
        if start < 0:
            return ""
        end = start + len(name)
        if lowered[start - 1] != _NEW_LINE or lowered[end] != _COLON:
            return None
        return self.head[end + 1 : lowered.index(b"\n", end)].decode("latin-1").strip()

    def headers(self) -> list[tuple[str, str]]:
        """Return the header fields; white space around them is left."""
        lines = self.head.decode("latin-1").split("\n")[1:]
        return [(name, value) for name, _, value in (line.partition(":") for line in lines)]


def read_plain_delivery(lines: list[bytes]) -> PlainDelivery | None:
    """Return the lines of one complete response if it says "received" and nothing unusual.

    Nearly every response does, and this takes a tenth of the time that reading it takes. None does
    not mean that the notification was not delivered: the response must then be read.
    """
    try:
        is_complete = lines.index(b"\r\n") == len(lines) - 1
    except ValueError:
        return None
    head = b"".join(lines)
    if not is_complete or not head.startswith(b"HTTP/1.1 200 ") or b"\n" in lines:
        return None
    lowered = head.lower()
    received = lowered.count(b"\nx-wns-status: received\r\n") + lowered.count(
        b"\nx-wns-notificationstatus: received\r\n"
    )
    # Whatever else has the name of a status header, or looks like a status line, is for the parser.
    named = lowered.count(b"x-wns-status") + lowered.count(b"x-wns-notificationstatus")
    is_plain = named == received > 0 == lowered.rfind(b"http/")
    return PlainDelivery(head, lowered) if is_plain else None

"""Responses, read from the lines that libcurl passes on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_STATUS_LINE = re.compile(rb"HTTP/[0-9.]+ ([1-9][0-9]{2})(?: ([^\r\n]*))?\r?\n?")
_FIRST_FINAL_STATUS = 200
_AROUND_NAMES = (b" :", b"\t:", b"\n ", b"\n\t")


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

    def first(self, name: bytes) -> str:
        """Return the first value of a header field, whose name is in lower case; empty if the
        response has none."""
        start = self.lowered.find(b"\n" + name + b":")
        if start < 0:
            return ""
        start += len(name) + 2
        return self.head[start : self.head.index(b"\n", start)].decode("latin-1").strip()

    def response(self) -> Response:
        """Return the response, read."""
        lines = self.head.decode("latin-1").split("\n")[1:]
        headers = [(name, value) for name, _, value in (line.partition(":") for line in lines)]
        return Response(_FIRST_FINAL_STATUS, "", headers)


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
    if any(each in head for each in _AROUND_NAMES):
        return None
    lowered = head.lower()
    received = lowered.count(b"\nx-wns-status: received\r\n") + lowered.count(
        b"\nx-wns-notificationstatus: received\r\n"
    )
    # Whatever else has the name of a status header, or looks like a status line, is for the parser.
    named = lowered.count(b"x-wns-status") + lowered.count(b"x-wns-notificationstatus")
    is_plain = named == received > 0 == lowered.rfind(b"http/")
    return PlainDelivery(head, lowered) if is_plain else None

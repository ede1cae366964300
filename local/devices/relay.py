"""The WNS emulator's stream of events, read once and given to any number of pages."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import requests

from local.devices.views import event_view
from local.wns_emulator.state.events import Events

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Iterator

EVENTS_KEPT = 2000
PAUSE_SECONDS = 15.0
# The emulator says that it is still there every 15 seconds.
READ_SECONDS = (5.0, 40.0)
AGAIN_SECONDS = 0.5


class Relay:
    """Follows the emulator on a thread of its own, which ends with the process.

    Made on the event loop that the pages are served from.
    """

    def __init__(self, wns_control_url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._url = f"{wns_control_url}/events"
        self._loop = loop
        self._events = Events(EVENTS_KEPT)
        self._last_id = ""
        threading.Thread(target=self._follow_forever, daemon=True).start()

    @property
    def cursor(self) -> int:
        """The number of the newest event."""
        return self._events.last_number

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        """Tells every page; from any thread."""
        # A loop that has closed has no pages any more.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._events.publish, kind, data)

    def close(self) -> None:
        """Ends the streams of all pages; from any thread."""
        self._loop.call_soon_threadsafe(self._events.close)

    async def lines(self, after: int) -> AsyncIterator[str]:
        """The stream for one page, from the event after that number.

        A number that is still to come is from before a restart: the page gets what is new.
        """
        yield "retry: 1000\n\n"
        async for event in self._events.follow(min(after, self.cursor), PAUSE_SECONDS):
            if event is None:
                yield ": still here\n\n"
            else:
                yield f"id: {event.number}\nevent: {event.kind}\ndata: {json.dumps(event.data)}\n\n"

    def _follow_forever(self) -> None:
        while not self._loop.is_closed():
            try:
                self._follow()
            except requests.RequestException:
                time.sleep(AGAIN_SECONDS)

    def _follow(self) -> None:
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        with requests.Session() as session:
            session.trust_env = False
            with session.get(
                self._url, headers=headers, stream=True, timeout=READ_SECONDS
            ) as answer:
                answer.raise_for_status()
                for number, kind, data in _events(answer.iter_lines()):
                    self._last_id = number
                    self.publish(kind, event_view(kind, data))


def _events(lines: Iterator[bytes]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The events of a stream as the emulator writes them: id, event and one line of data."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.decode().partition(": ")
        if name:
            fields[name] = value
        elif fields:
            if "event" in fields:
                yield fields["id"], fields["event"], json.loads(fields["data"])
            fields = {}

"""A relay of the WNS emulator's events to any number of pages."""

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
    from collections.abc import Callable, Iterator

EVENTS_KEPT = 2000
# The emulator sends a comment every 15 seconds.
READ_SECONDS = (5.0, 40.0)
RETRY_SECONDS = 0.5


class Relay:
    """Reads the emulator's stream once and publishes it as `events`.

    `loop` is the event loop that serves the pages.
    """

    def __init__(self, wns_control_url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._url = f"{wns_control_url}/events"
        self._loop = loop
        self.events = Events(EVENTS_KEPT)
        self._last_id = ""

    def start(self, receive: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
        """Follow the emulator on a daemon thread.

        `receive(kind, data)` acts on each event before the pages do, and returns what they get.
        """
        self._receive = receive
        threading.Thread(target=self._follow_forever, daemon=True).start()

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        """Publish an event to every page; thread-safe."""
        # A closed loop serves no pages.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.events.publish, kind, data)

    def close(self) -> None:
        """End the streams of all pages; thread-safe."""
        self._loop.call_soon_threadsafe(self.events.close)

    def _follow_forever(self) -> None:
        while not self._loop.is_closed():
            try:
                self._follow()
            except requests.RequestException:
                time.sleep(RETRY_SECONDS)

    def _follow(self) -> None:
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        with requests.Session() as session:
            session.trust_env = False
            with session.get(
                self._url, headers=headers, stream=True, timeout=READ_SECONDS
            ) as response:
                response.raise_for_status()
                for number, kind, data in _parse_events(response.iter_lines()):
                    self._last_id = number
                    self.publish(kind, event_view(kind, self._receive(kind, data)))


def _parse_events(lines: Iterator[bytes]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Parse a stream as the emulator writes it: id, event and one line of data each."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.decode().partition(": ")
        if name:
            fields[name] = value
        elif fields:
            if "event" in fields:
                yield fields["id"], fields["event"], json.loads(fields["data"])
            fields = {}

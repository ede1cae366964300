"""The page as its own script talks to the server."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests

from local.devices.backend import Addresses
from local.devices.page_server import PageServer
from local.stack.aws import Aws

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.wns_emulator import WnsEmulator
    from tests.integration.devices.product import Product

CALL_SECONDS = 20.0
SILENCE_SECONDS = 5.0


class Page(requests.Session):
    """Sends what a browser would: the origin and the content type."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.trust_env = False
        self.url = url
        self.own = {"Origin": url, "Sec-Fetch-Site": "same-origin"}

    def get(self, path: str, **options: Any) -> requests.Response:  # type: ignore[override]
        return super().get(f"{self.url}{path}", **{"timeout": CALL_SECONDS, **options})

    def post(  # type: ignore[override]
        self, path: str, body: object = None, *, headers: dict[str, str] | None = None
    ) -> requests.Response:
        return super().post(
            f"{self.url}{path}",
            json={} if body is None else body,
            headers=self.own if headers is None else headers,
            timeout=CALL_SECONDS,
        )

    def add(self, player: str = "sam", name: str = "Sam's PC") -> dict[str, Any]:
        answer = self.post("/api/devices", {"player": player, "name": name})
        assert answer.ok, answer.text
        view: dict[str, Any] = answer.json()
        return view

    def act(self, device: dict[str, Any], action: str, body: object = None) -> requests.Response:
        return self.post(f"/api/devices/{device['device_id']}/{action}", body)

    def look(self, device: dict[str, Any]) -> dict[str, Any]:
        view: dict[str, Any] = self.get(f"/api/devices/{device['device_id']}").json()
        return view

    def events(self, after: int, headers: dict[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """The stream, open on return: each event's kind, data, and the line that it came in."""
        path = f"/api/events?after={after}"
        answer = self.get(path, stream=True, headers=headers, timeout=SILENCE_SECONDS)
        lines = answer.iter_lines()
        assert next(lines) == b"retry: 1000"
        return _events(answer, lines)


def _events(answer: requests.Response, lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    with answer:
        kind = ""
        for line in lines:
            name, _, value = line.decode().partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                yield {"kind": kind, "data": json.loads(value), "line": value}


@contextmanager
def running_page(wns: WnsEmulator, product: Product) -> Iterator[Page]:
    """The page's server on a thread; its devices are removed again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made: list[PageServer] = []

        async def serve() -> None:
            addresses = Addresses(product.url, product.url, "game-events", "refresher")
            operator = Aws(product.port, "operator", "not-to-be-told")
            loop = asyncio.get_running_loop()
            made.append(PageServer(addresses, operator, wns.control_url, loop))
            await made[0].serve([listener])

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        with Page(f"http://127.0.0.1:{listener.getsockname()[1]}") as page:
            yield page
            for view in page.get("/api/state").json()["devices"]:
                page.act(view, "remove")
        made[0].stop()
        thread.join()

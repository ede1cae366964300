from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from local.devices.backend import Addresses
from local.devices.page_server import PageServer
from local.scenario import PACKAGE_SID
from local.stack.aws import Aws
from local.wns_emulator import WnsEmulator
from tests.integration.devices.page import Page
from tests.integration.devices.product import Product, running_product
from tests.integration.wns_emulator.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def wns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WnsEmulator]:
    with WnsEmulator(tmp_path_factory.mktemp("authority"), seed=1) as emulator:
        yield emulator


@pytest.fixture
def product() -> Iterator[Product]:
    with running_product() as running:
        yield running


@pytest.fixture
def page(wns: WnsEmulator, product: Product) -> Iterator[Page]:
    """The page's server in front of a stand-in for the product and a real WNS emulator."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made: list[PageServer] = []

        async def serve() -> None:
            addresses = Addresses(f"{product.url}", product.url, "game-events", "refresher")
            operator = Aws(product.port, "operator", "not-to-be-told")
            made.append(
                PageServer(addresses, operator, wns.control_url, asyncio.get_running_loop())
            )
            await made[0].serve([listener])

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        with Page(f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            yield client
            for view in client.get("/api/state").json()["devices"]:
                client.post(f"/api/devices/{view['device_id']}/remove")
        made[0].stop()
        thread.join()


@pytest.fixture
def send(wns: WnsEmulator, product: Product, page: Page) -> Callable[..., int]:
    """Sends to the channel that a device of the page has registered; returns WNS's status."""
    wire = Wire(wns.proxy_url, wns.ca_file)

    def post(device_id: str, kind: str, body: str) -> int:
        headers = {
            "authorization": f"Bearer {wns.issue_token(PACKAGE_SID)}",
            "content-type": "application/octet-stream" if kind == "raw" else "text/xml",
            "x-wns-type": f"wns/{kind}",
        }
        uri = product.channels[device_id]["channel_uri"]
        return wire.send(uri, headers=headers, body=body.encode()).status

    return post

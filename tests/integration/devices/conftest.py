from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.demo.scenario import PACKAGE_SID
from local.wns_emulator import WnsEmulator
from tests.integration.devices.page import Page, running_page
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
    with running_page(wns, product) as page:
        yield page


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

"""A chunk is cut by the size of the message that is sent, give or take its envelope."""

from __future__ import annotations

from typing import Any

import pytest

from push.channels.sendable import SendableChannel
from push.delivery.queue import delivery_text, read_delivery
from push.dispatch.chunks import MAX_BYTES, Addressed, Addresser, ChunkSize, fitting
from push.requests.rendering import Renderer
from tests.unit.push.test_rendering import app, request, template

LOCALES = {
    "en-US": {"toast": {"texts": ["Hi ${name}", '"quoted" & \\ <escaped>']}},
    "de": {"toast": {"texts": ["Hallo ${name}, schön"]}, "badge": {"value": 3}},
    "ja": {"raw": {"text": "日本語" * 300}},
}


def channels(count: int, **more: Any) -> list[SendableChannel]:
    locales = ("en-US", "de", "ja", "de-AT", "fr", None)
    return [
        SendableChannel.of_item(
            {
                "pk": f'my-game#p"{number}\\',
                "sk": f"d{number}",
                "locale": locales[number % len(locales)],
                "channel_uri": f"https://x.notify.windows.com/?token={number}%2f" + "x" * 500,
                "expires_at": 10,
            }
            | more
        )
        for number in range(count)
    ]


@pytest.fixture
def renderer() -> Renderer:
    whole = request(parameters={"name": "Älex"})
    return Renderer(app(), whole, template(default_locale="en-US", locales=LOCALES))


@pytest.fixture
def addresser(renderer: Renderer) -> Addresser:
    return Addresser(renderer)


def message(addresser: Addresser, recipients: list[Addressed]) -> str:
    return addresser.message("0", recipients, 1_800_000_000)


@pytest.mark.parametrize("count", [0, 1, 5, 60])
def test_size_of_a_chunk_is_that_of_its_message(addresser: Addresser, count: int) -> None:
    size = ChunkSize()
    recipients = addresser.address(channels(count))
    for each in recipients:
        assert size.add_if_below(MAX_BYTES, [each])
    sent = message(addresser, recipients)
    assert len(sent) <= size.bytes <= len(sent) + 600 + 4 * size.notifications


@pytest.mark.parametrize("count", [0, 1, 60])
def test_message_is_what_the_model_of_a_delivery_writes(addresser: Addresser, count: int) -> None:
    sent = message(addresser, addresser.address(channels(count)))
    assert sent.isascii()
    assert delivery_text(read_delivery(sent)) == sent


def test_channels_that_do_not_fit_are_left_out_from_the_end(addresser: Addresser) -> None:
    long = "https://x.notify.windows.com/?" + "x" * 2000
    every = addresser.address(channels(400, channel_uri=long))
    fit = fitting(every)
    assert fit == every[: len(fit)]
    assert 0 < len(fit) < len(every)
    assert len(message(addresser, fit)) <= MAX_BYTES


def test_channels_that_fit_are_all_kept(addresser: Addresser) -> None:
    recipients = addresser.address(channels(60))
    assert fitting(recipients) == recipients

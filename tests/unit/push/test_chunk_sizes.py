"""A chunk is cut by the size of the message that is sent, give or take its envelope."""

from __future__ import annotations

from typing import Any

import pytest

from push.channels.models import Channel
from push.delivery import queue
from push.dispatch.chunks import MAX_BYTES, ChunkSize, Sizes, fitting
from push.requests.rendering import Renderer
from tests.unit.push.test_rendering import app, request, template

LOCALES = {
    "en-US": {"toast": {"texts": ["Hi ${name}", '"quoted" & \\ <escaped>']}},
    "de": {"toast": {"texts": ["Hallo ${name}, schön"]}, "badge": {"value": 3}},
    "ja": {"raw": {"text": "日本語" * 300}},
}


def channels(count: int, **more: Any) -> list[Channel]:
    locales = ("en-US", "de", "ja", "de-AT", "fr", None)
    return [
        Channel(
            app_id="my-game",
            player_id=f'p"{number}\\',
            device_id=f"d{number}",
            locale=locales[number % len(locales)],
            registered_at=0,
            renewed_at=0,
            expires_at=10,
            subscribed_until=10,
            **{"channel_uri": f"https://x.notify.windows.com/?token={number}%2f" + "x" * 500}
            | more,
        )
        for number in range(count)
    ]


@pytest.fixture
def renderer() -> Renderer:
    whole = request(parameters={"name": "Älex"})
    return Renderer(app(), whole, template(default_locale="en-US", locales=LOCALES))


@pytest.mark.parametrize("count", [0, 1, 5, 60])
def test_size_of_a_chunk_is_that_of_its_message(renderer: Renderer, count: int) -> None:
    size = ChunkSize(Sizes(renderer))
    for channel in channels(count):
        assert size.add_if_below(MAX_BYTES, [channel])
    sent = queue._body(renderer.address("0", channels(count), 1_800_000_000))
    assert len(sent) <= size.bytes <= len(sent) + 600 + 4 * size.notifications


def test_channels_that_do_not_fit_are_left_out_from_the_end(renderer: Renderer) -> None:
    every = channels(400, channel_uri="https://x.notify.windows.com/?" + "x" * 2000)
    fit = fitting(every, Sizes(renderer))
    assert fit == every[: len(fit)]
    assert 0 < len(fit) < len(every)
    assert len(queue._body(renderer.address("0", fit, 1_800_000_000))) <= MAX_BYTES


def test_channels_that_fit_are_all_kept(renderer: Renderer) -> None:
    assert fitting(channels(60), Sizes(renderer)) == channels(60)

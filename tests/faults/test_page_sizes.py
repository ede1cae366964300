"""Deliveries of a broadcast are cut by the bytes that are sent, not by their number alone."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.faults.crowd import make_crowd
from tests.integration.builders import APP_PATH, point_channel_at, templated

if TYPE_CHECKING:
    from tests.integration.backend import Backend

pytestmark = pytest.mark.usefixtures("few_shards")


def test_page_of_long_uris_and_large_payloads_fits_its_messages(game: Backend) -> None:
    size = 120
    crowd = make_crowd(game.wns, game.table("ChannelsTable"), size, devices_per_player=size)
    for device, uri in crowd.devices["p0"].items():
        point_channel_at(game, "p0", device, uri + "x" * (2000 - len(uri)))
    text = {"raw": {"text": "x" * 3_700}, "toast": {"texts": ["ä" * 2_000]}}
    template = {"default_locale": "en", "locales": {"en": text}}
    assert game.call_as_operator("PUT", f"{APP_PATH}/templates/Big", template)[0] == 201
    game.send_request(templated(template="Big", audience={"everyone": True}))
    for queue in ("RequestQueue", "BroadcastQueue"):
        assert game.handle(queue) == {"batchItemFailures": []}
    bodies = [message["Body"] for message in game.messages("BulkDeliveryQueue")]
    assert max(len(body.encode()) for body in bodies) <= 150_000
    addressed = Counter(
        channel["device_id"] for body in bodies for channel in json.loads(body)["channels"]
    )
    assert set(addressed.values()) == {2}  # a toast and a raw notification
    assert len(addressed) == size

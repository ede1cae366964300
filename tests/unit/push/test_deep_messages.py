"""Queue messages nested thousands of levels deep are malformed, wherever the nesting is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from push.delivery.queue import read_delivery
from push.dispatch.broadcast_queue import read_message
from push.errors import MalformedMessageError
from push.requests.queue import read_request

if TYPE_CHECKING:
    from collections.abc import Callable

DEPTHS = (500, 900, 3_000, 100_000)
READERS: dict[str, tuple[Callable[[str], Any], dict[str, Any]]] = {
    "request": (
        lambda body: read_request(body, "m-1"),
        {"app_id": "my-game", "audience": {"players": ["p"]}, "notification": 0, "parameters": 0},
    ),
    "event": (
        lambda body: read_request(body, "m-1"),
        {"id": "e", "source": "s", "detail-type": "T", "detail": 0},
    ),
    "page": (read_message, {"notification_id": "0" * 32, "app_id": "a", "shard": 0, "start": 0}),
    "delivery": (read_delivery, {"notification_id": "0" * 32, "payloads": 0, "channels": 0}),
}


def nested(depth: int, kind: str) -> str:
    return "[" * depth + "]" * depth if kind == "list" else '{"a":' * depth + "0" + "}" * depth


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("kind", ["list", "object"])
@pytest.mark.parametrize("reader", READERS)
def test_deep_message_is_malformed(reader: str, kind: str, depth: int) -> None:
    read, fields = READERS[reader]
    deep = nested(depth, kind)
    marked = (json.dumps(fields | {name: "HERE"}) for name in fields)
    for body in [deep, *(text.replace('"HERE"', deep) for text in marked)]:
        with pytest.raises(MalformedMessageError):
            read(body)

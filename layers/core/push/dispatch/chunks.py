"""Sizes of deliveries: where a chunk is full, and what fits into one message.

Sizes are counted in the bytes that are sent: each payload once, each recipient, as JSON in ASCII.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from push.requests.rendering import recipient_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

    from push.channels.models import Channel
    from push.delivery.models import RenderedNotification
    from push.requests.rendering import Renderer

TARGET_BYTES = 150_000
"""A chunk is full at this size. Devices that register before the chunk is dispatched again still
fit into a message."""
MAX_BYTES = 240_000
"""The most that a delivery has. SQS accepted 262,144 bytes when the service was designed (Amazon
SQS, "Message quotas"; more since 2025); a later attempt adds some fields."""

_ENVELOPE = 600
_LONGEST_INDEX = 999


class Sizes:
    """Sizes of one request's payloads and recipients."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._rendered: dict[str | None, tuple[RenderedNotification, ...]] = {}
        self._bytes: dict[int, int] = {}

    def payloads(self, locale: str | None) -> tuple[int, int]:
        """Return a key of the payloads for a locale, and their number. Locales without content of
        their own share the default one's payloads, and their key."""
        if locale not in self._rendered:
            self._rendered[locale] = self._renderer.render(locale)
            self._bytes[id(self._rendered[locale])] = sum(map(_size, self._rendered[locale]))
        return id(self._rendered[locale]), len(self._rendered[locale])

    def bytes_of(self, payloads: int) -> int:
        """Return the bytes of payloads, by their key."""
        return self._bytes[payloads]


class ChunkSize:
    """The size of a chunk as channels are added to it.

    Attributes:
        bytes: an upper bound of the delivery's JSON.
        notifications: how many are sent.
    """

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._payloads: set[int] = set()
        self.bytes = _ENVELOPE
        self.notifications = 0

    def add_if_below(self, limit: int, channels: Sequence[Channel]) -> bool:
        """Add channels unless the chunk would then have more bytes; return whether they are
        added."""
        size, notifications, payloads = self.bytes, self.notifications, set(self._payloads)
        for channel in channels:
            key, number = self._sizes.payloads(channel.locale)
            if key not in payloads:
                payloads.add(key)
                size += self._sizes.bytes_of(key)
            size += _size(recipient_of(channel, _LONGEST_INDEX)) * number
            notifications += number
        if size > limit:
            return False
        self.bytes, self.notifications, self._payloads = size, notifications, payloads
        return True


def fitting(channels: Sequence[Channel], sizes: Sizes) -> list[Channel]:
    """Return the channels that fit into one message, the first ones first.

    All do, but for a chunk whose players have registered many devices since it was planned, or a
    player whose devices have many languages: SQS would refuse the message, and with it the others'.
    """
    size = ChunkSize(sizes)
    return [channel for channel in channels if size.add_if_below(MAX_BYTES, [channel])]


def _size(model: BaseModel) -> int:
    dumped = model.model_dump(mode="json", exclude_defaults=True)
    return len(json.dumps(dumped, separators=(",", ":"))) + 1

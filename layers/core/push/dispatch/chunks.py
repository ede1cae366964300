"""Deliveries as they are sent: where a chunk is full, and what fits into one message.

Sizes are counted in the bytes that are sent: each payload once, each recipient, as JSON in ASCII.
A recipient's JSON is written once, by the rules of `Recipient` but without a model.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from push.delivery.queue import delivery_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from push.channels.sendable import SendableChannel
    from push.delivery.models import Lane, RenderedNotification
    from push.requests.rendering import Renderer

TARGET_BYTES = 150_000
"""A chunk is full at this size. Devices that register before the chunk is dispatched again still
fit into a message."""
MAX_BYTES = 240_000
"""The most that a delivery has. SQS accepted 262,144 bytes when the service was designed (Amazon
SQS, "Message quotas"; more since 2025); a later attempt adds some fields."""

_ENVELOPE = 600
_LONGEST_INDEX = 5  # of a payload, with brace and comma: `999},`
_quoted = json.JSONEncoder().encode


class Payloads(NamedTuple):
    """The notifications for some locales, and their bytes in a message."""

    rendered: tuple[RenderedNotification, ...]
    bytes: int


class Addressed(NamedTuple):
    """A channel, the notifications that it gets, and its JSON as a recipient, up to the index of
    the payload."""

    channel: SendableChannel
    payloads: Payloads
    text: str


class Addresser:
    """Addresses one request's notifications to channels."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._by_locale: dict[str | None, Payloads] = {}
        self._distinct: dict[int, Payloads] = {}

    def address(self, channels: Iterable[SendableChannel]) -> list[Addressed]:
        """Return channels with what they get, each in its language.

        Raises:
            InvalidRequestError: a rendered notification is not valid.
        """
        addressed: list[Addressed] = []
        for channel in channels:
            payloads = self._by_locale.get(channel.locale)
            if payloads is None:
                payloads = self._payloads(channel.locale)
            text = (
                f'{{"player_id":{_quoted(channel.player_id)},'
                f'"device_id":{_quoted(channel.device_id)},'
                f'"channel_uri":{_quoted(channel.channel_uri)},"payload":'
            )
            addressed.append(Addressed(channel, payloads, text))
        return addressed

    def message(
        self,
        chunk: str,
        recipients: Sequence[Addressed],
        now: float,
        lane: Lane = "direct",
        channels_in_range: int | None = None,
    ) -> str:
        """Return the message of a delivery that sends each channel its notifications."""
        payloads: list[RenderedNotification] = []
        indices: dict[int, list[str]] = {}
        texts: list[str] = []
        for each in recipients:
            ends = indices.get(id(each.payloads))
            if ends is None:
                ends = indices[id(each.payloads)] = []
                for rendered in each.payloads.rendered:
                    if rendered not in payloads:
                        payloads.append(rendered)
                    ends.append(f"{payloads.index(rendered)}}}")
            texts += [each.text + end for end in ends]
        delivery = self._renderer.delivery(chunk, payloads, now, lane, channels_in_range)
        return delivery_text(delivery).removesuffix("]}") + ",".join(texts) + "]}"

    def _payloads(self, locale: str | None) -> Payloads:
        """Return the payloads for a locale. Locales without content of their own share the default
        one's."""
        rendered = self._renderer.render(locale)
        payloads = self._distinct.get(id(rendered))
        if payloads is None:
            payloads = Payloads(rendered, sum(map(_size, rendered)))
            self._distinct[id(rendered)] = payloads
        self._by_locale[locale] = payloads
        return payloads


class ChunkSize:
    """The size of a chunk as channels are added to it.

    Attributes:
        bytes: an upper bound of the delivery's JSON.
        notifications: how many are sent.
    """

    def __init__(self) -> None:
        self._payloads: set[int] = set()
        self.bytes = _ENVELOPE
        self.notifications = 0

    def add_if_below(self, limit: int, recipients: Sequence[Addressed]) -> bool:
        """Add channels unless the chunk would then have more bytes; return whether they are
        added."""
        size, notifications, new = self.bytes, self.notifications, set[int]()
        for each in recipients:
            key, number = id(each.payloads), len(each.payloads.rendered)
            if key not in self._payloads and key not in new:
                new.add(key)
                size += each.payloads.bytes
            size += (len(each.text) + _LONGEST_INDEX) * number
            notifications += number
        if size > limit:
            return False
        self.bytes, self.notifications = size, notifications
        self._payloads |= new
        return True


def fitting(recipients: Sequence[Addressed]) -> list[Addressed]:
    """Return the channels that fit into one message, the first ones first.

    All do, but for a chunk whose players have registered many devices since it was planned, or a
    player whose devices have many languages: SQS would refuse the message, and with it the others'.
    """
    size = ChunkSize()
    return [each for each in recipients if size.add_if_below(MAX_BYTES, [each])]


def _size(rendered: RenderedNotification) -> int:
    dumped = rendered.model_dump(mode="json", exclude_defaults=True)
    return len(json.dumps(dumped, separators=(",", ":"))) + 1

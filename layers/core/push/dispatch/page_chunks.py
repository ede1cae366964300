"""Chunks of a broadcast's page: where each starts, which channels are in it, and its message."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from push.dispatch.chunks import MAX_BYTES, TARGET_BYTES, ChunkSize, fitting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from push.channels.sendable import SendableChannel
    from push.dispatch.chunks import Addressed, Addresser
    from push.dispatch.pages import Page, PagePlan

NOTIFICATIONS_PER_CHUNK = 400


def chunk_starts(recipients: Sequence[Addressed]) -> tuple[str, ...]:
    """Return the key at which each chunk of a page starts; a chunk ends where it is full."""
    starts: list[str] = []
    size = ChunkSize()
    for each in recipients:
        more = len(each.payloads.rendered)
        is_full = size.notifications + more > NOTIFICATIONS_PER_CHUNK
        if not starts or is_full or not size.add_if_below(TARGET_BYTES, [each]):
            starts.append(each.channel.device_key)
            size = ChunkSize()
            size.add_if_below(MAX_BYTES, [each])
    return tuple(starts)


def in_chunks(plan: PagePlan, recipients: Sequence[Addressed]) -> list[list[Addressed]]:
    """Return the channels of each chunk of a plan."""
    chunks: list[list[Addressed]] = [[] for _ in plan.chunk_starts]
    for each in recipients if chunks else ():
        # A channel registered since the plan was made, before its first key, joins the first chunk.
        number = max(bisect_right(plan.chunk_starts, each.channel.device_key) - 1, 0)
        chunks[number].append(each)
    return chunks


def chunk_messages(
    addresser: Addresser,
    page: Page,
    chunks: Sequence[Sequence[Addressed]],
    every: Sequence[SendableChannel] | None,
    now: float,
) -> list[str]:
    """Return the messages of a page's deliveries. Also the empty ones: every delivery that is
    counted must finish.

    Args:
        every: all channels of the page, sent to or not, in the order of their keys; None if some
            are not known.
    """
    messages = []
    for number, members in enumerate(map(fitting, chunks)):
        in_range = None if every is None or not members else _count_in_range(every, members)
        chunk = f"{page.name}.{number}"
        messages.append(addresser.message(chunk, members, now, "bulk", in_range))
    return messages


def _count_in_range(channels: Sequence[SendableChannel], recipients: Sequence[Addressed]) -> int:
    first, last = recipients[0].channel.device_key, recipients[-1].channel.device_key
    start = bisect_left(channels, first, key=_device_key)
    return bisect_right(channels, last, start, key=_device_key) - start


def _device_key(channel: SendableChannel) -> str:
    return channel.device_key

"""Who would be notified: the devices of an audience, counted by language without sending."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from push.channels.keys import SHARDS, TOPIC_SHARDS
from push.channels.table import Channels
from push.channels.topics import Topics
from pushctl.client.aws import map_aws_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from push.channels.models import Channel
    from push.channels.sendable import SendableChannel
    from push.requests.models import Audience
    from pushctl.client.stack import Stack

_WORKERS = 8
_PAGE = 1000


class Recipients:
    """Counts of devices and players; `by_locale` has an empty text for devices without one."""

    def __init__(self) -> None:
        self.devices = 0
        self.in_game = 0
        self.players: set[str] = set()
        self.by_locale: Counter[str] = Counter()

    def add(self, channel: Channel | SendableChannel, now: float) -> None:
        """Count a device."""
        self.devices += 1
        self.in_game += channel.in_game(now)
        self.players.add(channel.player_id)
        self.by_locale[channel.locale or ""] += 1


def count_recipients(stack: Stack, app_id: str, audience: Audience) -> Recipients:
    """Count the devices that a request to an audience would be sent to now.

    Raises:
        NotAllowedError: the AWS identity may not read the tables.
    """
    now = int(time.time())
    found = Recipients()
    with map_aws_errors("count the recipients"):
        for channel in _channels(stack, app_id, audience, now):
            found.add(channel, now)
    return found


def _channels(
    stack: Stack, app_id: str, audience: Audience, now: int
) -> Iterator[Channel | SendableChannel]:
    # A resource of boto3 serves one thread (boto3, "Multithreading or multiprocessing with
    # resources"), so each has its own.
    own = threading.local()

    def prepare() -> None:
        own.channels = Channels(stack.table("ChannelsTable"))

    def of_player(player_id: str) -> list[Channel]:
        return list(own.channels.of_player(app_id, player_id, now))

    def of_shard(shard: int) -> list[SendableChannel]:
        return _of_shard(own.channels, app_id, shard, now)

    if audience.topic is not None:
        for shard in range(TOPIC_SHARDS):
            yield from _subscribed(stack, app_id, audience.topic, shard, now)
        return
    with ThreadPoolExecutor(_WORKERS, initializer=prepare) as pool:
        found: Iterator[list[Channel] | list[SendableChannel]]
        if audience.players is not None:
            found = pool.map(of_player, dict.fromkeys(audience.players))
        else:
            found = pool.map(of_shard, range(SHARDS))
        for some in found:
            yield from some


def _subscribed(
    stack: Stack, app_id: str, topic: str, shard: int, now: int
) -> Iterator[SendableChannel]:
    channels, topics = Channels(stack.table("ChannelsTable")), Topics(stack.table("TopicsTable"))
    start = None
    while True:
        page = topics.subscribers(app_id, topic, shard, start=start)
        current = channels.current(app_id, page.devices, now) if page.devices else {}
        # A subscription only locates a channel; the channel's own topics decide.
        yield from (each for each in current.values() if topic in each.topics)
        if page.next is None:
            return
        start = page.next


def _of_shard(channels: Channels, app_id: str, shard: int, now: int) -> list[SendableChannel]:
    found: list[SendableChannel] = []
    start = None
    while True:
        page = channels.of_shard(app_id, shard, now, start=start, limit=_PAGE)
        found += page.channels
        if page.next is None:
            return found
        start = page.next

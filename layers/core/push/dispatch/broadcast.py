"""Broadcasts: a request for a topic or everyone becomes pages, and each page deliveries.

Shards are processed concurrently, each page queueing the next; memory stays flat whatever the
audience. A page costs a fixed number of calls: it reads its request with its notification's state
and its app, and its channels, records its plan, queues its deliveries and the next page, and
counts.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from push.aws.batch_get import Wanted, batch_get_of_tables
from push.aws.dynamodb import map_dynamodb_errors
from push.channels.keys import SHARDS, TOPIC_SHARDS
from push.channels.table import ShardPage
from push.dispatch.chunks import Addresser
from push.dispatch.page_audience import audience_of, player_border
from push.dispatch.page_chunks import chunk_messages, chunk_starts, in_chunks
from push.dispatch.pages import Page, PagePlan
from push.requests.models import Request
from push.requests.rendering import Renderer
from push.templates.models import Template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    from push.apps.table import Apps
    from push.channels.sendable import SendableChannel
    from push.channels.table import Channels
    from push.channels.topics import Topics
    from push.delivery.finished import FinishedNotifications
    from push.delivery.queue import DeliveryQueue
    from push.dispatch.broadcast_queue import BroadcastQueue
    from push.dispatch.pages import Pages
    from push.dispatch.player_channels import PlayerChannels
    from push.notifications.entry import State
    from push.notifications.record import Notifications


CHANNELS_PER_PAGE = 400


class Broadcast(BaseModel):
    """What every page needs: the request, and the template as it was when the broadcast started."""

    model_config = ConfigDict(defer_build=True)  # after Request, whose payloads it shares

    request: Request
    template: Template | None


@dataclass(frozen=True, slots=True)
class Broadcaster:
    """Starts broadcasts and processes their pages. Times are epoch seconds."""

    apps: Apps
    channels: Channels
    topics: Topics
    players: PlayerChannels
    notifications: Notifications
    pages: Pages
    page_queue: BroadcastQueue
    queue: DeliveryQueue
    finished: FinishedNotifications
    pool: Executor

    def start(self, request: Request, template: Template | None, now: float) -> None:
        """Store what the pages need, record the broadcast as started, and queue the first page of
        every shard. Idempotent.

        Recorded before anything is queued: a request whose pages are queued can no longer fail.
        """
        notification_id = request.notification_id
        broadcast = Broadcast(request=request, template=template)
        self.notifications.keep_request(
            notification_id, broadcast.model_dump_json(exclude_unset=True), now
        )
        is_started = self.notifications.advance(
            notification_id, "broadcasting", shards=_shards(request)
        )
        # Not advanced: cancelled, or started by an earlier try whose response was lost.
        if is_started or self.notifications.state(notification_id) == "broadcasting":
            self.queue_first_pages(request)

    def queue_first_pages(self, request: Request) -> None:
        """Queue the first page of every shard. A page that is done is a no-op."""
        self.page_queue.put(
            [
                Page(notification_id=request.notification_id, app_id=request.app_id, shard=shard)
                for shard in range(_shards(request))
            ]
        )

    def process_page(self, page: Page, now: float) -> int:
        """Queue a page's deliveries and the next page; return how many channels the page has.

        cancelled, or page done        → nothing
        page has no plan yet           → record where its chunks start, and where the next page does
        page was planned by another    → make the same deliveries again: claims stop the copies
        its end differs from what this query found (channels came or went) → query up to that end

        The plan is recorded before anything is queued, and the page is closed, and counted, after
        everything is queued; a worker that dies in between leaves a page that is repeatable.

        Raises:
            NotFoundError: the broadcast or its app does not exist any more.
            InvalidRequestError: the app was changed, and WNS would reject the notification.
        """
        state, text, app_item = _read(self.notifications, self.apps, page)
        if state == "cancelled":
            return 0
        broadcast = Broadcast.model_validate_json(text, extra="ignore")
        request = broadcast.request
        app = self.apps.of_item(page.app_id, app_item)
        renderer = Renderer(app, request, broadcast.template)
        addresser = Addresser(renderer)
        part = self._query(page, request, None, now)
        found: Sequence[SendableChannel] = part.channels
        border = player_border(found, part.next)
        if border is not None:
            found = [channel for channel in found if channel.device_key < border]
        addressed = addresser.address(found)
        plan = self.pages.plan(page, PagePlan(chunk_starts(addressed), border), now)
        if plan is None:
            self.finished.publish(page.app_id, page.notification_id, now)
            return 0
        if not plan.chunk_starts:  # whoever has registered since is in no chunk: nothing is sent
            found, addressed = [], []
        elif plan.end != border:
            part = self._between(page, request, plan.end, now)
            found = part.channels
            addressed = addresser.address(found)
        audience = audience_of(
            page,
            plan.end,
            found,
            renderer,
            lambda players: self.players.of_players(page.app_id, players, now),
            topic=request.audience.topic,
            now=now,
        )
        if audience.channels is not found:
            addressed = addresser.address(audience.channels)
        every = found if part.is_whole else None
        messages = chunk_messages(addresser, page, in_chunks(plan, addressed), every, now)
        self._put(page.app_id, messages)
        if plan.end is not None:
            self.page_queue.put([page.next(plan.end)])
        self.pages.close(page, plan, audience, now)
        if plan.end is None:  # its deliveries, and all others, may have been sent in the meantime
            self.finished.publish(page.app_id, page.notification_id, now)
        return len(found)

    def _put(self, app_id: str, messages: Sequence[str]) -> None:
        """Queue deliveries.

        Raises:
            QueueUnavailableError: some are not queued.
        """
        texts = [(app_id, message) for message in messages]
        for error in filter(None, self.queue.put_all(texts, self.pool)):
            raise error

    def _between(self, page: Page, request: Request, end: str | None, now: float) -> ShardPage:
        """Return all channels of a page whose end is planned."""
        found: list[SendableChannel] = []
        is_whole = True
        while True:
            part = self._query(page, request, end, now)
            found += part.channels
            is_whole = is_whole and part.is_whole
            if part.next is None:
                return ShardPage(tuple(found), None, is_whole)
            page = page.model_copy(update={"start": part.next})

    def _query(self, page: Page, request: Request, end: str | None, now: float) -> ShardPage:
        """Return the next channels of the page's shard, of a topic's subscribers if it has one."""
        topic = request.audience.topic
        if topic is None:
            return self.channels.of_shard(
                page.app_id,
                page.shard,
                int(now),
                start=page.start,
                end=end,
                limit=CHANNELS_PER_PAGE,
            )
        subscribers = self.topics.subscribers(
            page.app_id, topic, page.shard, start=page.start, end=end, limit=CHANNELS_PER_PAGE
        )
        # A subscription only locates a channel; the channel's own topics decide.
        current = self.channels.current(page.app_id, subscribers.devices, int(now))
        subscribed = [channel for channel in current.values() if topic in channel.topics]
        in_order = sorted(subscribed, key=lambda channel: channel.device_key)
        return ShardPage(tuple(in_order), subscribers.next)


@map_dynamodb_errors()
def _read(
    notifications: Notifications, apps: Apps, page: Page
) -> tuple[State | None, str, Mapping[str, Any] | None]:
    """Read, in one call, the state of a page's broadcast, what it needs, and its app's item.

    Raises:
        NotFoundError: the broadcast does not exist any more.
    """
    broadcasts = notifications.table.name
    found = batch_get_of_tables(
        apps.table.dynamodb,
        {
            broadcasts: Wanted(notifications.broadcast_keys(page.notification_id)),
            apps.table.name: Wanted([{"pk": page.app_id}]),
        },
        sleep=time.sleep,
        jitter=random.random,
    )
    state, text = notifications.broadcast(page.notification_id, found[broadcasts])
    return state, text, next(iter(found[apps.table.name]), None)


def _shards(request: Request) -> int:
    return TOPIC_SHARDS if request.audience.topic else SHARDS

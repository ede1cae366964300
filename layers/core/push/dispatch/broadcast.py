"""Broadcasts: a request for a topic or everyone becomes pages, and each page deliveries.

Shards are processed concurrently, each page queueing the next; memory stays flat whatever the
audience. A page costs a fixed number of calls: it reads its request, its
notification's state and its channels, records its plan, queues its deliveries and the next page,
and counts.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from pydantic import BaseModel

from push.channels.keys import SHARDS, TOPIC_SHARDS
from push.dispatch.pages import Page, PagePlan
from push.requests.models import Request
from push.requests.rendering import Renderer
from push.templates.models import Template

if TYPE_CHECKING:
    from push.apps.table import Apps
    from push.channels.models import Channel
    from push.channels.table import Channels
    from push.channels.topics import Topics
    from push.delivery.models import Delivery
    from push.delivery.queue import DeliveryQueue
    from push.dispatch.pages import BroadcastQueue, Pages
    from push.notifications.record import Notifications


CHANNELS_PER_PAGE = 400
NOTIFICATIONS_PER_CHUNK = 100


class Broadcast(BaseModel):
    """What every page needs: the request, and the template as it was when the broadcast started."""

    request: Request
    template: Template | None


@dataclass(frozen=True, slots=True)
class Broadcaster:
    """Starts broadcasts and processes their pages. Times are epoch seconds."""

    apps: Apps
    channels: Channels
    topics: Topics
    notifications: Notifications
    pages: Pages
    page_queue: BroadcastQueue
    queue: DeliveryQueue

    def start(self, request: Request, template: Template | None, now: float) -> None:
        """Store what the pages need and queue the first page of every shard. Idempotent."""
        notification_id = request.notification_id
        broadcast = Broadcast(request=request, template=template)
        self.notifications.keep_request(
            notification_id, broadcast.model_dump_json(exclude_unset=True), now
        )
        shards = TOPIC_SHARDS if request.audience.topic else SHARDS
        self.page_queue.put(
            [
                Page(notification_id=notification_id, app_id=request.app_id, shard=shard)
                for shard in range(shards)
            ]
        )
        self.notifications.advance(notification_id, "broadcasting", shards=shards)

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
        if self.notifications.state(page.notification_id) == "cancelled":
            return 0
        broadcast = Broadcast.model_validate_json(self.notifications.request(page.notification_id))
        request = broadcast.request
        renderer = Renderer(self.apps.get(page.app_id), request, broadcast.template)
        found, following = self._query(page, request, None, now)
        plan = self.pages.plan(page, PagePlan(_chunk_starts(found, renderer), following), now)
        if plan is None:
            return 0
        if plan.end != following:
            found = self._between(page, request, plan.end, now)
        deliveries = _deliveries(page, renderer, plan, found, now)
        self.queue.put_all(deliveries)
        if plan.end is not None:
            self.page_queue.put([page.next(plan.end)])
        self.pages.close(page, plan, len(found), now)
        return len(found)

    def _between(self, page: Page, request: Request, end: str | None, now: float) -> list[Channel]:
        """Return all channels of a page whose end is planned."""
        found: list[Channel] = []
        following: str | None = page.start
        while True:
            more, following = self._query(
                page.model_copy(update={"start": following}), request, end, now
            )
            found += more
            if following is None:
                return found

    def _query(
        self, page: Page, request: Request, end: str | None, now: float
    ) -> tuple[list[Channel], str | None]:
        """Return the next channels of the page's shard, and where the following page starts."""
        topic = request.audience.topic
        if topic is None:
            part = self.channels.of_shard(
                page.app_id,
                page.shard,
                int(now),
                start=page.start,
                end=end,
                limit=CHANNELS_PER_PAGE,
            )
            return list(part.channels), part.next
        subscribers = self.topics.subscribers(
            page.app_id, topic, page.shard, start=page.start, end=end, limit=CHANNELS_PER_PAGE
        )
        # A subscription only locates a channel; the channel's own topics decide.
        current = self.channels.current(page.app_id, subscribers.devices, int(now))
        subscribed = [channel for channel in current.values() if topic in channel.topics]
        return sorted(subscribed, key=lambda channel: channel.device_key), subscribers.next


def _chunk_starts(channels: list[Channel], renderer: Renderer) -> tuple[str, ...]:
    """Return the key at which each chunk of a page starts; a chunk ends where it is full."""
    chunk_starts: list[str] = []
    size = 0
    for channel in channels:
        more = len(renderer.render(channel.locale))
        if not chunk_starts or size + more > NOTIFICATIONS_PER_CHUNK:
            chunk_starts.append(channel.device_key)
            size = 0
        size += more
    return tuple(chunk_starts)


def _deliveries(
    page: Page, renderer: Renderer, plan: PagePlan, channels: list[Channel], now: float
) -> list[Delivery]:
    """Return one delivery per chunk of the plan, even an empty one: every delivery that is counted
    must finish."""
    if not plan.chunk_starts:
        return []
    in_chunk: list[list[Channel]] = [[] for _ in plan.chunk_starts]
    for _, group in groupby(channels, key=lambda channel: channel.player_id):
        of_player = list(group)
        if renderer.skips(of_player, now):
            continue
        for channel in of_player:
            # A channel registered since the plan was made, before its first key, joins the first
            # chunk.
            number = max(bisect_right(plan.chunk_starts, channel.device_key) - 1, 0)
            in_chunk[number].append(channel)
    return [
        renderer.address(f"{page.name}.{number}", members, now, lane="bulk")
        for number, members in enumerate(in_chunk)
    ]

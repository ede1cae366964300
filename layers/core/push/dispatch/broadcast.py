"""Broadcasts: a request for a topic or everyone becomes pages, and each page deliveries.

Shards are processed concurrently, each page queueing the next; memory stays flat whatever the
audience. A page costs a fixed number of calls: it reads its request with its notification's state,
its app and its channels, records its plan, queues its deliveries and the next page, and counts.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel

from push.channels.keys import SHARDS, TOPIC_SHARDS
from push.dispatch.chunks import MAX_BYTES, TARGET_BYTES, ChunkSize, Sizes, fitting
from push.dispatch.page_audience import audience_of, player_border
from push.dispatch.pages import Page, PagePlan
from push.requests.models import Request
from push.requests.rendering import Renderer
from push.templates.models import Template

if TYPE_CHECKING:
    from push.apps.table import Apps
    from push.channels.models import Channel
    from push.channels.table import Channels
    from push.channels.topics import Topics
    from push.delivery.finished import FinishedNotifications
    from push.delivery.queue import DeliveryQueue
    from push.dispatch.broadcast_queue import BroadcastQueue
    from push.dispatch.pages import Pages
    from push.dispatch.player_channels import PlayerChannels
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
    players: PlayerChannels
    notifications: Notifications
    pages: Pages
    page_queue: BroadcastQueue
    queue: DeliveryQueue
    finished: FinishedNotifications

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
        state, text = self.notifications.broadcast(page.notification_id)
        if state == "cancelled":
            return 0
        broadcast = Broadcast.model_validate_json(text, extra="ignore")
        request = broadcast.request
        renderer = Renderer(self.apps.get(page.app_id), request, broadcast.template)
        sizes = Sizes(renderer)
        found, following = self._query(page, request, None, now)
        border = player_border(found, following)
        if border is not None:
            found = [channel for channel in found if channel.device_key < border]
        plan = self.pages.plan(page, PagePlan(_chunk_starts(found, sizes), border), now)
        if plan is None:
            self.finished.publish(page.app_id, page.notification_id, now)
            return 0
        if plan.end != border:
            found = self._between(page, request, plan.end, now)
        audience = audience_of(
            page,
            plan.end,
            found,
            renderer,
            lambda players: self.players.of_players(page.app_id, players, now),
            topic=request.audience.topic,
            now=now,
        )
        in_chunks = _in_chunks(plan, audience.channels)
        self.queue.put_all(
            # Also the empty ones: every delivery that is counted must finish.
            renderer.address(f"{page.name}.{number}", fitting(members, sizes), now, lane="bulk")
            for number, members in enumerate(in_chunks)
        )
        if plan.end is not None:
            self.page_queue.put([page.next(plan.end)])
        self.pages.close(page, plan, audience, now)
        if plan.end is None:  # its deliveries, and all others, may have been sent in the meantime
            self.finished.publish(page.app_id, page.notification_id, now)
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


def _shards(request: Request) -> int:
    return TOPIC_SHARDS if request.audience.topic else SHARDS


def _chunk_starts(channels: list[Channel], sizes: Sizes) -> tuple[str, ...]:
    """Return the key at which each chunk of a page starts; a chunk ends where it is full."""
    chunk_starts: list[str] = []
    size = ChunkSize(sizes)
    for channel in channels:
        _, more = sizes.payloads(channel.locale)
        is_full = size.notifications + more > NOTIFICATIONS_PER_CHUNK
        if not chunk_starts or is_full or not size.add_if_below(TARGET_BYTES, [channel]):
            chunk_starts.append(channel.device_key)
            size = ChunkSize(sizes)
            size.add_if_below(MAX_BYTES, [channel])
    return tuple(chunk_starts)


def _in_chunks(plan: PagePlan, channels: list[Channel]) -> list[list[Channel]]:
    """Return the channels of each chunk of a plan."""
    in_chunks: list[list[Channel]] = [[] for _ in plan.chunk_starts]
    for channel in channels if in_chunks else ():
        # A channel registered since the plan was made, before its first key, joins the first chunk.
        number = max(bisect_right(plan.chunk_starts, channel.device_key) - 1, 0)
        in_chunks[number].append(channel)
    return in_chunks

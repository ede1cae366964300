"""Use case: a request is accepted, and becomes deliveries to the channels of its audience.

A request may be dispatched more than once: it came twice, or a worker died half way. Chunks are cut
from the request's own list of players, so they have the same ids each time, and the second copy of
one finds the first one's claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest
from typing import TYPE_CHECKING

from push.deliveries import MAX_DELIVERY_BYTES, Addressed, Delivery
from push.rendering import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from push.apps import Apps
    from push.channels import Channel, Channels
    from push.deliveries import DeliveryQueue, Rendered
    from push.notifications import Notifications, Summary
    from push.requests import Request, RequestQueue
    from push.templates import Templates

PLAYERS_PER_CHUNK = 10
DEVICES_PER_PLAYER = 10
_SHORTEST_LIFE_S = 60


@dataclass(frozen=True, slots=True)
class Accepting:
    """The door: what cannot become a notification is refused here."""

    apps: Apps
    templates: Templates
    notifications: Notifications

    def prepare(self, request: Request) -> tuple[Renderer, bool]:
        """Return what renders the request, and whether the app and the template let it be sent.

        Raises:
            NotFoundError: there is no such app or template.
            InvalidRequestError: a parameter is missing, or what comes out is no notification.
        """
        app = self.apps.get(request.app_id)
        template = self.templates.get(app.app_id, request.template) if request.template else None
        renderer = Renderer(app, request, template)
        renderer.check()
        return renderer, app.enabled and (template is None or template.push_enabled)

    def accept(self, request: Request, queue: RequestQueue, now: float) -> Summary:
        """Record a request and queue it; the same request again is not queued twice once
        dispatched.

        Raises:
            NotFoundError, InvalidRequestError: as `prepare`.
        """
        self.prepare(request)
        summary = self.notifications.accept(request, int(now))
        if summary.state == "accepted":
            queue.put(request)
        return summary


@dataclass(frozen=True, slots=True)
class Dispatching:
    """The way from a request to deliveries; `accepting` looks at it first, wherever it came
    from."""

    accepting: Accepting
    channels: Channels
    queue: DeliveryQueue

    def dispatch(self, request: Request, now: float) -> Summary:
        """Queue a request's deliveries, unless that is done already; return how it stood before.

        Raises:
            NotFoundError, InvalidRequestError: the request can never become a notification.
        """
        renderer, is_on = self.accepting.prepare(request)
        notifications = self.accepting.notifications
        summary = notifications.accept(request, int(now))
        if summary.state != "accepted":
            return summary
        if not is_on:
            notifications.mark(summary.notification_id, "suppressed")
            return summary
        deliveries = list(self._deliveries(request, renderer, now))
        self.queue.put_all(deliveries)
        notifications.mark(
            summary.notification_id,
            "dispatched",
            deliveries=len(deliveries),
            expected=sum(len(delivery.channels) for delivery in deliveries),
        )
        return summary

    def _deliveries(self, request: Request, renderer: Renderer, now: float) -> Iterator[Delivery]:
        players = list(dict.fromkeys(request.audience.players))
        for number, start in enumerate(range(0, len(players), PLAYERS_PER_CHUNK)):
            found = [
                self._channels(request.app_id, player, now)
                for player in players[start : start + PLAYERS_PER_CHUNK]
            ]
            whole = _delivery(request, str(number), [c for cs in found for c in cs], renderer, now)
            if whole is None:
                continue
            if len(whole.model_dump_json()) <= MAX_DELIVERY_BYTES:
                yield whole
                continue
            for index, channels in enumerate(found):
                part = _delivery(request, f"{number}.{index}", channels, renderer, now)
                if part is not None:
                    yield part

    def _channels(self, app_id: str, player_id: str, now: float) -> list[Channel]:
        alive = self.channels.of_player(app_id, player_id, int(now))
        return nlargest(DEVICES_PER_PLAYER, alive, key=lambda channel: channel.renewed_at)


def _delivery(
    request: Request, chunk: str, channels: Sequence[Channel], renderer: Renderer, now: float
) -> Delivery | None:
    payloads: list[Rendered] = []
    addressed = []
    for channel in channels:
        for rendered in renderer.render(channel.locale):
            if rendered not in payloads:
                payloads.append(rendered)
            addressed.append(
                Addressed(
                    player_id=channel.player_id,
                    device_id=channel.device_id,
                    channel_uri=channel.channel_uri,
                    payload=payloads.index(rendered),
                )
            )
    if not addressed:
        return None
    return Delivery(
        notification_id=request.notification_id,
        chunk=chunk,
        app_id=request.app_id,
        dispatched_at=int(now),
        expires_at=int(now) + max(renderer.ttl_seconds, _SHORTEST_LIFE_S),
        payloads=tuple(payloads),
        channels=tuple(addressed),
    )

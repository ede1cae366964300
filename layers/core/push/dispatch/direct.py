"""Use case: a request is accepted, and becomes deliveries to the channels of its audience.

A request may be dispatched more than once: it came twice, or a worker died half way. Chunks are cut
from the request's own list of players, so they have the same ids each time, and the second copy of
one finds the first one's claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest
from typing import TYPE_CHECKING

from push.aws.sqs import LONGEST_DELAY_S
from push.channels.models import DEVICES_PER_PLAYER
from push.delivery.models import MAX_DELIVERY_BYTES
from push.requests.intake import due_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from push.channels.models import Channel
    from push.channels.table import Channels
    from push.delivery.models import Delivery
    from push.delivery.queue import DeliveryQueue
    from push.dispatch.broadcast import Broadcaster
    from push.notifications.record import State
    from push.requests.intake import RequestIntake
    from push.requests.models import Request
    from push.requests.queue import RequestQueue
    from push.requests.rendering import Renderer
    from push.requests.schedules import Schedules


PLAYERS_PER_CHUNK = 10


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """The way from a request to deliveries; `accepting` looks at it first, wherever it came
    from."""

    accepting: RequestIntake
    channels: Channels
    queue: DeliveryQueue
    broadcasting: Broadcaster
    requests: RequestQueue
    schedules: Schedules

    def dispatch(self, request: Request, now: float) -> State:
        """Do what a request asks for, unless that is done already; return its state before.

        Raises:
            NotFoundError, InvalidRequestError, ConflictError: the request can never become a
                notification; its record, if it has one, says `failed`.
        """
        prepared = self.accepting.prepare(request, now)
        state = self.accepting.record(request, now)
        if state not in {"accepted", "scheduled"}:
            return state
        notification_id = request.notification_id
        notifications = self.accepting.notifications
        wait_s = due_in(request, now)
        if not prepared.is_on:
            notifications.advance(notification_id, "suppressed")
        elif wait_s > LONGEST_DELAY_S:
            self._schedule(request, now + wait_s)
        elif wait_s > 0:
            self.requests.put(request, wait_s)
        elif request.audience.players is None:
            self.broadcasting.begin(request, prepared.template, now)
        else:
            deliveries = list(self._deliveries(request, prepared.renderer, now))
            self.queue.put_all(deliveries)
            devices = {(c.player_id, c.device_id) for d in deliveries for c in d.channels}
            notifications.advance(
                notification_id,
                "dispatched",
                deliveries=len(deliveries),
                recipients=len(devices),
            )
        return state

    def _schedule(self, request: Request, at: float) -> None:
        text = request.model_dump_json(exclude_unset=True)
        self.schedules.put(request.notification_id, at, text)
        notifications = self.accepting.notifications
        if notifications.advance(request.notification_id, "scheduled"):
            return
        # Cancelled in this very moment: then nobody else would take the schedule away. Any other
        # state means that it was advanced already, if only without our hearing of it.
        if notifications.state(request.notification_id) == "cancelled":
            self.schedules.delete(request.notification_id)

    def _deliveries(self, request: Request, renderer: Renderer, now: float) -> Iterator[Delivery]:
        players = list(dict.fromkeys(request.audience.players or ()))
        for number, start in enumerate(range(0, len(players), PLAYERS_PER_CHUNK)):
            found = [
                self._reachable(request.app_id, player, renderer, now)
                for player in players[start : start + PLAYERS_PER_CHUNK]
            ]
            everyone = [channel for channels in found for channel in channels]
            if not everyone:
                continue
            whole = renderer.address(str(number), everyone, now)
            if len(whole.model_dump_json()) <= MAX_DELIVERY_BYTES:
                yield whole
                continue
            for index, channels in enumerate(found):
                if channels:
                    yield renderer.address(f"{number}.{index}", channels, now)

    def _reachable(
        self, app_id: str, player_id: str, renderer: Renderer, now: float
    ) -> list[Channel]:
        alive = list(self.channels.of_player(app_id, player_id, int(now)))
        if renderer.skips(alive, now):
            return []
        return nlargest(DEVICES_PER_PLAYER, alive, key=lambda channel: channel.renewed_at)

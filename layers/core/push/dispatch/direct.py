"""Dispatches requests: to players at once, to a topic or everyone as a broadcast, or later.

A request may be dispatched more than once: its message is received twice, or a worker dies half
way. Chunks are cut from the request's own list of players, so they have the same ids each time, and
the claim on the first copy of a delivery stops the second.
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
    from push.notifications.record import Notifications, State
    from push.requests.intake import RequestIntake
    from push.requests.models import Request
    from push.requests.queue import RequestQueue
    from push.requests.rendering import Renderer
    from push.requests.schedules import Schedules

PLAYERS_PER_CHUNK = 10


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Turns requests into deliveries. Times are epoch seconds."""

    intake: RequestIntake
    notifications: Notifications
    channels: Channels
    queue: DeliveryQueue
    broadcaster: Broadcaster
    requests: RequestQueue
    schedules: Schedules

    def dispatch(self, request: Request, now: float) -> State:
        """Dispatch a request unless that is done; return its state before.

        switched off             → suppressed
        due in over 15 minutes   → a schedule queues the request again when it is due
        due within 15 minutes    → the request goes back on its queue with a delay
        for a topic or everyone  → a broadcast
        for players              → deliveries

        Every branch is repeatable: the state moves on after its work is done, and a copy of work
        that was done before has the same ids.

        Raises:
            NotFoundError, InvalidRequestError, ConflictError: the request can never become a
                notification.
        """
        validated = self.intake.validate(request, now)
        self.intake.reserve(request, now)
        state = self.intake.record(request, now)
        if state not in {"accepted", "scheduled"}:
            return state
        wait_s = due_in(request, now)
        if not validated.is_enabled:
            self.notifications.advance(request.notification_id, "suppressed")
        elif wait_s > LONGEST_DELAY_S:
            self._schedule(request, now + wait_s)
        elif wait_s > 0:
            self.requests.put(request, wait_s)
        elif request.audience.players is None:
            self.broadcaster.start(request, validated.template, now)
        else:
            self._deliver(request, validated.renderer, now)
        return state

    def _schedule(self, request: Request, at: float) -> None:
        text = request.model_dump_json(exclude_unset=True)
        self.schedules.put(request.notification_id, at, text)
        if self.notifications.advance(request.notification_id, "scheduled"):
            return
        # Cancelled concurrently: nobody else would delete the schedule. Any other state means that
        # an earlier try advanced it and its response was lost.
        if self.notifications.state(request.notification_id) == "cancelled":
            self.schedules.delete(request.notification_id)

    def _deliver(self, request: Request, renderer: Renderer, now: float) -> None:
        deliveries = list(self._deliveries(request, renderer, now))
        self.queue.put_all(deliveries)
        devices = {(c.player_id, c.device_id) for d in deliveries for c in d.channels}
        self.notifications.advance(
            request.notification_id,
            "dispatched",
            deliveries=len(deliveries),
            recipients=len(devices),
        )

    def _deliveries(self, request: Request, renderer: Renderer, now: float) -> Iterator[Delivery]:
        players = list(dict.fromkeys(request.audience.players or ()))
        for number, start in enumerate(range(0, len(players), PLAYERS_PER_CHUNK)):
            by_player = [
                self._reachable(request.app_id, player, renderer, now)
                for player in players[start : start + PLAYERS_PER_CHUNK]
            ]
            channels = [channel for of_player in by_player for channel in of_player]
            if not channels:
                continue
            delivery = renderer.address(str(number), channels, now)
            if len(delivery.model_dump_json()) <= MAX_DELIVERY_BYTES:
                yield delivery
                continue
            # Too large for one message: a delivery per player, with ids of their own.
            for index, of_player in enumerate(by_player):
                if of_player:
                    yield renderer.address(f"{number}.{index}", of_player, now)

    def _reachable(
        self, app_id: str, player_id: str, renderer: Renderer, now: float
    ) -> list[Channel]:
        alive = list(self.channels.of_player(app_id, player_id, int(now)))
        if renderer.skips(alive, now):
            return []
        return nlargest(DEVICES_PER_PLAYER, alive, key=lambda channel: channel.renewed_at)

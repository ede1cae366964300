"""Dispatches requests: to players at once, to a topic or everyone as a broadcast, or later.

A request may be dispatched more than once: its message is received twice, or a worker dies half
way. The plan that is recorded first says where its chunks start, so they have the same ids each
time, and the claim on the first copy of a delivery stops the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest
from typing import TYPE_CHECKING, NamedTuple

from push.aws.sqs import LONGEST_DELAY_S
from push.channels.models import DEVICES_PER_PLAYER
from push.dispatch.chunks import MAX_BYTES, TARGET_BYTES, ChunkSize, Sizes, fitting
from push.notifications.direct_plans import DirectPlan
from push.requests.intake import due_in, entry_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from push.channels.models import Channel
    from push.delivery.finished import FinishedNotifications
    from push.delivery.models import Delivery
    from push.delivery.queue import DeliveryQueue
    from push.dispatch.broadcast import Broadcaster
    from push.dispatch.player_channels import PlayerChannels
    from push.notifications.direct_plans import DirectPlans
    from push.notifications.entry import Origin, Record, State
    from push.notifications.players import SkipReason
    from push.notifications.record import Notifications
    from push.requests.intake import RequestIntake, ValidatedRequest
    from push.requests.models import Request
    from push.requests.queue import RequestQueue
    from push.requests.rendering import Renderer
    from push.requests.schedules import Schedules

PLAYERS_PER_CHUNK = 10

_Found = dict[str, list["Channel"]]
"""Channels by player."""


class Dispatched(NamedTuple):
    """The result: the request's state before, None if it was not recorded, and the plan that was
    made for its players, None if none was."""

    before: State | None
    plan: DirectPlan | None = None

    @property
    def skipped(self) -> Mapping[SkipReason, int]:
        """How many players the plan skips, by reason."""
        return (
            {reason: len(names) for reason, names in self.plan.skipped.items()} if self.plan else {}
        )


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Turns requests into deliveries. Times are epoch seconds."""

    intake: RequestIntake
    notifications: Notifications
    plans: DirectPlans
    channels: PlayerChannels
    queue: DeliveryQueue
    finished: FinishedNotifications
    broadcaster: Broadcaster
    requests: RequestQueue
    schedules: Schedules

    def dispatch(self, request: Request, now: float, origin: Origin) -> Dispatched:
        """Dispatch a request unless that is done.

        cancelled or suppressed       → nothing
        a broadcast that has started  → its first pages are queued again, in case they were not
        dispatched to players         → its deliveries are queued again, in case they were not
        otherwise                     → `_begin`

        Every branch is repeatable: what is queued twice has the same ids, and is counted once.

        Raises:
            NotFoundError, ForbiddenError, InvalidRequestError, ConflictError: the request can never
                become a notification.
        """
        record = self.notifications.find(request.notification_id)
        state = record.state if record is not None else None
        if record is not None:
            record.check(entry_of(request))
            if state in {"cancelled", "suppressed"}:
                return Dispatched(state)
            if state == "broadcasting":
                self.broadcaster.queue_first_pages(request)
                return Dispatched(state)
        validated = self.intake.validate(request, now, origin)
        if record is not None and state == "dispatched":
            plan = self.plans.in_force(record)
            if plan is not None:
                found = self._look_up(request, now)
                self._queue(request, validated.renderer, plan, found, now)
            return Dispatched(state)
        return Dispatched(state, self._begin(request, validated, record, now))

    def _begin(
        self, request: Request, validated: ValidatedRequest, record: Record | None, now: float
    ) -> DirectPlan | None:
        """Dispatch a request that is not dispatched yet.

        switched off             → suppressed
        due in over 15 minutes   → a schedule queues the request again when it is due
        due within 15 minutes    → the request goes back on its queue with a delay
        for a topic or everyone  → a broadcast
        for players              → deliveries
        """
        self.intake.reserve(request, now)
        wait_s = due_in(request, now)
        is_direct = request.audience.players is not None
        if validated.is_enabled and is_direct and wait_s <= 0:
            # Recorded together with its plan: one write.
            return self._deliver(request, validated, record, now)
        if self.intake.record(validated, now) not in {"accepted", "scheduled", "failed"}:
            return None  # a copy was dispatched, or the request cancelled, in the meantime
        if not validated.is_enabled:
            self.notifications.advance(request.notification_id, "suppressed")
        elif wait_s > LONGEST_DELAY_S:
            self._schedule(request, now + wait_s)
        elif wait_s > 0:
            self.requests.put(request, wait_s)
        else:
            self.broadcaster.start(request, validated.template, now)
        return None

    def _schedule(self, request: Request, at: float) -> None:
        text = request.model_dump_json(exclude_unset=True)
        self.schedules.put(request.notification_id, at, text)
        if self.notifications.advance(request.notification_id, "scheduled"):
            return
        # Cancelled concurrently: nobody else would delete the schedule. Any other state means that
        # an earlier try advanced it and its response was lost.
        if self.notifications.state(request.notification_id) == "cancelled":
            self.schedules.delete(request.notification_id)

    def _deliver(
        self, request: Request, validated: ValidatedRequest, record: Record | None, now: float
    ) -> DirectPlan | None:
        found = self._look_up(request, now)
        renderer = validated.renderer
        proposed = _plan(found, renderer, now)
        plan = self.plans.put(validated.entry, proposed, record, now)
        if plan is not None:
            self._queue(request, renderer, plan, found, now)
        return plan

    def _queue(
        self, request: Request, renderer: Renderer, plan: DirectPlan, found: _Found, now: float
    ) -> None:
        """Queue a plan's deliveries. Without any, the notification is finished."""
        self.queue.put_all(_deliveries(renderer, plan, found, now))
        if not plan.chunk_starts:
            self.finished.publish(request.app_id, request.notification_id, now)

    def _look_up(self, request: Request, now: float) -> _Found:
        """Return the channels of every player, without repetitions and in the request's order."""
        players = list(dict.fromkeys(request.audience.players or ()))
        return self.channels.of_players(request.app_id, players, now)


def _plan(found: Mapping[str, Sequence[Channel]], renderer: Renderer, now: float) -> DirectPlan:
    """Return a plan: a chunk ends where it has ten players to send to, or is full."""
    chunk_starts: list[int] = []
    skipped: dict[SkipReason, list[str]] = {}
    sizes = Sizes(renderer)
    size, players, recipients = ChunkSize(sizes), 0, 0
    for index, (player, channels) in enumerate(found.items()):
        if not channels:
            skipped.setdefault("no_channel", []).append(player)
            continue
        if renderer.skips(channels, now):
            skipped.setdefault("in_game", []).append(player)
            continue
        devices = _devices(channels)
        recipients += len(devices)
        is_full = players == PLAYERS_PER_CHUNK or not size.add_if_below(TARGET_BYTES, devices)
        if not chunk_starts or is_full:
            chunk_starts.append(index if chunk_starts else 0)
            if is_full:
                size, players = ChunkSize(sizes), 0
                size.add_if_below(MAX_BYTES, devices)
        players += 1
    return DirectPlan(
        chunk_starts=tuple(chunk_starts),
        requested=len(found),
        recipients=recipients,
        skipped={reason: tuple(names) for reason, names in skipped.items()},
    )


def _deliveries(
    renderer: Renderer, plan: DirectPlan, found: Mapping[str, Sequence[Channel]], now: float
) -> Iterator[Delivery]:
    """Yield one delivery per chunk of a plan, even an empty one: every delivery that is counted
    must finish. Players whom the plan skips stay skipped."""
    skipped = {player for players in plan.skipped.values() for player in players}
    players = list(found)
    sizes = Sizes(renderer)
    ends = [*plan.chunk_starts[1:], len(players)]
    for number, (start, end) in enumerate(zip(plan.chunk_starts, ends, strict=False)):
        channels = [
            channel
            for player in players[start:end]
            if player not in skipped
            for channel in _devices(found[player])
        ]
        yield renderer.address(str(number), fitting(channels, sizes), now)


def _devices(channels: Sequence[Channel]) -> list[Channel]:
    return nlargest(DEVICES_PER_PLAYER, channels, key=lambda channel: channel.renewed_at)

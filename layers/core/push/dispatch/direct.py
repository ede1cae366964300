"""Dispatches requests: to players at once, to a topic or everyone as a broadcast, or later.

A request may be dispatched more than once: its message is received twice, or a worker dies half
way. The plan that is recorded first says where its chunks start, so they have the same ids each
time, and the claim on the first copy of a delivery stops the second.

The requests of a batch are dispatched side by side: what is stored for them is read in one call,
their players' channels are read and their plans are recorded concurrently, and their deliveries
share calls of SQS. Each ends in its own result; what fails for one fails no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from push.aws.sqs import LONGEST_DELAY_S
from push.dispatch.direct_chunks import DirectChunks
from push.dispatch.listing import list_others, reserve_places
from push.dispatch.tasks import Task, step
from push.requests.intake import due_in, entry_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from push.delivery.finished import FinishedNotifications
    from push.delivery.queue import DeliveryQueue
    from push.dispatch.broadcast import Broadcaster
    from push.dispatch.player_channels import PlayerChannels
    from push.dispatch.tasks import Arrival, Dispatched
    from push.notifications.direct_plans import DirectPlans
    from push.notifications.record import Notifications
    from push.requests.intake import RequestIntake
    from push.requests.models import Request
    from push.requests.queue import RequestQueue
    from push.requests.schedules import Schedules
    from push.requests.stored import StoredForRequests


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
    pool: Executor

    def dispatch(self, arrivals: Sequence[Arrival], now: float) -> list[Dispatched | Exception]:
        """Dispatch requests unless that is done; return for each its result or its error.

        cancelled or suppressed       → nothing
        a broadcast that has started  → its first pages are queued again, in case they were not
        dispatched to players         → its deliveries are queued again, in case they were not
        otherwise                     → `_begin`

        Every branch is repeatable: what is queued twice has the same ids, and is counted once.
        NotFoundError, ForbiddenError, InvalidRequestError and ConflictError mean that the request
        can never become a notification.

        Args:
            arrivals: ten at most, as SQS delivers them.
        """
        requests = [arrival.request for arrival in arrivals]
        # A read unit for each would tell of few. The write of a plan fails if there is a record.
        recorded = [each.request for each in arrivals if not each.is_expected_new]
        try:
            stored = self.intake.read(requests, recorded)
        except Exception as error:  # noqa: BLE001 - handed over
            return [error] * len(arrivals)
        tasks = [Task(each, stored.record(each.request.notification_id)) for each in arrivals]
        step(tasks, lambda task: self._validate(task, stored, now))
        listing = self.pool.submit(reserve_places, self.notifications.table, list(tasks), now)
        self._look_up([task for task in tasks if task.is_for_players(now)], now)
        listing.result()
        step(tasks, lambda task: self._begin(task, now))
        step(tasks, lambda task: self._plan(task, now), self.pool)
        self._queue([task for task in tasks if task.result is None])
        step(tasks, lambda task: self._end(task, now))
        list_others(self.notifications.table, tasks)
        return [task.result for task in tasks if task.result is not None]

    def _validate(self, task: Task, stored: StoredForRequests, now: float) -> None:
        """Do what is to be done with a request that is dispatched already; validate the others."""
        request, record = task.request, task.record
        if record is not None:
            record.check(entry_of(request))
            if record.state == "broadcasting":
                self.broadcaster.queue_first_pages(request)
            if record.state in {"broadcasting", "cancelled", "suppressed"}:
                task.end()
                return
        task.validated = self.intake.validate(request, stored, now, task.origin)
        if record is not None and record.state == "dispatched":
            task.is_planned_before = True
            task.plan = self.plans.in_force(record)
            if task.plan is None:
                task.end()

    def _begin(self, task: Task, now: float) -> None:
        """Dispatch a request that is not dispatched yet.

        switched off             → suppressed
        due in over 15 minutes   → a schedule queues the request again when it is due
        due within 15 minutes    → the request goes back on its queue with a delay
        for a topic or everyone  → a broadcast
        for players              → deliveries: by `dispatch`, with the batch's others
        """
        if task.is_for_players(now):
            return  # recorded together with its plan: one write
        request, validated = task.request, task.validated
        self.intake.reserve(request, now)
        wait_s = due_in(request, now)
        task.end()
        if self.intake.record(task.entry, now) not in {"accepted", "scheduled", "failed"}:
            return  # a copy was dispatched, or the request cancelled, in the meantime
        if not validated.is_enabled:
            self.notifications.advance(request.notification_id, "suppressed")
        elif wait_s > LONGEST_DELAY_S:
            self._schedule(request, now + wait_s)
        elif wait_s > 0:
            self.requests.put(request, wait_s)
        else:
            self.broadcaster.start(request, validated.template, now)

    def _schedule(self, request: Request, at: float) -> None:
        text = request.model_dump_json(exclude_unset=True)
        self.schedules.put(request.notification_id, at, text)
        if self.notifications.advance(request.notification_id, "scheduled"):
            return
        # Cancelled concurrently: nobody else would delete the schedule. Any other state means that
        # an earlier try advanced it and its response was lost.
        if self.notifications.state(request.notification_id) == "cancelled":
            self.schedules.delete(request.notification_id)

    def _look_up(self, tasks: Sequence[Task], now: float) -> None:
        """Read the channels of the players of all requests, of each player once."""
        players = {player: None for task in tasks for player in task.players()}
        found = self.channels.of_each(list(players), now)
        for task in tasks:
            channels = {}
            for player in task.players():
                of_player = found[player]
                if isinstance(of_player, Exception):
                    task.result = of_player
                    break
                channels[player[1]] = of_player
            else:
                task.chunks = DirectChunks(task.validated.renderer, channels, now)

    def _plan(self, task: Task, now: float) -> None:
        """Record a plan unless there is one, and make its deliveries."""
        if task.plan is None:
            proposed = task.chunks.plan()
            task.plan = self.plans.put(task.entry, proposed, task.record, now)
            task.is_planned_before = task.plan is not None and task.plan is not proposed
        if task.plan is None:
            task.end()
        else:
            task.messages = list(task.chunks.messages(task.plan))

    def _queue(self, tasks: Sequence[Task]) -> None:
        """Queue the deliveries of all requests' plans."""
        messages = [(task, message) for task in tasks for message in task.messages]
        texts = [(task.request.app_id, message) for task, message in messages]
        try:
            errors: Sequence[Exception | None] = self.queue.put_all(texts, self.pool)
        except Exception as error:  # noqa: BLE001 - handed over
            errors = [error] * len(messages)
        for (task, _), problem in zip(messages, errors, strict=True):
            task.result = task.result or problem

    def _end(self, task: Task, now: float) -> None:
        """Set the result. Without a delivery, the notification is finished."""
        if task.plan is not None and not task.plan.chunk_starts:
            self.finished.publish(task.request.app_id, task.request.notification_id, now)
        task.end(None if task.is_planned_before else task.plan)

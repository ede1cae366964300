"""The requests of a batch on their way through the dispatcher, each to its own result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from push.requests.intake import due_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor

    from push.dispatch.direct_chunks import DirectChunks
    from push.notifications.direct_plans import DirectPlan
    from push.notifications.entry import Origin, Record, RequestEntry, State
    from push.notifications.players import SkipReason
    from push.requests.intake import ValidatedRequest
    from push.requests.models import Request


class Arrival(NamedTuple):
    """A request, and where it comes from if it has no record yet.

    Attributes:
        is_first: whether it is an event that was not received before.
    """

    request: Request
    origin: Origin
    is_first: bool = False

    @property
    def is_expected_new(self) -> bool:
        """Whether there is hardly a record yet: not unless the event was published twice."""
        return self.is_first and self.request.audience.players is not None


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


class Task:
    """One request of a batch on its way to its result, which ends it.

    Attributes:
        record: as it was read, None if there was none or it was not read.
        place: where the app's list has the request once its record says so, None if the list is not
            to have it, or has it elsewhere.
    """

    def __init__(self, arrival: Arrival, record: Record | None) -> None:
        self.request, self.origin = arrival.request, arrival.origin
        self.record = record
        self.before = None if record is None else record.state
        self.place: str | None = None
        self.result: Dispatched | Exception | None = None
        self.validated: ValidatedRequest  # if there is no result yet
        # If the request goes to players now:
        self.chunks: DirectChunks
        self.plan: DirectPlan | None = None
        self.is_planned_before = False
        self.messages: list[str] = []

    def players(self) -> list[tuple[str, str]]:
        """Return the app and name of every player, without repetitions, in the request's order."""
        players = dict.fromkeys(self.request.audience.players or ())
        return [(self.request.app_id, player) for player in players]

    def is_for_players(self, now: float) -> bool:
        """Return whether the request goes to players now (epoch seconds), or has before."""
        if self.result is not None:
            return False
        is_due = self.validated.is_enabled and due_in(self.request, now) <= 0
        is_direct = self.request.audience.players is not None
        return self.is_planned_before or (is_direct and is_due)

    @property
    def is_to_be_listed(self) -> bool:
        """Whether the app's list is to have the request, and does not have it yet."""
        if self.record is not None:
            return self.record.is_to_be_listed
        return self.result is None and self.validated.entry.is_listed

    @property
    def entry(self) -> RequestEntry:
        """What the record is to keep of the request, its place in the app's list included."""
        return replace(self.validated.entry, listed_at=self.place)

    def end(self, plan: DirectPlan | None = None) -> None:
        self.result = Dispatched(self.before, plan)


def step(tasks: Sequence[Task], do: Callable[[Task], None], pool: Executor | None = None) -> None:
    """Take each request that has no result a step further; an error is its result."""

    def attempt(task: Task) -> None:
        try:
            do(task)
        except Exception as error:  # noqa: BLE001 - handed over
            task.result = error

    waiting = [task for task in tasks if task.result is None]
    run = map if pool is None or len(waiting) == 1 else pool.map
    for _ in run(attempt, waiting):
        pass

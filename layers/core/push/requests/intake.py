"""Validates, records, queues and cancels requests, whatever their source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from push.errors import InvalidRequestError, QueueUnavailableError
from push.notifications.entry import Origin, RequestEntry
from push.notifications.list_items import assign_place, reserve_place
from push.requests.rendering import Renderer
from push.requests.repeat_guard import HALF_HOUR_S, ON_RECEIPT_S
from push.requests.stored import read_for_requests

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from push.apps.table import Apps
    from push.notifications.entry import AudienceKind, State
    from push.notifications.record import Notifications
    from push.notifications.summary import Summary
    from push.requests.models import Request
    from push.requests.queue import RequestQueue
    from push.requests.repeat_guard import RepeatGuard
    from push.requests.schedules import Schedules
    from push.requests.stored import StoredForRequests
    from push.templates.models import Template
    from push.templates.table import Templates

LONGEST_AHEAD_S = 366 * 24 * 3600
LONGEST_PAST_S = 24 * 3600
"""How long after its `send_at` a request is still sent, in seconds. What is older is a mistake (0
in place of a time) or stale (moved back from a dead-letter queue after days)."""

_TO_QUEUE = {"accepted", "failed"}


@dataclass(frozen=True, slots=True)
class ValidatedRequest:
    """A request that can become notifications.

    Attributes:
        renderer: renders it, each locale once.
        template: the template it names, None for a notification given inline.
        is_enabled: False if the app or the template is switched off.
        entry: what the record keeps of it.
    """

    renderer: Renderer
    template: Template | None
    is_enabled: bool
    entry: RequestEntry


@dataclass(frozen=True, slots=True)
class RequestIntake:
    """Decides which requests become notifications. Times are epoch seconds."""

    apps: Apps
    templates: Templates
    notifications: Notifications
    repeat_guard: RepeatGuard

    def read(self, requests: Sequence[Request], recorded: Iterable[Request]) -> StoredForRequests:
        """Read what is stored for requests, in one call.

        Args:
            recorded: those among them whose records are read.

        Raises:
            TablesUnavailableError: DynamoDB failed.
        """
        return read_for_requests(self.apps, self.templates, self.notifications, requests, recorded)

    def validate(
        self, request: Request, stored: StoredForRequests, now: float, origin: Origin
    ) -> ValidatedRequest:
        """Return what renders a request. Reads and writes nothing.

        Raises:
            NotFoundError: the app or the template does not exist.
            ForbiddenError: the app accepts no events of this source.
            InvalidRequestError: a parameter is missing, the rendered notification breaks a rule of
                WNS, or `send_at` is more than a year ahead or more than a day past.
        """
        app = stored.app(request.app_id)
        app.check_event_source(origin.source)
        template = stored.template(app.app_id, request.template) if request.template else None
        renderer = Renderer(app, request, template, _accepted_at(request, origin))
        renderer.check()
        if due_in(request, now) > LONGEST_AHEAD_S:
            raise InvalidRequestError("send_at is more than a year ahead")
        if due_in(request, now) < -LONGEST_PAST_S:
            raise InvalidRequestError("send_at is more than a day past")
        is_enabled = app.enabled and (template is None or template.push_enabled)
        entry = entry_of(request)
        entry = replace(
            entry,
            origin=origin,
            is_listed=app.lists(entry.audience),
            is_tracked=renderer.is_tracked,
        )
        return ValidatedRequest(renderer, template, is_enabled, entry)

    def reserve(self, request: Request, now: float, life_s: int = HALF_HOUR_S) -> None:
        """Reserve the content of a broadcast that is due for `life_s` seconds, so that no other one
        repeats it.

        Repeatable: a request's own reservation does not stand in its way.

        Raises:
            ConflictError: another broadcast with this content was sent in the last 30 minutes.
        """
        if request.audience.everyone and due_in(request, now) <= 0:
            self.repeat_guard.reserve(request, now, life_s)

    def record(self, entry: RequestEntry, now: float) -> State:
        """Record a request as accepted; return `accepted`, or the state that a copy of it is in.

        Raises:
            RequestIdReusedError: another request has its id.
        """
        return self.notifications.accept(entry, now)

    def accept(
        self, request: Request, origin: Origin, queue: RequestQueue, now: float, *, is_named: bool
    ) -> None:
        """Validate, record and queue a request. A copy of one that was sent is a no-op.

        The app's list has it at once, unless it goes to players now: those the dispatcher lists
        when it takes them from the queue, ten for the write unit that each would cost here.

        Args:
            is_named: whether the caller chose the request's id and can therefore repeat it. If not,
                a request that could not be queued is withdrawn.

        Raises:
            NotFoundError, InvalidRequestError: see `validate`.
            ConflictError: see `reserve` and `record`.
            QueueUnavailableError: not queued, or not known to be; the same request may be sent
                again.
        """
        stored = self.read([request], [request] if request.audience.everyone else [])
        validated = self.validate(request, stored, now, origin)
        if request.audience.everyone:
            record = stored.record(request.notification_id)
            if record is not None:
                record.check(validated.entry)
                if record.state not in _TO_QUEUE:
                    return
            self.reserve(request, now, ON_RECEIPT_S)
        entry = validated.entry
        is_waiting = request.audience.players is None or due_in(request, now) > 0
        if entry.is_listed and is_waiting:
            entry = replace(entry, listed_at=self._reserve_place(request, now))
        if self.record(entry, now) not in _TO_QUEUE:
            return
        try:
            queue.put(request)
        except QueueUnavailableError:
            if is_named or self._withdraw(request):
                if entry.is_listed and entry.listed_at is None:  # the dispatcher may never do it
                    place = self._reserve_place(request, now)
                    assign_place(self.notifications.table, request.notification_id, place)
                raise

    def _reserve_place(self, request: Request, now: float) -> str:
        """Put a request into its app's list; return its place."""
        table, ids = self.notifications.table, [request.notification_id]
        return reserve_place(table, request.app_id, ids, now, due_in(request, now))

    def _withdraw(self, request: Request) -> bool:
        """Withdraw a request that may not be queued; return False if it is dispatched already.

        Its caller will send it again under another id, which must neither be rejected as a repeat
        nor be sent beside this one, should this one be queued after all.
        """
        if not self.notifications.withdraw(request.notification_id):
            return False
        if request.audience.everyone:
            self.repeat_guard.release(request)
        return True


def entry_of(request: Request) -> RequestEntry:
    """Return what the record keeps of a request, without what the app's settings add."""
    audience: AudienceKind = "everyone"
    if request.audience.players is not None:
        audience = "players"
    elif request.audience.topic is not None:
        audience = "topic"
    return RequestEntry(
        notification_id=request.notification_id,
        app_id=request.app_id,
        request_id=request.request_id,
        content_hash=request.content_hash,
        send_at=int(request.send_at.timestamp()) if request.send_at else None,
        audience=audience,
        template=request.template,
    )


def _accepted_at(request: Request, origin: Origin) -> float | None:
    """Return from when on the players wait: from `send_at` on if that is later."""
    if origin.at is None or request.send_at is None:
        return origin.at
    return max(origin.at, request.send_at.timestamp())


def due_in(request: Request, now: float) -> float:
    """Return the seconds until a request is to be sent; 0 or less means now."""
    return request.send_at.timestamp() - now if request.send_at else 0.0


def cancel(
    app_id: str, notification_id: str, notifications: Notifications, schedules: Schedules
) -> Summary:
    """Cancel a notification; return its summary, whose counts say how much was sent before.

    Sends in flight complete. A completed notification stays completed.

    Raises:
        NotFoundError: the app has no such notification.
    """
    before = notifications.summary(app_id, notification_id)
    if before.state != "completed":
        notifications.advance(notification_id, "cancelled")
        if before.send_at is not None:
            schedules.delete(notification_id)
    return notifications.summary(app_id, notification_id)

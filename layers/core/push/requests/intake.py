"""Validates, records, queues and cancels requests, whatever their source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from push.errors import InvalidRequestError, QueueUnavailableError
from push.notifications.entry import RequestEntry
from push.requests.models import Origin
from push.requests.rendering import Renderer
from push.requests.repeat_guard import HALF_HOUR_S, ON_RECEIPT_S

if TYPE_CHECKING:
    from push.apps.table import Apps
    from push.notifications.entry import State
    from push.notifications.record import Notifications, Summary
    from push.requests.models import Request
    from push.requests.queue import RequestQueue
    from push.requests.repeat_guard import RepeatGuard
    from push.requests.schedules import Schedules
    from push.templates.models import Template
    from push.templates.table import Templates

UNKNOWN_ORIGIN = Origin()
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
    """

    renderer: Renderer
    template: Template | None
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class RequestIntake:
    """Decides which requests become notifications. Times are epoch seconds."""

    apps: Apps
    templates: Templates
    notifications: Notifications
    repeat_guard: RepeatGuard

    def validate(
        self, request: Request, now: float, origin: Origin = UNKNOWN_ORIGIN
    ) -> ValidatedRequest:
        """Return what renders a request. Writes nothing.

        Raises:
            NotFoundError: the app or the template does not exist.
            ForbiddenError: the app accepts no events of this source.
            InvalidRequestError: a parameter is missing, the rendered notification breaks a rule of
                WNS, or `send_at` is more than a year ahead or more than a day past.
        """
        app = self.apps.get(request.app_id)
        app.check_event_source(origin.source)
        template = self.templates.get(app.app_id, request.template) if request.template else None
        renderer = Renderer(app, request, template, _accepted_at(request, origin))
        renderer.check()
        if due_in(request, now) > LONGEST_AHEAD_S:
            raise InvalidRequestError("send_at is more than a year ahead")
        if due_in(request, now) < -LONGEST_PAST_S:
            raise InvalidRequestError("send_at is more than a day past")
        is_enabled = app.enabled and (template is None or template.push_enabled)
        return ValidatedRequest(renderer, template, is_enabled)

    def reserve(self, request: Request, now: float, life_s: int = HALF_HOUR_S) -> None:
        """Reserve the content of a broadcast that is due for `life_s` seconds, so that no other one
        repeats it.

        Repeatable: a request's own reservation does not stand in its way.

        Raises:
            ConflictError: another broadcast with this content was sent in the last 30 minutes.
        """
        if request.audience.everyone and due_in(request, now) <= 0:
            self.repeat_guard.reserve(request, now, life_s)

    def record(self, request: Request, now: float, origin: Origin = UNKNOWN_ORIGIN) -> State:
        """Record a request as accepted; return `accepted`, or the state that a copy of it is in.

        Raises:
            RequestIdReusedError: another request has its id.
        """
        return self.notifications.accept(entry_of(request, origin), now)

    def accept(
        self,
        request: Request,
        queue: RequestQueue,
        now: float,
        *,
        is_named: bool,
        origin: Origin = UNKNOWN_ORIGIN,
    ) -> None:
        """Validate, record and queue a request. A copy of one that was sent is a no-op.

        Args:
            is_named: whether the caller chose the request's id and can therefore repeat it. If not,
                a request that could not be queued is withdrawn.

        Raises:
            NotFoundError, InvalidRequestError: see `validate`.
            ConflictError: see `reserve` and `record`.
            QueueUnavailableError: not queued, or not known to be; the same request may be sent
                again.
        """
        self.validate(request, now)
        if request.audience.everyone:
            record = self.notifications.find(request.notification_id)
            if record is not None:
                record.check(entry_of(request))
                if record.state not in _TO_QUEUE:
                    return
            self.reserve(request, now, ON_RECEIPT_S)
        if self.record(request, now, origin) not in _TO_QUEUE:
            return
        try:
            queue.put(request)
        except QueueUnavailableError:
            if is_named or self._withdraw(request):
                raise

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


def entry_of(request: Request, origin: Origin = UNKNOWN_ORIGIN) -> RequestEntry:
    """Return what the record keeps of a request."""
    return RequestEntry(
        notification_id=request.notification_id,
        app_id=request.app_id,
        request_id=request.request_id,
        content_hash=request.content_hash,
        send_at=int(request.send_at.timestamp()) if request.send_at else None,
        accepted_by=origin.accepted_by,
    )


def _accepted_at(request: Request, origin: Origin) -> float | None:
    """Return from when on the players wait: from `send_at` on if that is later."""
    if origin.accepted_at is None or request.send_at is None:
        return origin.accepted_at
    return max(origin.accepted_at, request.send_at.timestamp())


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

"""Validates, records, queues and cancels requests, whatever their source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from push.errors import InvalidRequestError
from push.requests.rendering import Renderer

if TYPE_CHECKING:
    from push.apps.table import Apps
    from push.notifications.record import Notifications, State, Summary
    from push.requests.models import Request
    from push.requests.queue import RequestQueue
    from push.requests.repeat_guard import RepeatGuard
    from push.requests.schedules import Schedules
    from push.templates.models import Template
    from push.templates.table import Templates

LONGEST_AHEAD_S = 366 * 24 * 3600


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

    def validate(self, request: Request, now: float) -> ValidatedRequest:
        """Return what renders a request. Writes nothing.

        Raises:
            NotFoundError: the app or the template does not exist.
            InvalidRequestError: a parameter is missing, the rendered notification breaks a rule of
                WNS, or `send_at` is more than a year ahead.
        """
        app = self.apps.get(request.app_id)
        template = self.templates.get(app.app_id, request.template) if request.template else None
        renderer = Renderer(app, request, template)
        renderer.check()
        if due_in(request, now) > LONGEST_AHEAD_S:
            raise InvalidRequestError("send_at is more than a year ahead")
        is_enabled = app.enabled and (template is None or template.push_enabled)
        return ValidatedRequest(renderer, template, is_enabled)

    def reserve(self, request: Request, now: float) -> None:
        """Reserve the content of a broadcast that is due, so that no other one repeats it.

        Repeatable: a request's own reservation does not stand in its way.

        Raises:
            ConflictError: another broadcast with this content was sent in the last 30 minutes.
        """
        if request.audience.everyone and due_in(request, now) <= 0:
            self.repeat_guard.reserve(request, now)

    def record(self, request: Request, now: float) -> State:
        """Record a request as accepted; return `accepted`, or the state that a copy of it is in."""
        send_at = int(request.send_at.timestamp()) if request.send_at else None
        return self.notifications.accept(
            request.notification_id, request.app_id, request.request_id, int(now), send_at
        )

    def accept(self, request: Request, queue: RequestQueue, now: float) -> None:
        """Validate, record and queue a request. A copy of a recorded one is a no-op.

        Raises:
            NotFoundError, InvalidRequestError: see `validate`.
            ConflictError: see `reserve`.
            QueueUnavailableError: recorded, but not queued; the same request may be sent again.
        """
        self.validate(request, now)
        self.reserve(request, now)
        if self.record(request, now) == "accepted":
            queue.put(request)


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

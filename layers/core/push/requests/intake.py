"""Use case: the door. What can never become a notification is refused here, whichever way it
came."""

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
    """A request that can become notifications: what renders it, and whether it may be sent."""

    renderer: Renderer
    template: Template | None
    is_on: bool


@dataclass(frozen=True, slots=True)
class RequestIntake:
    """What accepting works with."""

    apps: Apps
    templates: Templates
    notifications: Notifications
    recent: RepeatGuard

    def prepare(self, request: Request, now: float) -> ValidatedRequest:
        """Look whether a request can become notifications, now or when it is due.

        Raises:
            NotFoundError: there is no such app or template.
            InvalidRequestError: a parameter is missing, what comes out is no notification, or it is
                to be sent more than a year from now.
            ConflictError: the same went to everyone within half an hour.
        """
        app = self.apps.get(request.app_id)
        template = self.templates.get(app.app_id, request.template) if request.template else None
        renderer = Renderer(app, request, template)
        renderer.check()
        if due_in(request, now) > LONGEST_AHEAD_S:
            raise InvalidRequestError("send_at is more than a year ahead")
        if request.audience.everyone and due_in(request, now) <= 0:
            self.recent.enter(request, now)
        return ValidatedRequest(
            renderer, template, app.enabled and (not template or template.push_enabled)
        )

    def record(self, request: Request, now: float) -> State:
        """Record a request as accepted; return its state, `accepted` or how far it was before."""
        send_at = int(request.send_at.timestamp()) if request.send_at else None
        return self.notifications.accept(
            request.notification_id, request.app_id, request.request_id, int(now), send_at
        )

    def accept(self, request: Request, queue: RequestQueue, now: float) -> None:
        """Record a request and queue it; one that is under way already is left to go on.

        Raises:
            NotFoundError, InvalidRequestError, ConflictError: as `prepare`.
        """
        self.prepare(request, now)
        if self.record(request, now) == "accepted":
            queue.put(request)


def due_in(request: Request, now: float) -> float:
    """Return the seconds until a request is to be sent; 0 or less: at once."""
    return request.send_at.timestamp() - now if request.send_at else 0.0


def cancel(
    app_id: str, notification_id: str, notifications: Notifications, schedules: Schedules
) -> Summary:
    """Stop a notification; return how it stands: its counts say how much had gone.

    What a worker is sending at this moment still goes. One that is completed stays completed.

    Raises:
        NotFoundError: the app has no such notification.
    """
    before = notifications.summary(app_id, notification_id)
    if before.state != "completed":
        notifications.advance(notification_id, "cancelled")
        if before.send_at is not None:
            schedules.delete(notification_id)
    return notifications.summary(app_id, notification_id)

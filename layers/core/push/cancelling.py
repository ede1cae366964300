"""Use case: a notification is stopped, whether it is scheduled, being dispatched or being sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from push.notifications import Notifications, Summary
    from push.schedules import Schedules


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

"""The delivery of accepted notifications to devices.

Source: "Windows Push Notification Services (WNS) overview" and "Raw notification overview" on
Microsoft Learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from local.wns_emulator.state.channels import Channel
    from local.wns_emulator.state.core import Core
    from local.wns_emulator.state.notification import Notification

SECONDARY_TILE_KINDS = {"tile", "badge"}
SDK_APP_KINDS = {"toast", "raw"}


@dataclass(frozen=True, slots=True)
class Decision:
    """The `X-WNS-Status` of a delivery, its actual outcome, and why nothing was shown, if so."""

    status: Literal["received", "dropped"]
    outcome: Literal["shown", "held", "dropped", "discarded", "removed"]
    why: str | None = None


def deliver(core: Core, channel: Channel, notification: Notification) -> Decision:
    """Deliver a notification to its device, hold it for later, or drop it."""
    if channel.tile_id is not None and notification.kind not in SECONDARY_TILE_KINDS:
        why = f"a secondary tile's channel carries no {notification.kind}"
        return _drop(core, channel, notification, core.switches.secondary_tile_status, why)
    if not channel.device.online:
        return _hold(core, channel, notification)
    installation = channel.device.installation(notification.app_id)
    if notification.kind == "raw":
        if not installation.running and not installation.background_task:
            why = "the app is not running and has no background task"
            return _drop(core, channel, notification, "dropped", why)
    elif not installation.notifications_enabled:
        why = "the player has disabled the app's notifications"
        return _drop(core, channel, notification, "dropped", why)
    return _arrive(core, channel, notification)


def deliver_held(core: Core, channel: Channel) -> None:
    """Deliver the held notifications of a device that is back, except expired ones."""
    held, channel.held = channel.held, []
    now = core.clock.now()
    for notification in held:
        if notification.expires_at is not None and notification.expires_at <= now:
            why = "its time to live ended before the device came back"
            _drop(core, channel, notification, "received", why)
        else:
            deliver(core, channel, notification)


def _hold(core: Core, channel: Channel, notification: Notification) -> Decision:
    if not notification.caches:
        why = "the device is off line and the notification is not cached"
        return _drop(core, channel, notification, "dropped", why)
    for replaced in channel.hold(notification, core.switches.offline_tiles):
        _drop(core, channel, replaced, "received", "a newer notification replaced it in the cache")
    core.events.publish("held", _event(channel, notification))
    return Decision(core.switches.offline_cached_status, "held", "the device is off line")


def _arrive(core: Core, channel: Channel, notification: Notification) -> Decision:
    is_sdk_app = channel.app.identity == "entra"
    if (
        is_sdk_app
        and notification.kind not in SDK_APP_KINDS
        and not core.switches.sdk_apps_show_tiles_and_badges
    ):
        why = f"Windows App SDK apps show no pushed {notification.kind}"
        channel.device.discard(notification, core.clock.now(), why)
        core.events.publish("discarded", _event(channel, notification) | {"reason": why})
        return Decision("received", "discarded", why)
    result, view = channel.device.receive(notification, core.clock.now(), core.switches)
    core.events.publish(result, {"device_id": channel.device.device_id, **view})
    if result == "discarded":
        return Decision("received", "discarded", view["reason"])
    return Decision("received", "shown")


def _drop(
    core: Core,
    channel: Channel,
    notification: Notification,
    status: Literal["received", "dropped"],
    why: str,
) -> Decision:
    core.events.publish("dropped", _event(channel, notification) | {"reason": why})
    return Decision(status, "dropped", why)


def _event(channel: Channel, notification: Notification) -> dict[str, str]:
    return {
        "device_id": channel.device.device_id,
        "channel_id": channel.channel_id,
        "app": notification.app_id,
        "kind": notification.kind,
        "message_id": notification.message_id,
    }

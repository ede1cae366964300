"""What becomes of a notification that WNS has accepted.

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
class Verdict:
    """The `X-WNS-Status` of a delivery, what it really came to, and why nothing is to be seen."""

    status: Literal["received", "dropped"]
    outcome: Literal["shown", "held", "dropped", "discarded", "removed"]
    why: str | None = None


def deliver(core: Core, channel: Channel, notification: Notification) -> Verdict:
    """Hand a notification to its device, keep it for later, or drop it."""
    if channel.tile_id is not None and notification.kind not in SECONDARY_TILE_KINDS:
        why = f"a secondary tile's channel carries no {notification.kind}"
        return _lost(core, channel, notification, core.switches.secondary_tile_status, why)
    if not channel.device.online:
        return _keep(core, channel, notification)
    installation = channel.device.installation(notification.app_id)
    if notification.kind == "raw":
        if not installation.running and not installation.background_task:
            why = "the app is not running and has no background task"
            return _lost(core, channel, notification, "dropped", why)
    elif not installation.notifications_enabled:
        why = "the player has switched the app's notifications off"
        return _lost(core, channel, notification, "dropped", why)
    return _arrive(core, channel, notification)


def deliver_held(core: Core, channel: Channel) -> None:
    """The device is back: hand over what WNS has kept and is still in time."""
    held, channel.held = channel.held, []
    now = core.clock.now()
    for notification in held:
        if notification.expires_at is not None and notification.expires_at <= now:
            why = "its time to live was over before the device came back"
            _lost(core, channel, notification, "received", why)
        else:
            deliver(core, channel, notification)


def _keep(core: Core, channel: Channel, notification: Notification) -> Verdict:
    if not notification.caches:
        why = "the device is off line and the notification is not cached"
        return _lost(core, channel, notification, "dropped", why)
    for replaced in channel.hold(notification, core.switches.offline_tiles):
        _lost(core, channel, replaced, "received", "a newer one took its place in the cache")
    core.events.publish("held", _event(channel, notification))
    return Verdict(core.switches.offline_cached_status, "held", "the device is off line")


def _arrive(core: Core, channel: Channel, notification: Notification) -> Verdict:
    is_sdk_app = channel.app.identity == "entra"
    if (
        is_sdk_app
        and notification.kind not in SDK_APP_KINDS
        and not core.switches.sdk_apps_show_tiles_and_badges
    ):
        why = f"Windows App SDK apps have no pushed {notification.kind}"
        channel.device.discard(notification, core.clock.now(), why)
        core.events.publish("discarded", _event(channel, notification) | {"reason": why})
        return Verdict("received", "discarded", why)
    became, view = channel.device.receive(notification, core.clock.now(), core.switches)
    core.events.publish(became, {"device_id": channel.device.device_id, **view})
    if became == "discarded":
        return Verdict("received", "discarded", view["reason"])
    return Verdict("received", "shown")


def _lost(
    core: Core,
    channel: Channel,
    notification: Notification,
    status: Literal["received", "dropped"],
    why: str,
) -> Verdict:
    core.events.publish("dropped", _event(channel, notification) | {"reason": why})
    return Verdict(status, "dropped", why)


def _event(channel: Channel, notification: Notification) -> dict[str, str]:
    return {
        "device_id": channel.device.device_id,
        "channel_id": channel.channel_id,
        "app": notification.app_id,
        "kind": notification.kind,
        "message_id": notification.message_id,
    }

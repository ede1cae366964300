"""Sentences for outcomes: what happened to a notification on a device, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SENTENCES = {
    "delivered": "WNS accepted it for the device.",
    "channel_throttled": "WNS throttles this channel; send fewer notifications to one device.",
    "app_throttled": "WNS throttles the app; it waits and goes on by itself.",
    "quota_exceeded": "The app's monthly quota at WNS is used up; resume the app afterwards.",
    "token_rejected": "WNS rejected the access token; pushctl token refresh obtains a new one.",
    "channel_gone": "The channel does not exist any more, and was removed: the game registers a new"
    " one when it starts.",
    "sender_blocked": "WNS has blocked this sender; contact Microsoft, then resume the app.",
    "unavailable": "WNS did not respond in a usable way until the notification expired.",
    "expired": "It was not sent in time: it waited longer than its time to live.",
    "refused": "The channel's URI is not one of WNS; nothing was sent to it.",
    "unknown": "WNS's response was lost; the device may have got it.",
    "cancelled": "The notification was cancelled before this device's turn.",
    "removed": "The player removed the channel, or another player signed in, before the send.",
}
_SKIPS = {
    "no_channel": "The player has no device: the game has registered none, or it has expired.",
    "in_game": "The player was in the game, and the template or the request skips those.",
}
_WRONG_IDENTITY = (
    "The channel was issued to another app than the one that the credentials are of: compare the"
    " Package SID, or the Entra app's id, with the identity that the game requests channels with."
)
_NOT_MAPPED = (
    "WNS does not know the Entra app for this game: its package family name is not mapped. Ask"
    ' Microsoft to map it (Windows App SDK, "Push notifications", Configure your app\'s identity);'
    " until then, a packaged game can use the identity package_sid."
)
_OFFLINE = "The device is off line, and WNS does not keep this notification for later."
_OFFLINE_KEPT = "WNS accepted it; the device is off line and gets it when it is back."
_TOASTS_OFF = (
    "WNS dropped it although the device is on line: the player has switched the game's"
    " notifications off in Windows (or, for a raw notification, the game does not run)."
)
_DROPPED = "WNS dropped it and did not say why."


def explain(outcome: Mapping[str, Any]) -> str:
    """Return one sentence for an outcome record, as the API returns it.

    403 and dropped have several causes, told apart by what WNS sent along:

    403 with a description or a status  → another app's channel
    403 without either                  → an Entra app that Microsoft has not mapped
    dropped, device disconnected        → off line
    dropped, device connected           → switched off
    """
    name = str(outcome.get("outcome"))
    is_offline = outcome.get("device_status") in {"disconnected", "tempdisconnected"}
    if name == "forbidden":
        said = outcome.get("error_description") or outcome.get("notification_status")
        return _WRONG_IDENTITY if said else _NOT_MAPPED
    if name == "dropped":
        if is_offline:
            return _OFFLINE
        return _TOASTS_OFF if outcome.get("device_status") == "connected" else _DROPPED
    if name == "delivered" and is_offline:
        return _OFFLINE_KEPT
    if name == "rejected":
        said = outcome.get("error_description")
        return f"WNS considers the request invalid{f': {said}' if said else ''}."
    return _SENTENCES.get(name, f"The outcome is {name}.")


def explain_skip(reason: str) -> str:
    """Return one sentence for the reason why a player was sent nothing."""
    return _SKIPS.get(reason, f"The player was skipped: {reason}.")

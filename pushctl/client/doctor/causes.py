"""The causes that the doctor knows, each with the sentence that fixes it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Cause(StrEnum):
    """Why notifications do not arrive, in the order of the way that they go."""

    APP_UNKNOWN = "app_unknown"
    APP_DISABLED = "app_disabled"
    QUOTA_EXCEEDED = "quota_exceeded"
    SENDER_BLOCKED = "sender_blocked"
    THROTTLED = "throttled"
    CREDENTIALS_MISSING = "credentials_missing"
    CREDENTIALS_REFUSED = "credentials_refused"
    TOKEN_ENDPOINT_UNREACHABLE = "token_endpoint_unreachable"  # noqa: S105
    TOKEN_MISSING = "token_missing"  # noqa: S105
    TOKEN_EXPIRED = "token_expired"  # noqa: S105
    TOKEN_OUTDATED = "token_outdated"  # noqa: S105
    TOKEN_OLD = "token_old"  # noqa: S105
    TOKEN_REJECTED = "token_rejected"  # noqa: S105
    TEMPLATE_UNKNOWN = "template_unknown"
    TEMPLATE_DISABLED = "template_disabled"
    IDENTITY_MISMATCH = "identity_mismatch"
    PACKAGE_FAMILY_NOT_MAPPED = "package_family_not_mapped"
    NOT_ALLOW_LISTED = "not_allow_listed"
    CHANNEL_GONE = "channel_gone"
    CHANNEL_MISSING = "channel_missing"
    CHANNEL_EXPIRED = "channel_expired"
    HOST_REFUSED = "host_refused"
    DEVICE_OFFLINE = "device_offline"
    TOASTS_OFF = "toasts_off"
    DROPPED = "dropped"
    CHANNEL_THROTTLED = "channel_throttled"
    LANGUAGE_MISSING = "language_missing"
    IN_GAME = "in_game"
    REQUEST_FAILED = "request_failed"
    REJECTED = "rejected"
    WNS_UNAVAILABLE = "wns_unavailable"
    RESPONSE_LOST = "response_lost"
    EXPIRED = "expired"
    STILL_WAITING = "still_waiting"


FIXES: dict[Cause, str] = {
    Cause.APP_UNKNOWN: "pushctl app list shows the apps; pushctl app put creates one.",
    Cause.APP_DISABLED: "Switch it on: pushctl app enable {app}.",
    Cause.QUOTA_EXCEEDED: "Wait for the new month or buy more at Microsoft, then pushctl app resume"
    " {app}.",
    Cause.SENDER_BLOCKED: "Microsoft blocks this sender for abuse: contact their support, then pushctl"
    " app resume {app}.",
    Cause.THROTTLED: "Wait: sending goes on by itself. If it happens often, lower the app's send_rate.",
    Cause.CREDENTIALS_MISSING: "Store them: pushctl credentials put {app}.",
    Cause.CREDENTIALS_REFUSED: "The secret was replaced or has expired: make a new one in Partner"
    " Center or Microsoft Entra, then pushctl credentials put {app}.",
    Cause.TOKEN_ENDPOINT_UNREACHABLE: "Microsoft's sign-in service did not respond: check its status;"
    " the service tries again by itself.",
    Cause.TOKEN_MISSING: "Obtain one: pushctl token refresh {app}.",
    Cause.TOKEN_EXPIRED: "Obtain a new one: pushctl token refresh {app}; pushctl logs --function"
    " token_refresher says why that was not done in time.",
    Cause.TOKEN_OUTDATED: "The token is of the earlier credentials: pushctl token refresh {app}.",
    Cause.TOKEN_OLD: "It should have been refreshed after half a day: pushctl token refresh {app}.",
    Cause.TOKEN_REJECTED: "Obtain a new one: pushctl token refresh {app}; if WNS rejects that too,"
    " store the credentials again: pushctl credentials put {app}.",
    Cause.TEMPLATE_UNKNOWN: "pushctl template list --app {app} shows those that there are.",
    Cause.TEMPLATE_DISABLED: "Set push_enabled to true in the template's file, then pushctl template"
    " apply.",
    Cause.IDENTITY_MISMATCH: "The channel was issued to another app than the credentials are of:"
    " compare the Package SID, or the Entra app's object id, with what the game requests its channel"
    " with.",
    Cause.PACKAGE_FAMILY_NOT_MAPPED: "Ask Microsoft to map the package family name to the Entra app"
    " (Windows App SDK, push notifications); until then a packaged game can use the identity"
    " package_sid, with the Package SID and secret of Partner Center.",
    Cause.NOT_ALLOW_LISTED: "WNS does not let this app receive notifications: ask Microsoft's support"
    " to add it.",
    Cause.CHANNEL_GONE: "The game registers a new channel when it starts next: ask the player to start"
    " it. Reinstalling Windows or the game ends channels.",
    Cause.CHANNEL_MISSING: "The game has registered no channel, or the player signed out: start the"
    " game, and look for errors of PUT /apps/{app}/channels in it.",
    Cause.CHANNEL_EXPIRED: "Windows gives a channel for 30 days: the game must register anew at every"
    " start.",
    Cause.HOST_REFUSED: "The stored channel URI is not one of WNS: find out who wrote it, and let the"
    " game register again.",
    Cause.DEVICE_OFFLINE: "The PC is off or has no network; WNS delivers what it keeps when it is back.",
    Cause.TOASTS_OFF: "The player has switched the game's notifications off: Windows Settings, System,"
    " Notifications.",
    Cause.DROPPED: "WNS gave no reason. Try again with the PC in front of you.",
    Cause.CHANNEL_THROTTLED: "Too many notifications for one device: send fewer, or give them one tag.",
    Cause.LANGUAGE_MISSING: "The player gets the default language: add theirs to the template.",
    Cause.IN_GAME: "The template or the request skips players who are in the game; that is intended.",
    Cause.REQUEST_FAILED: "The request could not become a notification: pushctl dlq list says why.",
    Cause.REJECTED: "WNS considers the request invalid, which is a defect of this service: open an"
    " issue with the description and the template.",
    Cause.WNS_UNAVAILABLE: "WNS did not respond: check Microsoft's status; the service retries until"
    " the notification expires.",
    Cause.RESPONSE_LOST: "WNS's response was lost, so the device may have got it. Nothing to do.",
    Cause.EXPIRED: "It waited longer than its time to live: raise ttl_seconds, or see the other checks.",
    Cause.STILL_WAITING: "It is not sent yet: pushctl watch shows when it is; pushctl status shows the"
    " queues.",
}

Level = Literal["ok", "note", "problem", "unknown"]


class Finding(BaseModel):
    """The result of one check.

    Attributes:
        level: `note` explains something that is as intended, or harmless; `unknown` could not be
            checked.
    """

    model_config = ConfigDict(frozen=True)

    check: str
    level: Level
    sentence: str
    cause: Cause | None = None
    fix: str | None = None


class Diagnosis(BaseModel):
    """Every check in order; `cause` is the first problem, None if there is none."""

    model_config = ConfigDict(frozen=True)

    app_id: str
    player_id: str | None = None
    device_id: str | None = None
    notification_id: str | None = None
    cause: Cause | None
    findings: list[Finding]


def ok(check: str, sentence: str) -> Finding:
    """Return the finding of a check that found nothing."""
    return Finding(check=check, level="ok", sentence=sentence)


def unknown(check: str, sentence: str) -> Finding:
    """Return the finding of a check that could not be done."""
    return Finding(check=check, level="unknown", sentence=sentence)


def found(
    check: str, cause: Cause, app_id: str, sentence: str, *, level: Level = "problem"
) -> Finding:
    """Return the finding of a cause, with the sentence that fixes it."""
    fix = FIXES[cause].replace("{app}", app_id)
    return Finding(check=check, level=level, sentence=sentence, cause=cause, fix=fix)

"""Checks of a notification that was sent: what WNS's responses say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pushctl.client.doctor.causes import Cause, Finding, Level, found, ok, unknown
from pushctl.client.notifications import FINAL_STATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from push.apps.models import App
    from pushctl.client.notifications import DeviceOutcome, NotificationReport, SkippedPlayer

_OFFLINE = {"disconnected", "tempdisconnected"}
_BY_OUTCOME: dict[str, Cause] = {
    "channel_throttled": Cause.CHANNEL_THROTTLED,
    "app_throttled": Cause.THROTTLED,
    "quota_exceeded": Cause.QUOTA_EXCEEDED,
    "token_rejected": Cause.TOKEN_REJECTED,
    "channel_gone": Cause.CHANNEL_GONE,
    "sender_blocked": Cause.SENDER_BLOCKED,
    "rejected": Cause.REJECTED,
    "unavailable": Cause.WNS_UNAVAILABLE,
    "expired": Cause.EXPIRED,
    "refused": Cause.HOST_REFUSED,
    "removed": Cause.CHANNEL_MISSING,
}


def check_outcomes(
    app: App, report: NotificationReport, device_id: str | None
) -> Iterator[Finding]:
    """Yield what is found about a notification, device by device."""
    state = report.summary.state
    if state == "failed":
        yield found("notification", Cause.REQUEST_FAILED, app.app_id, "its request failed")
        return
    if state == "suppressed":
        sentence = "it was suppressed: app or template were switched off when it was requested"
        yield Finding(check="notification", level="note", sentence=sentence)
        return
    outcomes = [each for each in report.outcomes if device_id in {None, each.device_id}]
    for each in outcomes:
        yield _check(app, each)
    for skipped in report.skipped:
        yield _check_skip(app, skipped)
    if outcomes or report.skipped:
        return
    if state not in FINAL_STATES:
        sentence = f"the notification is {state}: no outcome yet"
        yield found("notification", Cause.STILL_WAITING, app.app_id, sentence)
    else:
        yield unknown("notification", f"it is {state}, without an outcome on this device")


def _check_skip(app: App, skipped: SkippedPlayer) -> Finding:
    sentence = f"player '{skipped.player_id}' was skipped: {skipped.reason}"
    match skipped.reason:
        case "no_channel":
            return found("notification", Cause.CHANNEL_MISSING, app.app_id, sentence)
        case "in_game":
            return found("notification", Cause.IN_GAME, app.app_id, sentence, level="note")
        case _:
            return Finding(check="notification", level="note", sentence=sentence)


def _check(app: App, outcome: DeviceOutcome) -> Finding:
    check = "notification"
    where = f"{outcome.device_id}: {outcome.kind} {outcome.outcome}"
    device_status = outcome.details.get("device_status")
    level: Level = "problem"
    match outcome.outcome:
        case "delivered" if device_status in _OFFLINE:
            cause = Cause.DEVICE_OFFLINE
        case "delivered":
            return ok(check, f"{where}: WNS accepted it for the device")
        case "cancelled":
            return Finding(check=check, level="note", sentence=f"{where}: it was cancelled")
        case "unknown":
            cause, level = Cause.RESPONSE_LOST, "note"
        case "dropped":
            cause = _cause_of_drop(device_status)
        case "forbidden":
            cause = _cause_of_403(app, outcome)
        case other:
            cause = _BY_OUTCOME.get(other, Cause.DROPPED)
    said = outcome.details.get("error_description") or outcome.details.get("transport_error")
    sentence = f"{where}{f' ({said})' if said else ''}"
    return found(check, cause, app.app_id, sentence, level=level)


def _cause_of_drop(device_status: object) -> Cause:
    if device_status in _OFFLINE:
        return Cause.DEVICE_OFFLINE
    return Cause.TOASTS_OFF if device_status == "connected" else Cause.DROPPED


def _cause_of_403(app: App, outcome: DeviceOutcome) -> Cause:
    """Return the cause of a 403.

    it names allowed receivers                      → not allow-listed
    it has a description or a status                → another app's channel
    it has neither, and the app's identity is Entra → the package family name is not mapped
    it has neither                                  → another app's channel
    """
    said = str(outcome.details.get("error_description") or "")
    if "allowed receiving apps" in said:
        return Cause.NOT_ALLOW_LISTED
    has_headers = bool(said or outcome.details.get("notification_status"))
    if app.identity == "entra" and not has_headers:
        return Cause.PACKAGE_FAMILY_NOT_MAPPED
    return Cause.IDENTITY_MISMATCH

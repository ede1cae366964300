"""Checks of an app: settings, pauses, credentials, access token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pushctl.client.aws import map_aws_errors
from pushctl.client.doctor.causes import Cause, Finding, found, ok
from pushctl.client.logs import search_logs
from pushctl.client.status import paused_until
from pushctl.client.tokens import changed_at, describe_secret, token_info
from pushctl.client.when import ago, clock_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from push.apps.models import App
    from pushctl.client.stack import Stack

_OLD_S = 18 * 3600
"""Tokens live a day and are refreshed after half of it."""
_STOPS = {
    "quota_exceeded": (Cause.QUOTA_EXCEEDED, "its monthly quota at WNS is used up"),
    "sender_blocked": (Cause.SENDER_BLOCKED, "WNS has blocked this sender"),
}
_NOT_REFRESHED = "access token not refreshed"
_UNREACHABLE = ("did not respond", "could not be reached", "unavailable", "time", "connect")


def check_app(stack: Stack, app: App) -> Iterator[Finding]:
    """Yield what is found about an app that exists, in the order of a notification's way."""
    if app.enabled:
        yield ok("app", f"app '{app.app_id}' is switched on")
    else:
        yield found("app", Cause.APP_DISABLED, app.app_id, f"app '{app.app_id}' is switched off")
    if app.stopped is None:
        yield ok("stopped", "WNS has not stopped the app")
    else:
        cause, why = _STOPS.get(app.stopped, (Cause.SENDER_BLOCKED, app.stopped))
        yield found("stopped", cause, app.app_id, f"the service stopped the app: {why}")
    with map_aws_errors("read the app's pause"):
        until = paused_until(stack, app.app_id, time.time())
    if until is None:
        yield ok("throttled", "WNS has not asked the app to wait")
    elif app.stopped is None:
        sentence = f"WNS asked the app to wait until {clock_time(until)}"
        yield found("throttled", Cause.THROTTLED, app.app_id, sentence)
    yield from _check_token(stack, app)


def _check_token(stack: Stack, app: App) -> Iterator[Finding]:
    info = token_info(stack, app.app_id)
    if not info.has_credentials:
        sentence = f"app '{app.app_id}' has no credentials"
        yield found("credentials", Cause.CREDENTIALS_MISSING, app.app_id, sentence)
        return
    refusal = _last_failure(stack, app.app_id, info.stored_at)
    if refusal is None:
        yield ok("credentials", "Microsoft has not refused the stored credentials")
    elif any(word in refusal.lower() for word in _UNREACHABLE):
        yield found("credentials", Cause.TOKEN_ENDPOINT_UNREACHABLE, app.app_id, refusal)
    else:
        yield found("credentials", Cause.CREDENTIALS_REFUSED, app.app_id, refusal)
    if not info.is_stored:
        sentence = "there is no access token, so nothing can be sent"
        yield found("token", Cause.TOKEN_MISSING, app.app_id, sentence)
    elif not info.is_valid:
        expired = f"the access token expired at {clock_time(info.expires_at or 0)}"
        yield found("token", Cause.TOKEN_EXPIRED, app.app_id, expired)
    elif info.is_of_current_credentials is False:
        sentence = "the access token was obtained with earlier credentials"
        yield found("token", Cause.TOKEN_OUTDATED, app.app_id, sentence)
    else:
        age_s = time.time() - (info.stored_at or time.time())
        if age_s > _OLD_S:
            sentence = f"the access token was obtained {ago(age_s)}"
            yield found("token", Cause.TOKEN_OLD, app.app_id, sentence)
        else:
            yield ok("token", f"the access token was obtained {ago(age_s)} and is valid")


def _last_failure(stack: Stack, app_id: str, token_stored_at: int | None) -> str | None:
    """Return why the last refresh failed, None if it did not.

    Failures from before the stored token, or from before the present credentials, are past.
    """
    with map_aws_errors("read the app's credentials"):
        described = describe_secret(stack, app_id, "credentials")
    credentials_at = None if described is None else changed_at(described)
    past = max(token_stored_at or 0, credentials_at or 0)
    lines = search_logs(
        stack, app_id, since_s=48 * 3600, functions=["token_refresher"], levels=["WARNING"]
    ).lines
    failures = [
        line
        for line in lines
        if line.message == _NOT_REFRESHED
        and line.fields.get("app_id") == app_id
        and line.fields.get("status") == "failed"
        and line.at >= past
    ]
    return str(failures[-1].fields.get("reason")) if failures else None

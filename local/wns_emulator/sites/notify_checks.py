"""The checks of a notification before WNS accepts it, apart from those of its headers.

Source: the response codes in "Push notification service request and response headers" on Microsoft
Learn; texts and header combinations are from recorded responses.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from local.wns_emulator.payloads.reading import read_document
from local.wns_emulator.payloads.xml import PayloadDiscardedError
from local.wns_emulator.sites.notify_headers import NotifyRefusal
from local.wns_emulator.state.access_tokens import AccessTokens, TokenRefusedError

if TYPE_CHECKING:
    from local.wns_emulator.state.apps import App
    from local.wns_emulator.state.channels import Channel
    from local.wns_emulator.state.notification import NotificationKind
    from local.wns_emulator.state.switches import Switches
    from local.wns_emulator.wire.http1 import Request

LARGEST_BODY = 5000
CHALLENGE = ("WWW-Authenticate", "Bearer")
WRONG_APP = "Channel URL incompatible with caller app"
NOT_ALLOWED = "Request targets an app that is not in allowed receiving apps list by WNS."
APP_THROTTLED = (
    "App is throttled. Wait for the seconds of the value in Retry-After header and try again"
)
TOO_MANY_REQUESTS = 429


def check_transport(request: Request, switches: Switches) -> None:
    """Check the method, the framing and the sending domain; raises NotifyRefusal."""
    if request.method not in {"POST", "DELETE"}:
        wns_status = "dropped" if switches.method_refusal_has_status else None
        allowed = (("Allow", "POST, DELETE"),)
        raise NotifyRefusal(405, wns_status=wns_status, headers=allowed, why="wrong method")
    if request.framing_fault:
        closes = (("Connection", "close"),)
        raise NotifyRefusal(switches.length_required_status, request.framing_fault, headers=closes)
    if switches.domain_blocked:
        raise NotifyRefusal(
            410, wns_status=None, reason="Domain Blocked", why="the sending domain is blocked"
        )


def check_channel(channel: Channel | None, now: float) -> Channel:
    """Return the channel if it exists and is open; raises NotifyRefusal."""
    if channel is None:
        raise NotifyRefusal(404, wns_status=None, why="no channel has this URI")
    state = channel.state(now)
    if state == "revoked":
        # As recorded in microsoft/WindowsAppSDK#4446 (May 2024). Closed and expired channels are
        # `dropped`: Microsoft documents that and no other record exists.
        raise NotifyRefusal(410, "Revoked channel URL", wns_status="revoked")
    if state != "open":
        raise NotifyRefusal(410, why=f"the channel is {state}")
    return channel


def read_caller(request: Request, tokens: AccessTokens, switches: Switches, now: float) -> App:
    """Return the app that the request's access token was issued to; raises NotifyRefusal."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        raise NotifyRefusal(
            switches.missing_authorization_status,
            wns_status=None,
            headers=(CHALLENGE,),
            why="the Authorization header is missing",
        )
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise NotifyRefusal(401, "The Authorization is not a bearer token.", headers=(CHALLENGE,))
    try:
        return tokens.owner(token.strip(), now)
    except TokenRefusedError as refused:
        raise NotifyRefusal(401, str(refused), headers=(CHALLENGE,)) from refused


def check_caller(caller: App, channel: Channel, switches: Switches) -> None:
    """Check that the caller may send to this channel; raises NotifyRefusal."""
    if caller is not channel.app:
        raise NotifyRefusal(403, WRONG_APP)
    if caller.identity == "entra" and not caller.pfn_mapped:
        raise NotifyRefusal(
            403, wns_status=None, why="the package family name is not mapped to the Entra app"
        )
    if not caller.allow_listed:
        no_challenge = (("WWW-Authenticate", ""),)
        raise NotifyRefusal(
            switches.not_allow_listed_status, NOT_ALLOWED, wns_status=None, headers=no_challenge
        )


def check_body(request: Request, kind: NotificationKind, switches: Switches) -> None:
    """Check the body's size and, in strict mode, its content; raises NotifyRefusal."""
    if request.body_size > LARGEST_BODY:
        why = f"{request.body_size} bytes are more than {LARGEST_BODY}"
        raise NotifyRefusal(413, reason="Request Entity Too Large", why=why)
    if kind == "raw":
        if not request.body_size and switches.empty_raw == "refuse":
            raise NotifyRefusal(400, "The raw notification is empty.")
    elif switches.strict_payloads:
        try:
            accepts_bom = switches.payload_bom == "accept"
            read_document(kind, bytes(request.body), accepts_bom=accepts_bom)
        except PayloadDiscardedError as discarded:
            raise NotifyRefusal(400, f"The payload is not valid: {discarded}") from discarded


def check_throttles(channel: Channel, switches: Switches, now: float) -> None:
    """Count the request against the limits of app and channel; raises NotifyRefusal."""
    throttle = channel.app.throttle
    if not throttle.is_closed(now):
        rate = switches.app_requests_per_second
        if not throttle.count(now, limit=rate, window_seconds=1.0):
            pause = switches.app_throttle_retry_after
            throttle.close(now + pause)
    if throttle.is_closed(now):
        status = switches.app_throttle_status
        seconds = max(1, math.ceil(throttle.until - now))
        raise NotifyRefusal(
            status,
            APP_THROTTLED if status == TOO_MANY_REQUESTS else None,
            wns_status="appthrottled",
            headers=(("Retry-After", str(seconds)),),
            why="the app is throttled",
        )
    throttle = channel.throttle
    rate = switches.channel_requests_per_minute
    if throttle.is_closed(now) or not throttle.count(now, limit=rate, window_seconds=60.0):
        after = throttle.retry_after
        raise NotifyRefusal(
            switches.channel_throttle_status,
            wns_status="channelthrottled",
            headers=(("Retry-After", str(after)),) if after is not None else (),
            why="the channel is throttled: the notification is lost",
        )

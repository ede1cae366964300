"""`*.notify.windows.com`: the door that notifications are posted to.

The order of the checks is inferred: method, transport, blocked domain, channel, token, app, headers,
size, throttles, delivery.
"""

from __future__ import annotations

import base64
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from local.wns_emulator.access_tokens import TokenRefusedError
from local.wns_emulator.delivery import Verdict, deliver
from local.wns_emulator.http1 import Reply, Request
from local.wns_emulator.notification import Notification
from local.wns_emulator.notify_headers import NotifyRefusal, Wishes, read_match, read_wishes
from local.wns_emulator.payload_reading import read_document
from local.wns_emulator.payload_xml import PayloadDiscardedError

if TYPE_CHECKING:
    from local.wns_emulator.apps import App
    from local.wns_emulator.channels import Channel
    from local.wns_emulator.core import Core
    from local.wns_emulator.faults import Fault

LARGEST_BODY = 5000
MACHINE = "WNSEMULATOR01"
SECURITY = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
CHALLENGE = ("WWW-Authenticate", "Bearer")
WRONG_APP = "Channel URL incompatible with caller app"
NOT_ALLOWED = "Request targets an app that is not in allowed receiving apps list by WNS."
APP_THROTTLED = (
    "App is throttled. Wait for the seconds of the value in Retry-After header and try again"
)
STATUS_NAMES = {
    "both": ("X-WNS-STATUS", "X-WNS-NOTIFICATIONSTATUS"),
    "new": ("X-WNS-STATUS",),
    "old": ("X-WNS-NOTIFICATIONSTATUS",),
}
MINUTE = 60.0


class NotifySite:
    """Answers `POST /?token=…` and `DELETE /?token=…`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def continue_delay(self) -> float:
        return self._core.switches.continue_delay

    def answer(self, request: Request) -> Reply:
        channel = self._core.channels.addressed(request.target)
        app_id = channel.app.app_id if channel else None
        channel_id = channel.channel_id if channel else None
        message_id = f"{self._core.random.getrandbits(64):X}"
        details: dict[str, Any] = {
            "channel_id": channel_id,
            "device_id": channel.device.device_id if channel else None,
            "app": app_id,
            "message_id": message_id,
            "type": request.headers.get("x-wns-type"),
            "body": request.body.decode("utf-8", errors="replace"),
        }
        common = self._common_headers(request, message_id)
        fault = self._core.faults.take("notify", app_id, channel_id)
        if fault is not None and not fault.carries_out:
            details |= {"outcome": "fault"}
            reply = _fault_answer(fault, common)
        else:
            reply = self._true_answer(request, channel, common, details)
            if fault is not None:
                reply = _fault_answer(fault, common) if fault.code else fault.spoil(reply)
        if fault is not None:
            details["fault"] = fault.name()
        self._core.log.add(self._core.clock.now(), "notify", request, reply, details)
        return reply

    def _true_answer(
        self,
        request: Request,
        channel: Channel | None,
        common: list[tuple[str, str]],
        details: dict[str, Any],
    ) -> Reply:
        try:
            verdict = self._decide(request, channel, details)
        except NotifyRefusal as refusal:
            details |= {
                "outcome": refusal.wns_status or "refused",
                "why": refusal.why or refusal.description,
            }
            headers = [*common, *self._status(refusal.wns_status), *refusal.headers]
            if refusal.description:
                headers.append(("X-WNS-ERROR-DESCRIPTION", refusal.description))
            headers += self._connection(request, channel) if refusal.status == HTTPStatus.OK else []
            reason = refusal.reason or HTTPStatus(refusal.status).phrase
            return Reply(refusal.status, reason, headers)
        details |= {"outcome": verdict.outcome, "why": verdict.why}
        headers = [*common, *self._status(verdict.status), *self._connection(request, channel)]
        return Reply(200, "OK", headers)

    def _decide(
        self, request: Request, channel: Channel | None, details: dict[str, Any]
    ) -> Verdict:
        now = self._core.clock.now()
        self._check_transport(request)
        channel = self._check_channel(channel, now)
        self._check_caller(self._caller(request, now), channel)
        if request.method == "DELETE":
            return self._remove_toasts(request, channel)
        wishes = read_wishes(request, self._core.switches)
        if wishes.warnings:
            details["warnings"] = list(wishes.warnings)
        self._check_body(request, wishes)
        self._check_throttles(channel, now)
        if wishes.kind == "raw" and not request.body_size:
            return Verdict("received", "discarded", "an empty raw notification is never delivered")
        notification = Notification(
            kind=wishes.kind,
            body=bytes(request.body),
            channel_id=channel.channel_id,
            app_id=channel.app.app_id,
            message_id=details["message_id"],
            received_at=now,
            caches=wishes.caches,
            ttl=wishes.ttl,
            tag=wishes.tag,
            group=wishes.group,
            collection=wishes.collection,
            priority=wishes.priority,
            suppress_popup=wishes.suppress_popup,
        )
        return deliver(self._core, channel, notification)

    def _check_transport(self, request: Request) -> None:
        switches = self._core.switches
        if request.method not in {"POST", "DELETE"}:
            wns_status = "dropped" if switches.method_refusal_has_status else None
            raise NotifyRefusal(
                405, wns_status=wns_status, headers=(("Allow", "POST, DELETE"),), why="wrong method"
            )
        if request.framing_fault:
            raise NotifyRefusal(
                switches.length_required_status,
                request.framing_fault,
                headers=(("Connection", "close"),),
            )
        if switches.domain_blocked:
            raise NotifyRefusal(
                410, wns_status=None, reason="Domain Blocked", why="the sending domain is blocked"
            )

    def _check_channel(self, channel: Channel | None, now: float) -> Channel:
        if channel is None:
            raise NotifyRefusal(404, wns_status=None, why="no channel has this URI")
        state = channel.state(now)
        if state == "revoked":
            raise NotifyRefusal(410, "Revoked channel URL")
        if state != "open":
            raise NotifyRefusal(410, why=f"the channel is {state}")
        return channel

    def _caller(self, request: Request, now: float) -> App:
        authorization = request.headers.get("authorization")
        if authorization is None:
            raise NotifyRefusal(
                self._core.switches.missing_authorization_status,
                wns_status=None,
                headers=(CHALLENGE,),
                why="there is no Authorization header",
            )
        scheme, _, token = authorization.partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise TokenRefusedError("The Authorization header holds no bearer token.")
            return self._core.tokens.owner(token.strip(), now)
        except TokenRefusedError as refused:
            raise NotifyRefusal(401, str(refused), headers=(CHALLENGE,)) from refused

    def _check_caller(self, caller: App, channel: Channel) -> None:
        if caller is not channel.app:
            raise NotifyRefusal(403, WRONG_APP)
        if caller.identity == "entra" and not caller.pfn_mapped:
            raise NotifyRefusal(
                403, wns_status=None, why="the package family name is not mapped to the Entra app"
            )
        if not caller.allow_listed:
            raise NotifyRefusal(
                self._core.switches.not_allow_listed_status,
                NOT_ALLOWED,
                wns_status=None,
                headers=(("WWW-Authenticate", ""),),
            )

    def _check_body(self, request: Request, wishes: Wishes) -> None:
        switches = self._core.switches
        if request.body_size > LARGEST_BODY:
            raise NotifyRefusal(413, why=f"{request.body_size} bytes are more than {LARGEST_BODY}")
        if wishes.kind == "raw":
            if not request.body_size and switches.empty_raw == "refuse":
                raise NotifyRefusal(400, "The raw notification is empty.")
        elif switches.strict_payloads:
            try:
                accepts_bom = switches.payload_bom == "accept"
                read_document(wishes.kind, bytes(request.body), accepts_bom=accepts_bom)
            except PayloadDiscardedError as discarded:
                raise NotifyRefusal(400, f"The payload is not valid: {discarded}") from discarded

    def _check_throttles(self, channel: Channel, now: float) -> None:
        switches, app = self._core.switches, channel.app
        rate = switches.app_requests_per_second
        if not app.throttle.admits(now, limit=rate, window_seconds=1.0):
            seconds = (
                app.throttle.seconds_left(now)
                if now < app.throttle.until
                else switches.app_throttle_retry_after
            )
            status = switches.app_throttle_status
            raise NotifyRefusal(
                status,
                APP_THROTTLED if status == HTTPStatus.TOO_MANY_REQUESTS else None,
                wns_status="appthrottled",
                headers=(("Retry-After", str(seconds)),),
                why="the app is throttled",
            )
        rate = switches.channel_requests_per_minute
        if not channel.throttle.admits(now, limit=rate, window_seconds=MINUTE):
            after = channel.throttle.retry_after
            raise NotifyRefusal(
                switches.channel_throttle_status,
                wns_status="channelthrottled",
                headers=(("Retry-After", str(after)),) if after is not None else (),
                why="the channel is throttled: the notification is lost",
            )

    def _remove_toasts(self, request: Request, channel: Channel) -> Verdict:
        match = read_match(request, self._core.switches)
        if match is None:
            return Verdict("received", "dropped", "X-WNS-Match cannot be understood")
        channel.held = [
            held
            for held in channel.held
            if held.kind != "toast" or not match.covers(held.tag, held.group)
        ]
        if not channel.device.online:
            return Verdict("dropped", "dropped", "the device is off line")
        removed = channel.device.remove_toasts(channel.app.app_id, match)
        self._core.events.publish(
            "removed",
            {
                "device_id": channel.device.device_id,
                "app": channel.app.app_id,
                "tag": match.tag,
                "group": match.group,
                "toasts": removed,
            },
        )
        return Verdict("received", "shown", f"{removed} toasts removed")

    def _common_headers(self, request: Request, message_id: str) -> list[tuple[str, str]]:
        vector = request.headers.get("ms-cv")
        if vector is None:
            random_bytes = self._core.random.randbytes(12)
            vector = f"{base64.b64encode(random_bytes).decode()}.0"
        return [
            ("X-WNS-MSG-ID", message_id),
            ("X-WNS-DEBUG-TRACE", MACHINE),
            ("MS-CV", vector),
            SECURITY,
            ("Date", formatdate(self._core.clock.now(), usegmt=True)),
        ]

    def _status(self, value: str | None) -> list[tuple[str, str]]:
        if value is None:
            return []
        return [(name, value) for name in STATUS_NAMES[self._core.switches.status_headers]]

    def _connection(self, request: Request, channel: Channel | None) -> list[tuple[str, str]]:
        if channel is None or request.headers.get("x-wns-requestforstatus") != "true":
            return []
        return [("X-WNS-DEVICECONNECTIONSTATUS", channel.device.connection)]


def _fault_answer(fault: Fault, common: list[tuple[str, str]]) -> Reply:
    extra = []
    if fault.code == HTTPStatus.INTERNAL_SERVER_ERROR:
        extra.append(("X-WNS-DEVICECONNECTIONSTATUS", "unknown"))
    return fault.made_answer([*common, *extra])

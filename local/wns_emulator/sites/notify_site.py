"""The host `*.notify.windows.com`, to which notifications are posted.

The order of the checks is inferred: method, transport, blocked domain, channel, token, app,
headers, size, throttles, delivery.
"""

from __future__ import annotations

import base64
import time
from dataclasses import asdict
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from local.wns_emulator.sites.notify_checks import (
    check_body,
    check_caller,
    check_channel,
    check_throttles,
    check_transport,
    read_caller,
)
from local.wns_emulator.sites.notify_headers import NotifyRefusal, parse_headers, parse_match
from local.wns_emulator.state.delivery import Decision, deliver
from local.wns_emulator.state.notification import Notification
from local.wns_emulator.wire.http1 import Reply, Request

if TYPE_CHECKING:
    from local.wns_emulator.state.channels import Channel
    from local.wns_emulator.state.core import Core
    from local.wns_emulator.state.faults import Fault

MACHINE = "WNSEMULATOR01"
SECURITY = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
STATUS_NAMES = {
    "both": ("X-WNS-STATUS", "X-WNS-NOTIFICATIONSTATUS"),
    "new": ("X-WNS-STATUS",),
    "old": ("X-WNS-NOTIFICATIONSTATUS",),
}
CORRELATION_BYTES = 12


class NotifySite:
    """Serves `POST /?token=…` and `DELETE /?token=…`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def continue_delay(self) -> float:
        return self._core.switches.continue_delay

    def respond(self, request: Request) -> Reply:
        channel = self._core.channels.addressed(request.target, self._core.switches.uri_escapes)
        details: dict[str, Any] = {
            "channel_id": channel.channel_id if channel else None,
            "device_id": channel.device.device_id if channel else None,
            "app": channel.app.app_id if channel else None,
            "message_id": f"{self._core.random.getrandbits(64):X}",
            "type": request.headers.get("x-wns-type"),
            "body": request.body.decode("utf-8", errors="replace"),
        }
        common = self._common_headers(request, details["message_id"])
        fault = self._core.faults.take("notify", details["app"], details["channel_id"])
        if fault is None:
            reply = self._true_reply(request, channel, common, details)
        elif fault.takes_effect:
            reply = self._true_reply(request, channel, common, details)
            reply = _fault_reply(fault, common) if fault.code else fault.corrupt(reply)
        else:
            details["outcome"] = "fault"
            reply = _fault_reply(fault, common)
        if fault is not None:
            details["fault"] = fault.name()
        reply.delay = self._delay(reply.delay, channel)
        self._core.log.add(self._core.clock.now(), "notify", request, reply, details)
        return reply

    def _delay(self, of_fault: float, channel: Channel | None) -> float:
        of_device = channel.device.response_delay if channel else 0.0
        pause = self._core.faults.paused_until - time.monotonic()
        return max(of_fault + of_device, pause)

    def _true_reply(
        self,
        request: Request,
        channel: Channel | None,
        common: list[tuple[str, str]],
        details: dict[str, Any],
    ) -> Reply:
        status, reason = 200, "OK"
        try:
            decision = self._decide(request, channel, details)
            details |= {"outcome": decision.outcome, "why": decision.why}
            headers = [*common, *self._status(decision.status)]
        except NotifyRefusal as refusal:
            status = refusal.status
            reason = refusal.reason or HTTPStatus(status).phrase
            details["outcome"] = refusal.wns_status or "refused"
            details["why"] = refusal.why or refusal.description
            headers = [*common, *self._status(refusal.wns_status), *refusal.headers]
            if refusal.description:
                headers.append(("X-WNS-ERROR-DESCRIPTION", refusal.description))
        asks = request.headers.get("x-wns-requestforstatus") == "true"
        if asks and channel is not None and status == HTTPStatus.OK:
            headers.append(("X-WNS-DEVICECONNECTIONSTATUS", channel.device.connection))
        return Reply(status, reason, headers)

    def _decide(
        self, request: Request, channel: Channel | None, details: dict[str, Any]
    ) -> Decision:
        switches, now = self._core.switches, self._core.clock.now()
        check_transport(request, switches)
        channel = check_channel(channel, now)
        caller = read_caller(request, self._core.tokens, switches, now)
        check_caller(caller, channel, switches)
        if request.method == "DELETE":
            return self._remove_toasts(request, channel)
        parsed = parse_headers(request, switches)
        if parsed.warnings:
            details["warnings"] = list(parsed.warnings)
        check_body(request, parsed.kind, switches)
        check_throttles(channel, switches, now)
        if parsed.kind == "raw" and not request.body_size:
            return Decision("received", "discarded", "an empty raw notification is never delivered")
        notification = Notification(
            **asdict(parsed),
            body=bytes(request.body),
            channel_id=channel.channel_id,
            app_id=channel.app.app_id,
            tile_id=channel.tile_id,
            message_id=details["message_id"],
            received_at=now,
        )
        return deliver(self._core, channel, notification)

    def _remove_toasts(self, request: Request, channel: Channel) -> Decision:
        match = parse_match(request, self._core.switches)
        if match is None:
            return Decision("received", "dropped", "X-WNS-Match is malformed")
        channel.held = [
            held
            for held in channel.held
            if held.kind != "toast" or not match.covers(held.tag, held.group)
        ]
        device = channel.device
        if not device.online:
            return Decision("dropped", "dropped", "the device is off line")
        removed = device.installation(channel.app.app_id).remove_toasts(match)
        self._core.events.publish(
            "removed",
            {
                "device_id": device.device_id,
                "app": channel.app.app_id,
                "tag": match.tag,
                "group": match.group,
                "toasts": removed,
            },
        )
        return Decision("received", "removed", f"{removed} toasts were removed")

    def _common_headers(self, request: Request, message_id: str) -> list[tuple[str, str]]:
        vector = request.headers.get("ms-cv")
        if vector is None:
            random_bytes = self._core.random.randbytes(CORRELATION_BYTES)
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


def _fault_reply(fault: Fault, common: list[tuple[str, str]]) -> Reply:
    if fault.code == HTTPStatus.INTERNAL_SERVER_ERROR:
        return fault.reply([*common, ("X-WNS-DEVICECONNECTIONSTATUS", "unknown")])
    return fault.reply(common)

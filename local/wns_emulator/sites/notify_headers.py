"""The request headers of a notification, parsed and checked.

Source: "Push notification service request and response headers" and "Notification priorities" on
Microsoft Learn. Texts quoted there or found in recorded responses are used verbatim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from local.wns_emulator.state.notification import NotificationHeaders, ToastMatch

if TYPE_CHECKING:
    from local.wns_emulator.state.notification import NotificationKind
    from local.wns_emulator.state.switches import Switches
    from local.wns_emulator.wire.http1 import Request

KINDS = {"wns/toast": "toast", "wns/tile": "tile", "wns/badge": "badge", "wns/raw": "raw"}
LONGEST_TAG = {"tile": 16}
LONGEST_TOAST_TAG = 64
LONGEST_GROUP = 64
TTL_CONFLICT = "Ttl value conflicts with X-WNS-Cache-Policy."
RAW_CONTENT_TYPE = "Content-Type should be application/octet-stream"
XML_CONTENT_TYPE = "Content-Type should be text/xml"
BOOLEANS = {"true", "false"}


@dataclass
class NotifyRefusal(Exception):  # noqa: N818
    """Raised for a response that is not 200; `wns_status` None means no status headers."""

    status: int
    description: str | None = None
    wns_status: str | None = "dropped"
    reason: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    why: str | None = None


def parse_headers(request: Request, switches: Switches) -> NotificationHeaders:
    """Parse the headers of a POST.

    Raises:
        NotifyRefusal: 400, for a header that WNS refuses.
    """
    headers = request.headers
    kind = cast("NotificationKind | None", KINDS.get(headers.get("x-wns-type", "")))
    if kind is None:
        raise NotifyRefusal(400, "X-WNS-Type is missing or not one of wns/toast, tile, badge, raw.")
    _check_content_type(headers.get("content-type", ""), kind)
    policy = _one_of(headers, "x-wns-cache-policy", {"cache", "no-cache"}, switches)
    _one_of(headers, "x-wns-requestforstatus", BOOLEANS, switches)
    caches = policy == "cache" if policy else _caches_by_default(kind, switches)
    ttl = _ttl(headers, switches)
    if ttl == 0 and caches and switches.ttl_conflict == "refuse":
        raise NotifyRefusal(400, TTL_CONFLICT)
    tag, group = headers.get("x-wns-tag", ""), headers.get("x-wns-group", "")
    warnings = _tag_faults(kind, tag, group)
    if warnings and switches.tag_and_group == "refuse":
        raise NotifyRefusal(400, warnings[0])
    priority = _priority(headers, switches)
    if "x-wns-suppresspopup" in headers and switches.suppress_popup == "refuse":
        raise NotifyRefusal(400, "X-WNS-SuppressPopup is not for channels of this platform.")
    return NotificationHeaders(
        kind=kind,
        caches=caches,
        ttl=ttl,
        tag=tag,
        group=group,
        collection=headers.get("x-wns-collectionid"),
        priority=priority,
        suppress_popup=headers.get("x-wns-suppresspopup") == "true",
        warnings=warnings,
    )


def parse_match(request: Request, switches: Switches) -> ToastMatch | None:
    """Parse which toasts a DELETE removes; None where a malformed `X-WNS-Match` is ignored.

    Accepts both `type:wns/toast` (as documented) and `type=wns/toast` (as known senders write it),
    with tag and group in either order.

    Raises:
        NotifyRefusal: 400, for a header that WNS refuses.
    """
    match = _toast_match(request.headers.get("x-wns-match", ""))
    if match is None and switches.delete_match == "refuse":
        raise NotifyRefusal(400, "X-WNS-Match is missing or malformed.")
    return match


def _toast_match(text: str) -> ToastMatch | None:
    first, *parts = [part.strip() for part in text.split(";")]
    if first not in {"type:wns/toast", "type=wns/toast"} or not parts:
        return None
    if parts == ["all"]:
        return ToastMatch()
    found: dict[str, str] = {}
    for part in parts:
        name, _, value = part.partition("=")
        if name not in {"tag", "group"} or not value or name in found:
            return None
        found[name] = value
    return ToastMatch(found.get("tag"), found.get("group"))


def _check_content_type(value: str, kind: NotificationKind) -> None:
    media_type = value.partition(";")[0].strip().lower()
    if kind == "raw" and media_type != "application/octet-stream":
        raise NotifyRefusal(400, RAW_CONTENT_TYPE)
    if kind != "raw" and media_type != "text/xml":
        raise NotifyRefusal(400, XML_CONTENT_TYPE)


def _one_of(
    headers: dict[str, str], name: str, allowed: set[str], switches: Switches
) -> str | None:
    value = headers.get(name)
    if value is None or value in allowed:
        return value
    if switches.header_values == "refuse":
        raise NotifyRefusal(400, f"The value of {name} is not one of {', '.join(sorted(allowed))}.")
    return None


def _caches_by_default(kind: NotificationKind, switches: Switches) -> bool:
    if kind == "toast":
        return switches.offline_toast == "cache"
    return kind != "raw"


def _ttl(headers: dict[str, str], switches: Switches) -> int | None:
    text = headers.get("x-wns-ttl")
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,10}", text):
        return int(text)
    if switches.ttl_value == "refuse":
        raise NotifyRefusal(400, "X-WNS-TTL is not a whole number of seconds.")
    return None


def _priority(headers: dict[str, str], switches: Switches) -> int | None:
    text = headers.get("x-wns-priority")
    if text is None:
        return None
    if text in {"1", "2", "3", "4"}:
        return int(text)
    if switches.priority_value == "refuse":
        raise NotifyRefusal(400, "X-WNS-PRIORITY is not 1, 2, 3 or 4.")
    return None


def _tag_faults(kind: NotificationKind, tag: str, group: str) -> tuple[str, ...]:
    faults = []
    longest = LONGEST_TAG.get(kind, LONGEST_TOAST_TAG)
    if len(tag) > longest:
        faults.append(f"X-WNS-Tag of a {kind} has more than {longest} characters.")
    if len(group) > LONGEST_GROUP:
        faults.append(f"X-WNS-Group has more than {LONGEST_GROUP} characters.")
    faults += [
        f"{name} is not alphanumeric."
        for name, value in (("X-WNS-Tag", tag), ("X-WNS-Group", group))
        if value and not (value.isascii() and value.isalnum())
    ]
    return tuple(faults)

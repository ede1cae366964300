"""Notifications: a payload with its headers, ready to be sent.

Rules: the pages "Push notification service request and response headers" (headers, sizes),
"Priorities" (X-WNS-PRIORITY), "Toast collections" (X-WNS-CollectionId), and the tag and group of
ToastNotification (64 characters since Windows 10 build 15063).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from wns._schema.fields import NO_BOOL, matching
from wns.errors import InvalidNotificationError, PayloadTooLargeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wns.content import Payload

Kind = Literal["toast", "tile", "badge", "raw"]

MAX_BYTES = 5000
MAX_TILE_TAG = 16
MAX_TOAST_TAG = 64
# WNS documents no maximum TTL. This one is 68 years.
MAX_TTL_SECONDS = 2**31 - 1

_ALPHANUMERIC = "[A-Za-z0-9]+"
_LABEL = matching(_ALPHANUMERIC, "tag and group must be ASCII letters and digits only.")
_HEADER_TEXT = matching(
    "[!-~]([ -~]*[!-~])?", "collection_id must be printable ASCII without a space at either end."
)
_KINDS_OF_OPTION: Mapping[str, frozenset[Kind]] = {
    "tag": frozenset({"toast", "tile"}),
    "group": frozenset({"toast"}),
    "suppress_popup": frozenset({"toast"}),
    "collection_id": frozenset({"toast"}),
}


class NotificationOptions(BaseModel):
    """Delivery options of a notification. WNS applies its own default to what is not set."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    ttl_seconds: Annotated[int, Field(ge=0, le=MAX_TTL_SECONDS), NO_BOOL] | None = Field(
        None,
        description="Seconds after which WNS stops trying to deliver it; 0: at once or not at all."
        " By default, tiles and badges expire 3 days after arrival, others never.",
    )
    priority: Annotated[int, Field(ge=1, le=4), NO_BOOL] | None = Field(
        None,
        description="1 high (default of toasts), 2 medium (tiles, badges), 3 low (raw), 4 very low."
        " Decides what a device in battery saver receives.",
    )
    tag: Annotated[str, _LABEL] | None = Field(
        None,
        description="A newer notification with the same tag replaces the older one. Letters and"
        " digits: up to 16 for tiles, up to 64 for toasts (16 before Windows 10 build 15063).",
        json_schema_extra={"maxLength": MAX_TOAST_TAG},
    )
    group: Annotated[str, _LABEL] | None = Field(
        None,
        description="Toasts only: together with the tag, identifies a toast to replace or remove."
        " Letters and digits, up to 64.",
        json_schema_extra={"maxLength": MAX_TOAST_TAG},
    )
    cache_policy: Literal["cache", "no-cache"] | None = Field(
        None,
        description="Whether WNS stores it for a device that is offline (default: cache, except for"
        " raw notifications and with ttl_seconds 0).",
    )
    suppress_popup: bool | None = Field(
        None,
        description="Toasts only: straight to the notification centre. For Windows Phone; on other"
        " channels, WNS rejects the request.",
    )
    collection_id: Annotated[str, _HEADER_TEXT] | None = Field(
        None, description="Toasts only: id of the toast collection that it belongs to."
    )
    request_for_status: bool | None = Field(
        None, description="Whether WNS reports if the device is connected."
    )

    def for_kind(self, kind: Kind) -> Self:
        """Return these options without those that do not apply to `kind`."""
        other = {option for option, kinds in _KINDS_OF_OPTION.items() if kind not in kinds}
        return self.model_copy(update=dict.fromkeys(other))


@dataclass(frozen=True, slots=True)
class Notification:
    """Body and headers of a POST to a channel.

    The headers are Content-Type and X-WNS-*; the client adds Authorization and Content-Length.
    """

    kind: Kind
    body: bytes
    headers: Mapping[str, str]

    @classmethod
    def of(cls, payload: Payload, options: NotificationOptions | None = None) -> Self:
        """Return a payload as a notification with these options.

        Raises:
            InvalidNotificationError: the options contradict each other or do not apply to the
                payload.
            PayloadTooLargeError: the body is over 5,000 bytes.
        """
        options = options or NotificationOptions()
        _check_options(payload.kind, options)
        body = payload.to_bytes() if payload.kind == "raw" else payload.to_xml()
        if len(body) > MAX_BYTES:
            raise PayloadTooLargeError(len(body), MAX_BYTES)
        return cls(payload.kind, body, _headers(payload.kind, options))


@dataclass(frozen=True, slots=True)
class ToastRemoval:
    """Headers of a DELETE to a channel, which removes toasts from the notification centre.

    Documented for Windows Phone channels only.
    """

    headers: Mapping[str, str]

    @classmethod
    def of(
        cls,
        *,
        tag: str | None = None,
        group: str | None = None,
        all: bool = False,  # noqa: A002 - the protocol's own word
        separator: Literal[":", "="] = ":",
    ) -> Self:
        """Return the removal of one toast (tag and group), a tag, a group, or `all` of the app.

        Args:
            tag: tag of the toasts.
            group: group of the toasts.
            all: every toast of the app; excludes `tag` and `group`.
            separator: character after `type`. Microsoft's page has a colon, senders in the field
                use an equals sign.

        Raises:
            InvalidNotificationError: no or contradictory arguments, or a tag or group that no toast
                can have.
        """
        if all == bool(tag or group):
            raise InvalidNotificationError("Set either all, or tag, group or both.")
        for name, value in (("tag", tag), ("group", group)):
            if value is not None and not re.fullmatch(_ALPHANUMERIC, value):
                raise InvalidNotificationError(f"{name} must be ASCII letters and digits only.")
            _check_length(MAX_TOAST_TAG, name, value)
        parts = [f"type{separator}wns/toast"]
        parts += [f"group={group}"] if group else []
        parts += [f"tag={tag}"] if tag else []
        parts += ["all"] if all else []
        return cls({"X-WNS-Match": ";".join(parts)})


def _check_options(kind: Kind, options: NotificationOptions) -> None:
    for option, kinds in _KINDS_OF_OPTION.items():
        if getattr(options, option) is not None and kind not in kinds:
            raise InvalidNotificationError(
                f"{option} does not apply to kind {kind}, only to {', '.join(sorted(kinds))}:"
                " remove it."
            )
    _check_length(MAX_TILE_TAG if kind == "tile" else MAX_TOAST_TAG, "tag", options.tag)
    _check_length(MAX_TOAST_TAG, "group", options.group)
    if options.ttl_seconds == 0 and options.cache_policy == "cache":
        raise InvalidNotificationError(
            "ttl_seconds 0 contradicts cache_policy cache, so WNS would reject the request: set"
            " ttl_seconds above 0 or cache_policy to no-cache."
        )


def _check_length(limit: int, name: str, value: str | None) -> None:
    if value is not None and len(value) > limit:
        raise InvalidNotificationError(
            f"{name} must have at most {limit} characters; got {len(value)}."
        )


def _headers(kind: Kind, options: NotificationOptions) -> dict[str, str]:
    # WNS rejects (400) a TTL of 0 with caching, which is the default for most kinds.
    cache_policy = options.cache_policy or ("no-cache" if options.ttl_seconds == 0 else None)
    optional = {
        "X-WNS-Cache-Policy": cache_policy,
        "X-WNS-TTL": options.ttl_seconds,
        "X-WNS-PRIORITY": options.priority,
        "X-WNS-Tag": options.tag,
        "X-WNS-Group": options.group,
        # Omitted if false, which is the default: some channels reject the header itself.
        "X-WNS-SuppressPopup": "true" if options.suppress_popup else None,
        "X-WNS-CollectionId": options.collection_id,
        "X-WNS-RequestForStatus": "true" if options.request_for_status else None,
    }
    return {
        "Content-Type": "application/octet-stream" if kind == "raw" else "text/xml",
        "X-WNS-Type": f"wns/{kind}",
        **{name: str(value) for name, value in optional.items() if value is not None},
    }

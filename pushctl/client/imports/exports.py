"""What exports of Azure Notification Hubs and Amazon SNS say of a device."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

from pushctl.client.imports.records import RejectedRecordError


def of_xml(text: str) -> dict[str, Any]:
    """Return a registration, as the hub's bulk export writes one a line (Azure Notification Hubs,
    "Export and import registrations in bulk")."""
    if "<!" in text:  # a DTD can define entities without end, or read files
        raise RejectedRecordError("the XML has a DOCTYPE or a comment")
    try:
        root = ET.fromstring(text)  # noqa: S314 (without a DTD there are no entities)
    except (ET.ParseError, ValueError):
        raise RejectedRecordError("the line is not XML") from None
    texts: dict[str, str] = {}
    kind = ""
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name.endswith("RegistrationDescription"):
            kind = name
        texts.setdefault(name, (element.text or "").strip())
    if not kind.startswith("Windows"):
        raise RejectedRecordError(
            f"not a registration for Windows: {kind[:60] or 'no description'}"
        )
    return {
        "player": None,
        "device": texts.get("RegistrationId"),
        "channel_uri": texts.get("ChannelUri", ""),
        "tags": texts.get("Tags", "").split(","),
    }


def of_installation(content: Any) -> dict[str, Any]:
    """Return an installation (Azure Notification Hubs REST API, "Get installation")."""
    if not isinstance(content, dict):
        raise RejectedRecordError("not a registration or an installation")
    lowered = {str(key).lower(): value for key, value in content.items()}
    platform = str(lowered.get("platform", "wns")).lower()
    if platform != "wns":
        raise RejectedRecordError(f"not a registration for Windows: {platform[:60]}")
    tags = lowered.get("tags") or []
    return {
        "player": lowered.get("userid"),
        "device": lowered.get("installationid") or lowered.get("registrationid"),
        "channel_uri": lowered.get("pushchannel") or lowered.get("channeluri") or "",
        "tags": tags.split(",") if isinstance(tags, str) else list(tags) if _is_list(tags) else [],
        "renewed_at": lowered.get("lastupdate"),
    }


def of_endpoint(content: Any) -> dict[str, Any]:
    """Return an endpoint of an SNS platform application (Amazon SNS API reference,
    GetEndpointAttributes: Token, CustomUserData, Enabled)."""
    attributes = content.get("Attributes") if isinstance(content, dict) else None
    if not isinstance(attributes, dict):
        raise RejectedRecordError("not an endpoint: it has no Attributes")
    if str(attributes.get("Enabled", "true")).lower() != "true":
        raise RejectedRecordError("SNS has disabled the endpoint: its channel was gone")
    data = attributes.get("CustomUserData") or ""
    own: Any = None
    try:
        own = json.loads(data) if isinstance(data, str) else None
    except (ValueError, RecursionError):
        own = None
    if isinstance(own, dict):
        player = next(
            (own[key] for key in ("player", "player_id", "user", "userId") if key in own), None
        )
        extra = {key: own.get(key) for key in ("device", "locale")}
    else:
        player, extra = data, {}
    arn = str(content.get("EndpointArn", "")).rpartition("/")[2]
    return {
        "player": str(player) if isinstance(player, int) else player,
        "channel_uri": attributes.get("Token", ""),
        **extra,
        "device": extra.get("device") or arn or None,
    }


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)

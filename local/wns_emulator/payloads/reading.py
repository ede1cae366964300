"""The interpretation of payloads: what a device shows and plays, or why it discards them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from local.wns_emulator.payloads.schema import check_names_and_values
from local.wns_emulator.payloads.xml import Element, PayloadDiscardedError, parse_payload

DEFAULT_SOUND = "ms-winsoundevent:Notification.Default"
SOUND = re.compile(
    r"ms-winsoundevent:Notification\."
    r"(?:Default|IM|Mail|Reminder|SMS|Looping\.(?:Alarm|Call)(?:[2-9]|10)?)"
)
CUSTOM_SOUND = re.compile(r"(?:ms-appx:///|ms-resource)\S*", re.IGNORECASE)
LEGACY_TOAST = re.compile(r"Toast(?:Text|ImageAndText)0[1-4]")
MAX_TEXTS = 3
MAX_OF_A_KIND = 5
GLYPHS = frozenset(
    {
        *("activity", "alarm", "alert", "attention", "available", "away", "busy", "error"),
        *("newMessage", "paused", "playing", "unavailable"),
    }
)
TILE_SIZES = {
    "small": r"TileSmall|TileSquare71x71(?:IconWithBadge|Image)",
    "medium": r"TileMedium|TileSquare(?:150x150)?"
    r"(?:Image|Block|Text0[1-4]|PeekImageAndText0[1-4])|TileSquare150x150IconWithBadge",
    "wide": r"TileWide|TileWide(?:310x150)?(?:Image(?:Collection|AndText0[12])?"
    r"|BlockAndText0[12]|PeekImageCollection0[1-6]|PeekImageAndText0[12]|PeekImage0[1-6]"
    r"|SmallImageAndText0[1-5]|Text(?:0[1-9]|1[01]))|TileWide310x150IconWithBadgeAndText",
    "large": r"TileLarge|TileSquare310x310(?:BlockAndText0[12]|Image|ImageAndText0[12]"
    r"|ImageAndTextOverlay0[1-3]|ImageCollection(?:AndText0[12])?|SmallImageAndText01"
    r"|SmallImagesAndTextList0[1-5]|Text0[1-9]|TextList0[1-3])",
    "tall": r"TileTall150x310Image",
}
TILE_PATTERNS = {size: re.compile(pattern) for size, pattern in TILE_SIZES.items()}


@dataclass(frozen=True, slots=True)
class ToastReading:
    """The shown texts and the sound of a toast."""

    texts: tuple[str, ...]
    sound: str | None
    details: dict[str, Any]


def read_document(kind: str, body: bytes, *, accepts_bom: bool) -> Element:
    """Parse a payload and check that it is a document of its kind.

    Raises:
        PayloadDiscardedError: Windows would discard the payload.
    """
    root = parse_payload(body, accepts_bom=accepts_bom)
    if root.name != kind:
        raise PayloadDiscardedError(f"the root element is <{root.name}>, not <{kind}>")
    check_names_and_values(root)
    return root


def read_toast(root: Element) -> ToastReading:
    """Read a toast; raises PayloadDiscardedError."""
    binding = _bindings(root)[0]
    template = binding.attributes["template"]
    if template != "ToastGeneric" and not LEGACY_TOAST.fullmatch(template):
        raise PayloadDiscardedError(f"there is no toast template {template}")
    actions = root.first("actions")
    _check_actions(actions)
    texts, attribution = [], None
    for text in binding.all("text"):
        if text.attributes.get("placement") == "attribution":
            attribution = text.text
        else:
            texts.append(text.text)
    sound, note = _sound(root.first("audio"))
    header = root.first("header")
    details = {
        "attribution": attribution,
        "launch": root.attributes.get("launch"),
        "scenario": root.attributes.get("scenario", "default"),
        "duration": root.attributes.get("duration", "short"),
        "header": dict(header.attributes) if header else None,
        "buttons": [dict(action.attributes) for action in actions.all("action")] if actions else [],
        "note": note,
    }
    return ToastReading(tuple(texts[:MAX_TEXTS]), sound, details)


def read_tile(root: Element, size: str) -> dict[str, list[str]]:
    """Return a tile's texts by size, for a device that shows it in `size`.

    Raises:
        PayloadDiscardedError: the tile has no binding for that size, or none at all.
    """
    texts: dict[str, list[str]] = {}
    for binding in _bindings(root):
        for name in (binding.attributes["template"], binding.attributes.get("fallback", "")):
            fitting = [key for key, pattern in TILE_PATTERNS.items() if pattern.fullmatch(name)]
            if fitting:
                texts.setdefault(fitting[0], _texts(binding))
                break
    if size not in texts:
        raise PayloadDiscardedError(f"there is no binding for the tile size in use, {size}")
    return texts


def read_badge(root: Element) -> str | None:
    """Return the value shown on the icon, None if the badge is cleared.

    Raises:
        PayloadDiscardedError: the value does not exist.
    """
    value = root.attributes["value"]
    if re.fullmatch(r"[0-9]+", value):
        number = value.lstrip("0")
        return "99+" if len(number) > len("99") else number or None
    if value == "none":
        return None
    if value in GLYPHS:
        return value
    raise PayloadDiscardedError(f'"{value}" is neither a number nor a badge glyph')


def _bindings(root: Element) -> list[Element]:
    visuals = root.all("visual")
    if len(visuals) != 1:
        raise PayloadDiscardedError(f"<{root.name}> must have one <visual>, not {len(visuals)}")
    bindings = visuals[0].all("binding")
    if not bindings:
        raise PayloadDiscardedError("<visual> has no <binding>")
    return bindings


def _texts(element: Element) -> list[str]:
    found = []
    for child in element.children:
        found += [child.text] if child.name == "text" else _texts(child)
    return found


def _check_actions(actions: Element | None) -> None:
    if actions is None:
        return
    for name in ("input", "action"):
        if len(actions.all(name)) > MAX_OF_A_KIND:
            raise PayloadDiscardedError(f"there are more than {MAX_OF_A_KIND} <{name}> elements")
    for entry in actions.all("input"):
        if len(entry.all("selection")) > MAX_OF_A_KIND:
            raise PayloadDiscardedError(
                f"an <input> has more than {MAX_OF_A_KIND} <selection> elements"
            )


def _sound(audio: Element | None) -> tuple[str | None, str | None]:
    """Return the sound played, and a note if it is not the requested one."""
    if audio is None:
        return DEFAULT_SOUND, None
    if audio.attributes.get("silent") == "true":
        return None, None
    source = audio.attributes.get("src", DEFAULT_SOUND)
    if SOUND.fullmatch(source) or CUSTOM_SOUND.fullmatch(source):
        return source, None
    return DEFAULT_SOUND, f"there is no sound {source}: the default sound was played"

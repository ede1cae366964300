"""The names and values of toast, tile and badge documents, and what wrong ones lead to.

Source: the toast, tile and badge schemas and "Troubleshooting tile, toast, and raw notifications"
on Microsoft Learn: names and values are case-sensitive, and a payload with a wrong one is discarded
without a word. Names that belong to no schema are passed over, as newer ones are by older Windows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from local.wns_emulator.payload_xml import Element, PayloadDiscardedError

Check = Callable[[str], bool]

LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wy-z\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?"
    r"|x(?:-[a-z\d]{1,8})+",
    re.IGNORECASE,
)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
IMAGE_SCHEMES = {"http", "https", "ms-appx", "ms-appx-web", "ms-appdata", "ms-resource", "file"}
FORBIDDEN_IN_URI = re.compile(r"[\s<>\"\\^`{|}\x00-\x1f]")


def one_of(*values: str) -> Check:
    allowed = frozenset(values)
    return lambda value: value in allowed


def anything(_: str) -> bool:
    return True


def integer(value: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]+", value) is not None


def language(value: str) -> bool:
    """A BCP-47 language tag."""
    return LANGUAGE.fullmatch(value) is not None


def image_source(value: str) -> bool:
    """Empty, relative, or an address of a scheme that Windows loads images from."""
    if FORBIDDEN_IN_URI.search(value):
        return False
    scheme = SCHEME.match(value)
    if scheme is None:
        return True
    rest = value[scheme.end() :]
    if scheme[1].lower() in {"http", "https"}:
        return re.match(r"//[^/?#]", rest) is not None
    return scheme[1].lower() in IMAGE_SCHEMES


def progress_value(value: str) -> bool:
    """0.0 to 1.0, `indeterminate`, or a `{name}` that the game fills in."""
    if value == "indeterminate" or re.fullmatch(r"\{[^{}]+\}", value):
        return True
    return re.fullmatch(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+", value) is not None and float(value) <= 1


boolean = one_of("true", "false")
STYLES = ("caption", "body", "base", "subtitle", "title", "subheader", "header")
NUMERALS = ("titleNumeral", "subheaderNumeral", "headerNumeral")
SUBTLE = tuple(f"{style}Subtle" for style in STYLES + NUMERALS)
ACTIVATION = one_of("foreground", "background", "protocol", "system")
BRANDING = one_of("none", "logo", "name", "nameAndLogo")
STACKING = one_of("top", "center", "bottom")
COMMON = {"lang": language, "baseUri": anything, "branding": BRANDING, "addImageQuery": boolean}
CONTENT = {"contentId": anything, "displayName": anything, "arguments": anything}


@dataclass(frozen=True)
class Kind:
    """What an element may hold."""

    children: tuple[str, ...] = ()
    attributes: dict[str, Check] = field(default_factory=dict)
    required: tuple[str, ...] = ()


KINDS = {
    "toast": Kind(
        ("visual", "audio", "actions", "header", "commands"),
        {
            "launch": anything,
            "duration": one_of("short", "long"),
            "displayTimestamp": anything,
            "scenario": one_of("default", "reminder", "alarm", "incomingCall", "urgent"),
            "useButtonStyle": boolean,
            "activationType": ACTIVATION,
            "protocolActivationTargetApplicationPfn": anything,
            "hint-toastId": anything,
            "hint-people": anything,
        },
    ),
    "tile": Kind(("visual",)),
    "badge": Kind((), {"value": anything, "version": integer}, ("value",)),
    "visual": Kind(("binding",), {"version": integer, **COMMON, **CONTENT}),
    "binding": Kind(
        ("text", "image", "group", "progress", "cameraPreview"),
        {
            "template": anything,
            "fallback": anything,
            "experienceType": anything,
            "hint-textStacking": STACKING,
            "hint-overlay": integer,
            "hint-presentation": one_of("photos", "people", "contact"),
            "hint-lockDetailedStatus1": anything,
            "hint-lockDetailedStatus2": anything,
            "hint-lockDetailedStatus3": anything,
            **COMMON,
            **CONTENT,
        },
        ("template",),
    ),
    "text": Kind(
        (),
        {
            "id": integer,
            "lang": language,
            "placement": one_of("attribution"),
            "hint-callScenarioCenterAlign": boolean,
            "hint-maxLines": integer,
            "hint-minLines": integer,
            "hint-wrap": boolean,
            "hint-align": one_of("auto", "left", "center", "right"),
            "hint-style": one_of(*STYLES, *NUMERALS, *SUBTLE),
        },
    ),
    "image": Kind(
        (),
        {
            "id": integer,
            "src": image_source,
            "alt": anything,
            "placement": one_of("inline", "appLogoOverride", "hero", "background", "peek"),
            "hint-crop": one_of("none", "circle"),
            "addImageQuery": boolean,
            "hint-align": one_of("stretch", "left", "center", "right"),
            "hint-removeMargin": boolean,
            "hint-overlay": integer,
            "spritesheet-src": image_source,
            "spritesheet-height": integer,
            "spritesheet-fps": integer,
            "spritesheet-startingFrame": integer,
        },
        ("src",),
    ),
    "group": Kind(("subgroup",)),
    "subgroup": Kind(("text", "image"), {"hint-weight": integer, "hint-textStacking": STACKING}),
    "progress": Kind(
        (),
        {
            "status": anything,
            "value": progress_value,
            "title": anything,
            "valueStringOverride": anything,
        },
        ("status", "value"),
    ),
    "audio": Kind((), {"src": anything, "loop": boolean, "silent": boolean}),
    "actions": Kind(("input", "action"), {"hint-systemCommands": one_of("SnoozeAndDismiss")}),
    "input": Kind(
        ("selection",),
        {
            "id": anything,
            "type": one_of("text", "selection"),
            "placeHolderContent": anything,
            "title": anything,
            "defaultInput": anything,
        },
        ("id", "type"),
    ),
    "selection": Kind((), {"id": anything, "content": anything}, ("id", "content")),
    "action": Kind(
        (),
        {
            "content": anything,
            "arguments": anything,
            "type": anything,
            "activationType": ACTIVATION,
            "afterActivationBehavior": one_of("default", "pendingUpdate"),
            "placement": one_of("contextMenu"),
            "imageUri": image_source,
            "hint-inputId": anything,
            "hint-buttonStyle": one_of("Success", "Critical"),
            "hint-toolTip": anything,
            "hint-actionId": anything,
            "protocolActivationTargetApplicationPfn": anything,
            "settingType": one_of("videoDevices", "audioDevices"),
        },
        ("content", "arguments"),
    ),
    "header": Kind(
        (),
        {
            "id": anything,
            "title": anything,
            "arguments": anything,
            "activationType": one_of("foreground", "protocol"),
            "protocolActivationTargetApplicationPfn": anything,
        },
        ("id", "title", "arguments"),
    ),
    "commands": Kind(("command",), {"scenario": one_of("alarm", "incomingCall")}),
    "command": Kind((), {"id": anything, "arguments": anything}),
    "cameraPreview": Kind(),
}


def check_names_and_values(element: Element) -> None:
    """Walk a document and drop the elements that Windows passes over.

    Raises:
        PayloadDiscardedError: for the first name or value that Windows stumbles over.
    """
    kind = KINDS[element.name]
    for name, value in element.attributes.items():
        _check_attribute(element.name, kind, name, value)
    for name in kind.required:
        if name not in element.attributes:
            raise PayloadDiscardedError(f"<{element.name}> lacks its attribute {name}")
    known = []
    for child in element.children:
        if child.name in kind.children:
            check_names_and_values(child)
            known.append(child)
        else:
            _refuse_wrong_case(child.name, kind.children, f"element <{child.name}>")
    element.children = known


def _check_attribute(owner: str, kind: Kind, name: str, value: str) -> None:
    check = kind.attributes.get(name)
    if check is None:
        _refuse_wrong_case(name, tuple(kind.attributes), f"attribute {name} of <{owner}>")
    elif not check(value):
        raise PayloadDiscardedError(f'{name}="{value}" of <{owner}> is not a value that exists')


def _refuse_wrong_case(name: str, known: tuple[str, ...], what: str) -> None:
    lower = name.lower()
    for candidate in known:
        if candidate.lower() == lower:
            raise PayloadDiscardedError(f"the {what} must be written {candidate}")

"""The elements, attributes and values that toast, tile and badge documents may have.

Source: the toast, tile and badge schemas and "Troubleshooting tile, toast, and raw notifications"
on Microsoft Learn: names and values are case-sensitive, and a payload with a wrong one is discarded
silently. Unknown names are ignored, as an older Windows ignores newer ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from local.wns_emulator.payloads.values import (
    Check,
    anything,
    boolean,
    image_source,
    integer,
    language,
    one_of,
    progress_value,
)
from local.wns_emulator.payloads.xml import Element, PayloadDiscardedError

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
    """The children and attributes of an element."""

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
    """Check a document and remove the elements that Windows ignores.

    Raises:
        PayloadDiscardedError: a name or value for which Windows discards the payload.
    """
    kind = KINDS[element.name]
    for name, value in element.attributes.items():
        _check_attribute(element.name, kind, name, value)
    for name in kind.required:
        if name not in element.attributes:
            raise PayloadDiscardedError(f"<{element.name}> lacks the attribute {name}")
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
        raise PayloadDiscardedError(f'{name}="{value}" of <{owner}> is not a valid value')


def _refuse_wrong_case(name: str, known: tuple[str, ...], what: str) -> None:
    lower = name.lower()
    for candidate in known:
        if candidate.lower() == lower:
            raise PayloadDiscardedError(f"the {what} must be written {candidate}")

"""Golden files, and that they cover the whole schemas."""

import json
from collections import defaultdict

import pytest

from tests.unit.wns.golden import FOLDER, golden_xml, parsed
from wns.content import NotificationContent
from wns.notification import Notification

GOLDEN = golden_xml()

ON_VISUAL = {"version", "lang", "baseUri", "branding", "addImageQuery"}
ON_BINDING = {"template", "fallback", "lang", "baseUri", "branding", "addImageQuery"}
ON_IMAGE = {"id", "src", "alt", "placement", "addImageQuery", "hint-crop"}
ON_ADAPTIVE_IMAGE = ON_IMAGE | {"hint-align", "hint-removeMargin"}
ON_TEXT = {"id", "lang"}
ON_ADAPTIVE_TEXT = ON_TEXT | {
    *("hint-maxLines", "hint-minLines", "hint-wrap", "hint-align", "hint-style")
}
ON_SUBGROUP = {"hint-weight", "hint-textStacking"}

TOAST_SCHEMA = {
    "toast": {
        *("launch", "duration", "displayTimestamp", "scenario", "useButtonStyle"),
        *("activationType", "protocolActivationTargetApplicationPfn"),
        *("hint-toastId", "hint-people"),
    },
    "visual": ON_VISUAL,
    "binding": ON_BINDING | {"experienceType"},
    "text": ON_ADAPTIVE_TEXT | {"placement", "hint-callScenarioCenterAlign"},
    "image": ON_ADAPTIVE_IMAGE
    | {"spritesheet-src", "spritesheet-height", "spritesheet-fps", "spritesheet-startingFrame"},
    "group": set(),
    "subgroup": ON_SUBGROUP,
    "progress": {"title", "status", "value", "valueStringOverride"},
    "cameraPreview": set(),
    "audio": {"src", "loop", "silent"},
    "actions": {"hint-systemCommands"},
    "input": {"id", "type", "title", "placeHolderContent", "defaultInput"},
    "selection": {"id", "content"},
    "action": {
        *("content", "arguments", "activationType", "afterActivationBehavior", "placement"),
        *("imageUri", "protocolActivationTargetApplicationPfn", "settingType"),
        *("hint-inputId", "hint-buttonStyle", "hint-toolTip", "hint-actionId"),
    },
    "header": {
        *("id", "title", "arguments", "activationType"),
        "protocolActivationTargetApplicationPfn",
    },
    "commands": {"scenario"},
    "command": {"id", "arguments"},
}
TILE_SCHEMA = {
    "tile": set(),
    "visual": ON_VISUAL | {"contentId", "displayName", "arguments"},
    "binding": ON_BINDING
    | {"contentId", "displayName", "arguments"}
    | {"hint-textStacking", "hint-overlay", "hint-presentation"}
    | {f"hint-lockDetailedStatus{line}" for line in (1, 2, 3)},
    "text": ON_ADAPTIVE_TEXT,
    "image": ON_ADAPTIVE_IMAGE | {"hint-overlay"},
    "group": set(),
    "subgroup": ON_SUBGROUP,
}
BADGE_SCHEMA = {"badge": {"value", "version"}}


@pytest.mark.parametrize("name", GOLDEN)
def test_json_becomes_the_golden_xml(name):
    content = NotificationContent.model_validate_json((FOLDER / f"{name}.json").read_bytes())

    assert Notification.of(content.payload).body == GOLDEN[name].encode()


@pytest.mark.parametrize("name", GOLDEN)
def test_content_survives_a_round_trip_through_json(name):
    content = NotificationContent.model_validate_json((FOLDER / f"{name}.json").read_bytes())

    assert NotificationContent.model_validate_json(content.model_dump_json()) == content
    assert (
        NotificationContent.model_validate(content.model_dump(mode="json", exclude_unset=True))
        == content
    )


@pytest.mark.parametrize(
    ("root", "schema"),
    [("toast", TOAST_SCHEMA), ("tile", TILE_SCHEMA), ("badge", BADGE_SCHEMA)],
)
def test_golden_files_cover_every_element_and_attribute_of_the_schema(root, schema):
    shown: defaultdict[str, set[str]] = defaultdict(set)
    for xml in GOLDEN.values():
        document = parsed(xml)
        if document.tag == root:
            for element in document.iter():
                shown[element.tag] |= element.attrib.keys()

    assert shown == schema


def test_every_golden_xml_has_its_json():
    assert sorted(GOLDEN) == sorted(path.stem for path in FOLDER.glob("*.json"))
    for path in FOLDER.glob("*.json"):
        assert json.loads(path.read_bytes()).keys() <= {"toast", "tile", "badge"}

"""The page docs/notifications.md: each example does what the page says."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.unit.wns.golden import without_layout
from wns._schema.legacy_catalog import TILE_TEMPLATES, TOAST_TEMPLATES
from wns.notification import Notification, NotificationContent, NotificationOptions, ToastRemoval

PAGE = (Path(__file__).parents[3] / "docs" / "notifications.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [
    (given, shown_as, shown.strip())
    for (language, given), (shown_as, shown) in pairwise(BLOCKS)
    if language == "json"
]


def outcome_of(given, shown_as):
    """What comes of the JSON of an example, in the form of the block below it."""
    asked = json.loads(given)
    if shown_as == "error":
        with pytest.raises(ValidationError) as error:
            NotificationContent.model_validate(asked)
        [fault] = error.value.errors()
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
    content = NotificationContent.model_validate(asked.get("notification", asked))
    options = NotificationOptions.model_validate(asked.get("options", {}))
    notification = Notification.of(content.payload, options)
    if shown_as == "http":
        return "\n".join(f"{name}: {value}" for name, value in notification.headers.items())
    return notification.body.decode()


@pytest.mark.parametrize(("given", "shown_as", "shown"), EXAMPLES)
def test_example_does_what_the_page_shows(given, shown_as, shown):
    expected = without_layout(shown) if shown_as == "xml" else shown

    assert outcome_of(given, shown_as) == expected


def test_removal_does_what_the_page_shows():
    [(call, shown)] = [
        (given.strip(), shown.strip())
        for (language, given), (_, shown) in pairwise(BLOCKS)
        if language == "python"
    ]

    assert call == 'ToastRemoval.of(tag="match7", group="challenges").headers'
    headers = ToastRemoval.of(tag="match7", group="challenges").headers
    assert shown == f"X-WNS-Match: {headers['X-WNS-Match']}"


def test_every_block_of_the_page_is_an_example_or_its_outcome():
    outcomes = [language for language, _ in BLOCKS if language in {"xml", "http", "text", "error"}]

    assert len(BLOCKS) == 2 * len(outcomes)
    assert {kind for given, _, _ in EXAMPLES for kind in json.loads(given)} >= {
        *("toast", "tile", "badge", "raw")
    }


def test_page_counts_the_legacy_templates_right():
    newer = [name for name, room in TILE_TEMPLATES.items() if room.version > 1]
    older = [name for name, room in TILE_TEMPLATES.items() if room.version == 1]
    counts = re.search(
        r"(\d+) toast and (\d+)\s+tile templates \(the Windows 8 names of (\d+)", PAGE
    )

    assert [int(count) for count in counts.groups()] == [
        *(len(TOAST_TEMPLATES), len(newer), len(older))
    ]

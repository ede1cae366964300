"""docs/notifications.md: each example has the result that the page shows."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.unit.wns.golden import without_layout
from wns._schema.legacy_catalog import TILE_TEMPLATES, TOAST_TEMPLATES
from wns.content import NotificationContent
from wns.notification import Notification, NotificationOptions, ToastRemoval

PAGE = (Path(__file__).parents[3] / "docs" / "notifications.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [
    (given, shown_as, shown.strip())
    for (language, given), (shown_as, shown) in pairwise(BLOCKS)
    if language == "json"
]


def result_of(given, shown_as):
    """Return the result of an example's JSON, in the form of the block below it."""
    document = json.loads(given)
    if shown_as == "error":
        with pytest.raises(ValidationError) as error:
            NotificationContent.model_validate(document)
        [problem] = error.value.errors()
        return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
    content = NotificationContent.model_validate(document.get("notification", document))
    options = NotificationOptions.model_validate(document.get("options", {}))
    notification = Notification.of(content.payload, options)
    if shown_as == "http":
        return "\n".join(f"{name}: {value}" for name, value in notification.headers.items())
    return notification.body.decode()


@pytest.mark.parametrize(("given", "shown_as", "shown"), EXAMPLES)
def test_example_has_the_result_that_the_page_shows(given, shown_as, shown):
    expected = without_layout(shown) if shown_as == "xml" else shown

    assert result_of(given, shown_as) == expected


def test_removal_has_the_header_that_the_page_shows():
    [(call, shown)] = [
        (given.strip(), shown.strip())
        for (language, given), (_, shown) in pairwise(BLOCKS)
        if language == "python"
    ]

    assert call == 'ToastRemoval.of(tag="match7", group="challenges").headers'
    headers = ToastRemoval.of(tag="match7", group="challenges").headers
    assert shown == f"X-WNS-Match: {headers['X-WNS-Match']}"


def test_every_block_of_the_page_is_an_example_or_its_result():
    results = [language for language, _ in BLOCKS if language in {"xml", "http", "text", "error"}]

    assert len(BLOCKS) == 2 * len(results)
    assert {kind for given, _, _ in EXAMPLES for kind in json.loads(given)} >= {
        *("toast", "tile", "badge", "raw")
    }


def test_page_has_the_right_counts_of_legacy_templates():
    newer = [name for name, template in TILE_TEMPLATES.items() if template.version != 1]
    older = [name for name, template in TILE_TEMPLATES.items() if template.version == 1]
    counts = re.search(
        r"(\d+) toast and (\d+)\s+tile templates \(the Windows 8 names of (\d+)", PAGE
    )

    assert counts is not None
    assert [int(count) for count in counts.groups()] == [
        *(len(TOAST_TEMPLATES), len(newer), len(older))
    ]

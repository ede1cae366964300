"""Icon templates imply no schema version, as in Microsoft's page "Special tile templates"."""

from __future__ import annotations

import pytest

from tests.unit.wns.golden import parsed
from wns.tile import Tile

ICON = {"template": "TileSquare71x71IconWithBadge", "images": ["Iconic.png"]}
OF_WINDOWS_8_1 = {"template": "TileSquare150x150Text01", "texts": ["a"]}


@pytest.mark.parametrize(
    ("fields", "version"),
    [
        ({"legacy": [ICON]}, None),
        ({"legacy": [ICON], "large": {"content": ["a"]}}, None),
        ({"legacy": [ICON, OF_WINDOWS_8_1]}, "2"),
        ({"legacy": [ICON], "version": 3}, "3"),
    ],
)
def test_version_is_written_only_if_another_template_needs_it(
    fields: dict[str, object], version: str | None
) -> None:
    visual = parsed(Tile.model_validate(fields).to_xml()).find("visual")

    assert visual is not None
    assert visual.get("version") == version

"""Each line of the lock screen stands for itself: the second or third may be given alone."""

from __future__ import annotations

import pytest

from tests.unit.wns.golden import parsed
from wns.tile import Tile


@pytest.mark.parametrize(
    ("lines", "written"),
    [
        ([None, "b"], {2: "b"}),
        ([None, "b", None], {2: "b"}),
        ([None, None, "c"], {3: "c"}),
        (["a", None, "c"], {1: "a", 3: "c"}),
        ([None, "", "c"], {2: "", 3: "c"}),
        ([None], {}),
    ],
)
def test_null_leaves_a_line_to_windows(lines: list[str | None], written: dict[int, str]) -> None:
    tile = Tile.model_validate({"wide": {"lock_detailed_status": lines}})
    binding = parsed(tile.to_xml()).find("visual/binding")

    assert binding is not None
    assert binding.attrib == {
        "template": "TileWide",
        **{f"hint-lockDetailedStatus{number}": line for number, line in written.items()},
    }

"""An empty subgroup is a blank column: Microsoft's own way to centre an image.

Page "Create adaptive tiles", section "Image cropping": the image stands between two subgroups that
have a weight and no content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.wns.golden import parsed
from wns.tile import Tile
from wns.toast import Toast

if TYPE_CHECKING:
    from collections.abc import Callable


def in_toast(group: dict[str, Any]) -> bytes:
    return Toast.model_validate({"texts": ["a"], "content": [group]}).to_xml()


def in_tile(group: dict[str, Any]) -> bytes:
    return Tile.model_validate({"medium": {"content": [group]}}).to_xml()


@pytest.mark.parametrize("written", [in_toast, in_tile])
@pytest.mark.parametrize(
    ("subgroup", "attributes"),
    [
        ({}, {}),
        ({"content": []}, {}),
        ({"weight": 1}, {"hint-weight": "1"}),
        ({"weight": 2**31 - 1}, {"hint-weight": "2147483647"}),
        ({"text_stacking": "bottom"}, {"hint-textStacking": "bottom"}),
    ],
)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_group_may_have_blank_columns(
    written: Callable[[dict[str, Any]], bytes],
    subgroup: dict[str, Any],
    attributes: dict[str, str],
    count: int,
) -> None:
    columns = parsed(written({"subgroups": [subgroup] * count})).findall(".//group/subgroup")

    assert [(dict(column.attrib), list(column)) for column in columns] == [(attributes, [])] * count

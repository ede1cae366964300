"""Payloads from Microsoft's own pages are shown, not discarded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.wns_emulator.sender import Sender

TILE = '<tile><visual><binding template="TileMedium">{}<text>Hi,</text></binding></visual></tile>'
SAMPLES = {
    # Create adaptive tiles
    "address in the package with blanks and backslashes": TILE.format(
        r'<image src="Assets\Weather\Mostly Cloudy.png" hint-removeMargin="true"/>'
    ),
    "background in the package": TILE.format(
        r'<image src="Assets\Mostly Cloudy-Background.jpg" placement="background"/>'
    ),
    "image between two blank columns": TILE.format(
        '<group><subgroup hint-weight="1"/><subgroup hint-weight="2">'
        '<image src="Assets/hipster.jpg" hint-crop="circle"/></subgroup>'
        '<subgroup hint-weight="1"/></group>'
    ),
    # Special tile templates
    "icon without a schema version": (
        '<tile><visual><binding template="TileSquare150x150IconWithBadge">'
        '<image id="1" src="Iconic.png" alt="alt text"/></binding></visual></tile>'
    ),
}


@pytest.mark.parametrize("body", SAMPLES.values(), ids=SAMPLES)
def test_sample_is_shown_on_the_tile(sender: Sender, body: str) -> None:
    sender.notify("tile", body=body)

    assert sender.device.discarded == []
    assert sender.device.tile is not None
    assert sender.device.tile["xml"] == body


@pytest.mark.parametrize("address", [" a.png", "a.png ", "a&lt;b.png", "a|b.png"])
def test_address_that_is_no_path_is_still_discarded(sender: Sender, address: str) -> None:
    sender.notify("tile", body=TILE.format(f'<image src="{address}"/>'))

    assert sender.device.tile is None

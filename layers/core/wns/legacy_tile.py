"""Tiles of the Windows 8 and 8.1 catalogue."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from wns.legacy_binding import LegacyBinding
from wns.legacy_templates import TILE_TEMPLATES, LegacyTemplate
from wns.markup import Attribute, AttributeValue, XmlText
from wns.rules import broken, one_of

LegacyTileTemplate = Annotated[
    XmlText,
    one_of(
        TILE_TEMPLATES,
        "There is no such tile template: take a name of the tile template catalog, such as"
        " TileSquare150x150Text01 or TileWide310x150ImageAndText01.",
    ),
]

Windows8TileTemplate = Annotated[
    XmlText,
    one_of(
        [name for name, template in TILE_TEMPLATES.items() if template.version == 1],
        "A fallback is a template of Windows 8, such as TileSquareText01 or TileWideText01.",
    ),
]


class LegacyTile(LegacyBinding):
    """One size of a tile, from the Windows 8 and 8.1 catalogue."""

    template: LegacyTileTemplate = Field(
        description="The name of the template; it implies the size."
    )
    fallback: Windows8TileTemplate | None = Field(
        None,
        description="The template for Windows 8; by default the Windows 8 name of a Windows 8.1"
        " template, where there is one.",
    )
    content_id: Annotated[XmlText | None, Attribute("contentId")] = Field(
        None, description="Says what the content is, so that a large tile shows nothing twice."
    )
    display_name: Annotated[XmlText | None, Attribute("displayName")] = Field(
        None, description="Shown in place of the tile's name."
    )
    arguments: Annotated[XmlText | None, Attribute("arguments")] = Field(
        None, description="What the app receives when the tile is pressed."
    )

    @property
    def catalogued(self) -> LegacyTemplate:
        return TILE_TEMPLATES[self.template]

    def attributes(self) -> dict[str, AttributeValue | None]:
        fallback = self.fallback or self.catalogued.fallback
        return {"template": self.template, "fallback": fallback} | super().attributes()

    @model_validator(mode="after")
    def _fits_the_template(self) -> Self:
        self.refuse_what_does_not_fit(self.template, self.catalogued)
        if self.branding == "name" and not self.catalogued.shows_name:
            raise broken(f"{self.template} shows no name: its branding is logo or none.")
        return self

"""Tiles and toasts of the Windows 8 and 8.1 catalogue."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from wns._schema.adaptive import Image, Text
from wns._schema.fields import (
    BaseAddress,
    Branding,
    LanguageTag,
    XmlText,
    one_of,
    refuse_more_than,
    rule_error,
    shorthand_for,
)
from wns._schema.legacy_catalog import TILE_TEMPLATES, TOAST_TEMPLATES, LegacyTemplate
from wns._schema.xml import Attribute, AttributeValue, Element, joined, numbered

LegacyText = Annotated[
    Text, BeforeValidator(shorthand_for("text"), json_schema_input_type=str | Text)
]
LegacyImage = Annotated[
    Image, BeforeValidator(shorthand_for("src"), json_schema_input_type=str | Image)
]


class LegacyBinding(Element):
    """What a template of Windows 8 or 8.1 is filled with."""

    tag: ClassVar[str] = "binding"

    images: tuple[LegacyImage, ...] = Field((), description="The images, from id 1 on.")
    texts: tuple[LegacyText, ...] = Field(
        (), description="The texts, from id 1 on; an empty string leaves a place empty."
    )
    lang: Annotated[LanguageTag | None, Attribute("lang")] = Field(
        None, description="BCP-47 language; wins over that of the visual."
    )
    base_uri: Annotated[BaseAddress | None, Attribute("baseUri")] = Field(
        None, description="What relative image addresses begin with."
    )
    branding: Annotated[Branding | None, Attribute("branding")] = Field(
        None, description="How a tile shows the game's brand; toasts do not show it."
    )
    add_image_query: Annotated[bool | None, Attribute("addImageQuery")] = Field(
        None, description="Whether Windows adds scale, contrast and language to image addresses."
    )

    def inner_xml(self) -> str:
        return numbered(self.images) + numbered(self.texts)

    def refuse_what_does_not_fit(self, name: str, template: LegacyTemplate) -> None:
        """Every text and image needs a place in the template."""
        if not self.images and not self.texts:
            raise rule_error(f"{name} has neither texts nor images: give at least one.")
        refuse_more_than(template.images, f"images in {name}", len(self.images))
        refuse_more_than(template.texts, f"texts in {name}", len(self.texts))


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
            raise rule_error(f"{self.template} shows no name: its branding is logo or none.")
        return self


LegacyToastTemplate = Annotated[
    XmlText,
    one_of(
        TOAST_TEMPLATES,
        "A legacy toast template is ToastText01 to ToastText04 or ToastImageAndText01 to"
        " ToastImageAndText04.",
    ),
]


class LegacyToast(LegacyBinding):
    """A toast of the Windows 8 catalogue."""

    template: LegacyToastTemplate = Field(
        description="The name of the template, such as ToastText02."
    )
    fallback: LegacyToastTemplate | None = Field(
        None, description="The template for systems that do not know the first one."
    )

    def attributes(self) -> dict[str, AttributeValue | None]:
        return {"template": self.template, "fallback": self.fallback} | super().attributes()

    @model_validator(mode="after")
    def _fits_the_template(self) -> Self:
        self.refuse_what_does_not_fit(self.template, TOAST_TEMPLATES[self.template])
        return self


class Command(Element):
    """A button of a Windows 8.1 alarm or call."""

    tag: ClassVar[str] = "command"

    id: Annotated[
        Literal["snooze", "dismiss", "video", "voice", "decline"] | None, Attribute("id")
    ] = Field(None, description="Which button.")
    arguments: Annotated[XmlText | None, Attribute("arguments")] = Field(
        None, description="What the app receives when it is pressed."
    )


class Commands(Element):
    """The buttons of a Windows 8.1 alarm or call; deprecated in favour of buttons."""

    tag: ClassVar[str] = "commands"

    scenario: Annotated[Literal["alarm", "incomingCall"] | None, Attribute("scenario")] = Field(
        None, description="What the toast is for."
    )
    commands: tuple[Command, ...] = Field((), description="The buttons.")

    def inner_xml(self) -> str:
        return joined(self.commands)

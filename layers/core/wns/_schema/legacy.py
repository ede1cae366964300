"""Tiles and toasts made from the templates of Windows 8 and 8.1."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from wns._schema.adaptive import Image, Text
from wns._schema.fields import (
    BaseAddress,
    Branding,
    LanguageTag,
    XmlText,
    check_at_most,
    one_of,
    rule_error,
    shorthand_for,
)
from wns._schema.legacy_catalog import TILE_TEMPLATES, TOAST_TEMPLATES, LegacyTemplate
from wns._schema.xml import Attribute, AttributeValue, Element, joined_xml, numbered_xml

LegacyText = Annotated[Text, shorthand_for("text", Text)]
LegacyImage = Annotated[Image, shorthand_for("src", Image)]


class LegacyBinding(Element):
    """Images and texts for a Windows 8 or 8.1 template."""

    tag: ClassVar[str] = "binding"

    images: tuple[LegacyImage, ...] = Field((), description="Images, in the order of their ids.")
    texts: tuple[LegacyText, ...] = Field(
        (), description="Texts, in the order of their ids; an empty string leaves its place blank."
    )
    lang: Annotated[LanguageTag | None, Attribute("lang")] = Field(
        None, description="BCP-47 language; overrides that of the visual."
    )
    base_uri: Annotated[BaseAddress | None, Attribute("baseUri")] = Field(
        None, description="Prefix of relative image addresses."
    )
    branding: Annotated[Branding | None, Attribute("branding")] = Field(
        None, description="How a tile shows the game's name or logo; toasts ignore it."
    )
    add_image_query: Annotated[bool | None, Attribute("addImageQuery")] = Field(
        None,
        description="Whether Windows adds scale, contrast and language to image addresses as a"
        " query.",
    )

    def inner_xml(self) -> str:
        return numbered_xml(self.images) + numbered_xml(self.texts)

    def check_counts(self, name: str, template: LegacyTemplate) -> None:
        """Reject a binding without content, or with more texts or images than the template holds.

        Args:
            name: the template's name, for the error message.
            template: its entry in the catalogue.
        """
        if not self.images and not self.texts:
            raise rule_error(f"{name} must have at least one text or image.")
        check_at_most(template.images, f"images in {name}", len(self.images))
        check_at_most(template.texts, f"texts in {name}", len(self.texts))


LegacyTileTemplate = Annotated[
    XmlText,
    one_of(
        TILE_TEMPLATES,
        "Unknown tile template: use a name from the tile template catalog, such as"
        " TileSquare150x150Text01 or TileWide310x150ImageAndText01.",
    ),
]

Windows8TileTemplate = Annotated[
    XmlText,
    one_of(
        [name for name, template in TILE_TEMPLATES.items() if template.version == 1],
        "A fallback must be a Windows 8 template, such as TileSquareText01 or TileWideText01.",
    ),
]


class LegacyTile(LegacyBinding):
    """One size of a tile, from a Windows 8 or 8.1 template."""

    template: LegacyTileTemplate = Field(
        description="Name of the template, which implies the size."
    )
    fallback: Windows8TileTemplate | None = Field(
        None,
        description="Template for Windows 8 (default: the Windows 8 name of a Windows 8.1 template,"
        " if it has one).",
    )
    content_id: Annotated[XmlText | None, Attribute("contentId")] = Field(
        None, description="Identifies the content, so that a large tile does not show it twice."
    )
    display_name: Annotated[XmlText | None, Attribute("displayName")] = Field(
        None, description="Shown instead of the tile's name."
    )
    arguments: Annotated[XmlText | None, Attribute("arguments")] = Field(
        None, description="Passed to the app when the player selects the tile."
    )

    @property
    def catalog_entry(self) -> LegacyTemplate:
        return TILE_TEMPLATES[self.template]

    def attributes(self) -> dict[str, AttributeValue | None]:
        fallback = self.fallback or self.catalog_entry.fallback
        return {"template": self.template, "fallback": fallback} | super().attributes()

    @model_validator(mode="after")
    def _check_template(self) -> Self:
        self.check_counts(self.template, self.catalog_entry)
        if self.branding == "name" and not self.catalog_entry.shows_name:
            raise rule_error(f"{self.template} cannot show a name: set branding to logo or none.")
        return self


LegacyToastTemplate = Annotated[
    XmlText,
    one_of(
        TOAST_TEMPLATES,
        "A legacy toast template must be ToastText01 to ToastText04 or ToastImageAndText01 to"
        " ToastImageAndText04.",
    ),
]


class LegacyToast(LegacyBinding):
    """A toast from a Windows 8 template."""

    template: LegacyToastTemplate = Field(description="Name of the template, such as ToastText02.")
    fallback: LegacyToastTemplate | None = Field(
        None, description="Template for systems that do not know the first one."
    )

    def attributes(self) -> dict[str, AttributeValue | None]:
        return {"template": self.template, "fallback": self.fallback} | super().attributes()

    @model_validator(mode="after")
    def _check_template(self) -> Self:
        self.check_counts(self.template, TOAST_TEMPLATES[self.template])
        return self


class Command(Element):
    """A button of an alarm or call in Windows 8.1."""

    tag: ClassVar[str] = "command"

    id: Annotated[
        Literal["snooze", "dismiss", "video", "voice", "decline"] | None, Attribute("id")
    ] = Field(None, description="The button.")
    arguments: Annotated[XmlText | None, Attribute("arguments")] = Field(
        None, description="Passed to the app when the player presses the button."
    )


class Commands(Element):
    """Buttons of an alarm or call in Windows 8.1. Deprecated: use buttons."""

    tag: ClassVar[str] = "commands"

    scenario: Annotated[Literal["alarm", "incomingCall"] | None, Attribute("scenario")] = Field(
        None, description="Purpose of the toast."
    )
    commands: tuple[Command, ...] = Field((), description="Buttons of the alarm or call.")

    def inner_xml(self) -> str:
        return joined_xml(self.commands)

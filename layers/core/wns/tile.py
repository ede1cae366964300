"""Live tiles, a feature of Windows 10: adaptive ones in four sizes, and the legacy catalogue."""

from collections import Counter
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, Tag, model_validator

from wns._schema.adaptive import AdaptiveImage, AdaptiveText, CroppedImage, Group, TextLike
from wns._schema.fields import (
    BaseAddress,
    LanguageTag,
    Percent,
    Positive,
    TextStacking,
    XmlText,
    at_most,
    discriminated_by,
    refuse_more_than,
    rule_error,
    shorthand_for,
)
from wns._schema.legacy import LegacyTile
from wns._schema.xml import Attribute, AttributeValue, Element, Fixed, element, joined

MAX_PHOTOS = 12
MAX_LOCK_LINES = 3

TileBranding = Literal["none", "logo", "name", "nameAndLogo"]


class TileImage(CroppedImage):
    """An image behind the content of a tile, or one that slides in from above."""

    overlay: Annotated[Percent | None, Attribute("hint-overlay")] = Field(
        None, description="How black the shade over the image is, 0 to 100 %."
    )


class Background(TileImage):
    """An image behind the content."""

    fixed: ClassVar[Fixed] = {"placement": "background"}


class Peek(TileImage):
    """An image that slides in from above, in turn with the content."""

    fixed: ClassVar[Fixed] = {"placement": "peek"}


BackgroundLike = Annotated[
    Background, BeforeValidator(shorthand_for("src"), json_schema_input_type=str | Background)
]
PeekLike = Annotated[Peek, BeforeValidator(shorthand_for("src"), json_schema_input_type=str | Peek)]

TileContent = Annotated[
    Annotated[TextLike, Tag("text")]
    | Annotated[AdaptiveImage, Tag("src")]
    | Annotated[Group, Tag("subgroups")],
    discriminated_by(
        "text",
        "src",
        "subgroups",
        sentence="The content of a tile is texts (a string, or text), images (src) and groups"
        " (subgroups).",
    ),
]


class _TileAttributes(Element):
    """The attributes that visual and binding share; those of the binding win."""

    branding: Annotated[TileBranding | None, Attribute("branding")] = Field(
        None, description="How the game shows its brand on the tile."
    )
    lang: Annotated[LanguageTag | None, Attribute("lang")] = Field(
        None, description="BCP-47 language of the texts."
    )
    base_uri: Annotated[BaseAddress | None, Attribute("baseUri")] = Field(
        None, description="What relative image addresses begin with."
    )
    add_image_query: Annotated[bool | None, Attribute("addImageQuery")] = Field(
        None, description="Whether Windows adds scale, contrast and language to image addresses."
    )
    content_id: Annotated[XmlText | None, Attribute("contentId")] = Field(
        None, description="Says what the content is, so that a large tile shows nothing twice."
    )
    display_name: Annotated[XmlText | None, Attribute("displayName")] = Field(
        None, description="Shown in place of the tile's name."
    )
    arguments: Annotated[XmlText | None, Attribute("arguments")] = Field(
        None, description="What the app receives when the tile is pressed while it shows this."
    )


class TileBinding(_TileAttributes):
    """What the tile shows in one size."""

    tag: ClassVar[str] = "binding"

    content: tuple[TileContent, ...] = Field(
        (), description="Texts, images and groups, from top to bottom."
    )
    background: BackgroundLike | None = Field(None, description="An image behind the content.")
    peek: PeekLike | None = Field(None, description="An image that slides in from above.")
    text_stacking: Annotated[TextStacking | None, Attribute("hint-textStacking")] = Field(
        None, description="Vertical alignment of the content."
    )
    overlay: Annotated[Percent | None, Attribute("hint-overlay")] = Field(
        None, description="As that of the images, in the older place."
    )
    presentation: Annotated[
        Literal["photos", "people", "contact"] | None, Attribute("hint-presentation")
    ] = Field(
        None,
        description="photos: a slide show of up to 12 images; people: images in circles; contact:"
        " one image and one text (phone).",
    )

    @model_validator(mode="after")
    def _fits_the_presentation(self) -> Self:
        if self.presentation is None:
            return self
        texts = sum(isinstance(each, AdaptiveText) for each in self.content)
        images = sum(isinstance(each, AdaptiveImage) for each in self.content)
        if self.presentation == "contact":
            if images > 1 or texts > 1 or images + texts < len(self.content):
                raise rule_error("presentation contact shows at most one image and one text.")
        elif images < len(self.content):
            raise rule_error(f"presentation {self.presentation} shows images only.")
        elif self.presentation == "photos":
            refuse_more_than(MAX_PHOTOS, "images with presentation photos", images)
        return self

    def inner_xml(self) -> str:
        return joined([self.background, self.peek, *self.content])


class WideTileBinding(TileBinding):
    """What the wide tile shows, and with it the lock screen."""

    lock_detailed_status: Annotated[
        tuple[XmlText, ...], at_most(MAX_LOCK_LINES, "lines on the lock screen")
    ] = Field((), description="Up to 3 lines for the lock screen.")

    def attributes(self) -> dict[str, AttributeValue | None]:
        lines = enumerate(self.lock_detailed_status, 1)
        return super().attributes() | {f"hint-lockDetailedStatus{n}": line for n, line in lines}


class Tile(_TileAttributes):
    """Updates the game's live tile (Windows 10; later versions have none)."""

    kind: ClassVar[Literal["tile"]] = "tile"
    tag: ClassVar[str] = "visual"

    small: TileBinding | None = Field(None, description="71x71 pixels at 100 %.")
    medium: TileBinding | None = Field(None, description="150x150 pixels at 100 %.")
    wide: WideTileBinding | None = Field(None, description="310x150 pixels at 100 %.")
    large: TileBinding | None = Field(None, description="310x310 pixels at 100 %.")
    legacy: tuple[LegacyTile, ...] = Field(
        (), description="Sizes that are filled from the Windows 8 and 8.1 catalogue."
    )
    version: Positive | None = Field(
        None, description="Version of the schema; by default what the legacy templates need."
    )

    @model_validator(mode="after")
    def _each_size_is_given_once(self) -> Self:
        sizes = [size for size, _ in self._bindings()] + [
            each.catalogued.size for each in self.legacy
        ]
        if not sizes:
            raise rule_error(
                "A tile needs at least one size: small, medium, wide, large or legacy."
            )
        twice = [size for size, count in Counter(sizes).items() if count > 1]
        if twice:
            raise rule_error(f"The {twice[0]} size is given twice: leave one binding.")
        return self

    def _bindings(self) -> list[tuple[str, TileBinding]]:
        sizes = {"small": self.small, "medium": self.medium, "wide": self.wide, "large": self.large}
        return [(size, binding) for size, binding in sizes.items() if binding is not None]

    def attributes(self) -> dict[str, AttributeValue | None]:
        needed = max((each.catalogued.version for each in self.legacy), default=1)
        version = self.version or (needed if needed > 1 else None)
        return {"version": version} | super().attributes()

    def inner_xml(self) -> str:
        adaptive = (
            binding.xml(template=f"Tile{size.title()}") for size, binding in self._bindings()
        )
        return "".join(adaptive) + joined(self.legacy)

    def to_xml(self) -> bytes:
        """The body of a tile notification: UTF-8."""
        return element("tile", content=self.xml()).encode()

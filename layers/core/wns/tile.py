"""Live tiles of Windows 10: adaptive ones in four sizes, and those from older templates."""

from collections import Counter
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, Tag, model_validator

from wns._schema.adaptive import AdaptiveImage, AdaptiveText, CroppedImage, Group, TextLike
from wns._schema.fields import (
    BaseAddress,
    LanguageTag,
    Percent,
    Positive,
    TextStacking,
    XmlText,
    at_most,
    check_at_most,
    discriminated_by,
    rule_error,
    shorthand_for,
)
from wns._schema.legacy import LegacyTile
from wns._schema.xml import Attribute, AttributeValue, Element, Fixed, element_xml, joined_xml

MAX_PHOTOS = 12
MAX_LOCK_LINES = 3

TileBranding = Literal["none", "logo", "name", "nameAndLogo"]


class TileImage(CroppedImage):
    """A background or peek image."""

    overlay: Annotated[Percent | None, Attribute("hint-overlay")] = Field(
        None, description="Opacity of the black shade over the image, 0 to 100 %."
    )


class Background(TileImage):
    """An image behind the content."""

    fixed: ClassVar[Fixed] = {"placement": "background"}


class Peek(TileImage):
    """An image that slides in from above, alternating with the content."""

    fixed: ClassVar[Fixed] = {"placement": "peek"}


BackgroundLike = Annotated[Background, shorthand_for("src", Background)]
PeekLike = Annotated[Peek, shorthand_for("src", Peek)]

TileContent = Annotated[
    Annotated[TextLike, Tag("text")]
    | Annotated[AdaptiveImage, Tag("src")]
    | Annotated[Group, Tag("subgroups")],
    discriminated_by(
        "text",
        "src",
        "subgroups",
        message="An item in content must be a text (a string, or an object with text), an image"
        " (src) or a group (subgroups).",
    ),
]


class _TileAttributes(Element):
    """Attributes that visual and binding share; those of the binding override."""

    branding: Annotated[TileBranding | None, Attribute("branding")] = Field(
        None, description="How the tile shows the game's name or logo."
    )
    lang: Annotated[LanguageTag | None, Attribute("lang")] = Field(
        None, description="BCP-47 language of the texts."
    )
    base_uri: Annotated[BaseAddress | None, Attribute("baseUri")] = Field(
        None, description="Prefix of relative image addresses."
    )
    add_image_query: Annotated[bool | None, Attribute("addImageQuery")] = Field(
        None,
        description="Whether Windows adds scale, contrast and language to image addresses as a"
        " query.",
    )
    content_id: Annotated[XmlText | None, Attribute("contentId")] = Field(
        None, description="Identifies the content, so that a large tile does not show it twice."
    )
    display_name: Annotated[XmlText | None, Attribute("displayName")] = Field(
        None, description="Shown instead of the tile's name."
    )
    arguments: Annotated[XmlText | None, Attribute("arguments")] = Field(
        None,
        description="Passed to the app when the player selects the tile while it shows this.",
    )


class TileBinding(_TileAttributes):
    """Content of the tile in one size."""

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
        None,
        description="Opacity of the shade over the images, 0 to 100 % (older form).",
    )
    presentation: Annotated[
        Literal["photos", "people", "contact"] | None, Attribute("hint-presentation")
    ] = Field(
        None,
        description="photos: a slide show of up to 12 images; people: images in circles; contact:"
        " one image and one text (phone).",
    )

    @model_validator(mode="after")
    def _check_presentation(self) -> Self:
        if self.presentation is None:
            return self
        texts = sum(isinstance(each, AdaptiveText) for each in self.content)
        images = sum(isinstance(each, AdaptiveImage) for each in self.content)
        if self.presentation == "contact":
            if images > 1 or texts > 1 or images + texts < len(self.content):
                raise rule_error(
                    "With presentation contact, content must be at most one image and one text."
                )
        elif images < len(self.content):
            raise rule_error(f"With presentation {self.presentation}, content must be images only.")
        elif self.presentation == "photos":
            check_at_most(MAX_PHOTOS, "images with presentation photos", images)
        return self

    def inner_xml(self) -> str:
        return joined_xml([self.background, self.peek, *self.content])


class WideTileBinding(TileBinding):
    """Content of the wide tile, and of the lock screen."""

    lock_detailed_status: Annotated[
        tuple[XmlText | None, ...], at_most(MAX_LOCK_LINES, "lines on the lock screen")
    ] = Field((), description="Up to 3 lines for the lock screen; null leaves a line to Windows.")

    def attributes(self) -> dict[str, AttributeValue | None]:
        lines = enumerate(self.lock_detailed_status, 1)
        return super().attributes() | {f"hint-lockDetailedStatus{n}": line for n, line in lines}


class Tile(_TileAttributes):
    """An update of the game's live tile (Windows 10; later versions have none)."""

    kind: ClassVar[Literal["tile"]] = "tile"
    tag: ClassVar[str] = "visual"

    small: TileBinding | None = Field(None, description="71x71 pixels at 100 %.")
    medium: TileBinding | None = Field(None, description="150x150 pixels at 100 %.")
    wide: WideTileBinding | None = Field(None, description="310x150 pixels at 100 %.")
    large: TileBinding | None = Field(None, description="310x310 pixels at 100 %.")
    legacy: tuple[LegacyTile, ...] = Field(
        (), description="Sizes that use a Windows 8 or 8.1 template."
    )
    version: Positive | None = Field(
        None, description="Version of the schema (default: what the legacy templates need)."
    )

    @model_validator(mode="after")
    def _check_sizes(self) -> Self:
        sizes = [size for size, _ in self._bindings()] + [
            each.catalog_entry.size for each in self.legacy
        ]
        if not sizes:
            raise rule_error(
                "A tile must have at least one of small, medium, wide, large and legacy."
            )
        twice = [size for size, count in Counter(sizes).items() if count > 1]
        if twice:
            raise rule_error(f"The {twice[0]} size is given twice: remove one of them.")
        return self

    def _bindings(self) -> list[tuple[str, TileBinding]]:
        sizes = {"small": self.small, "medium": self.medium, "wide": self.wide, "large": self.large}
        return [(size, binding) for size, binding in sizes.items() if binding is not None]

    def attributes(self) -> dict[str, AttributeValue | None]:
        needed = max((each.catalog_entry.version or 1 for each in self.legacy), default=1)
        version = self.version or (needed if needed > 1 else None)
        return {"version": version} | super().attributes()

    def inner_xml(self) -> str:
        adaptive = (
            binding.xml(template=f"Tile{size.title()}") for size, binding in self._bindings()
        )
        return "".join(adaptive) + joined_xml(self.legacy)

    def to_xml(self) -> bytes:
        """Return the body of the notification: XML in UTF-8."""
        return element_xml("tile", content=self.xml()).encode()

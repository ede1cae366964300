"""Adaptive texts, images and groups, shared by toasts and tiles."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, Tag

from wns._schema.fields import (
    ImageAddress,
    LanguageTag,
    Positive,
    TextStacking,
    XmlText,
    at_least_one,
    discriminated_by,
    shorthand_for,
)
from wns._schema.xml import Attribute, Element, joined_xml, text_xml

TextStyle = Literal[
    "caption", "captionSubtle", "body", "bodySubtle", "base", "baseSubtle",
    "subtitle", "subtitleSubtle", "title", "titleSubtle", "titleNumeral", "titleNumeralSubtle",
    "subheader", "subheaderSubtle", "subheaderNumeral", "subheaderNumeralSubtle",
    "header", "headerSubtle", "headerNumeral", "headerNumeralSubtle",
]  # fmt: skip


class Text(Element):
    """A text, or `ms-resource:<id>` for a string from the app's resources."""

    tag: ClassVar[str] = "text"

    text: XmlText = Field(description="The text, or ms-resource:<id>.")
    lang: Annotated[LanguageTag | None, Attribute("lang")] = Field(
        None, description="BCP-47 language of this text; overrides that of binding and visual."
    )

    def inner_xml(self) -> str:
        return text_xml(self.text)


class AdaptiveText(Text):
    """A text in a tile or in a subgroup, where all hints apply."""

    max_lines: Annotated[Positive | None, Attribute("hint-maxLines")] = Field(
        None, description="Maximum number of lines."
    )
    min_lines: Annotated[Positive | None, Attribute("hint-minLines")] = Field(
        None, description="Minimum number of lines; unused ones stay blank."
    )
    wrap: Annotated[bool | None, Attribute("hint-wrap")] = Field(
        None, description="Whether the text wraps (default: no)."
    )
    align: Annotated[Literal["auto", "left", "center", "right"] | None, Attribute("hint-align")] = (
        Field(None, description="Horizontal alignment.")
    )
    style: Annotated[TextStyle | None, Attribute("hint-style")] = Field(
        None, description="Font size, weight and opacity (default: caption)."
    )


class Image(Element):
    """An image. Windows omits it if it is over 3 MB (1 MB if metered) or does not load."""

    tag: ClassVar[str] = "image"

    src: Annotated[ImageAddress, Attribute("src")] = Field(
        description="https:, http:, ms-appx:///, ms-appdata:///local/, file:/// (desktop only),"
        " or relative to base_uri."
    )
    alt: Annotated[XmlText | None, Attribute("alt")] = Field(
        None, description="Description for screen readers."
    )
    add_image_query: Annotated[bool | None, Attribute("addImageQuery")] = Field(
        None,
        description="Whether Windows adds scale, contrast and language to the address as a query.",
    )


class CroppedImage(Image):
    """An image that can be cropped to a circle."""

    crop: Annotated[Literal["none", "circle"] | None, Attribute("hint-crop")] = Field(
        None, description="circle crops the image to a circle."
    )


class AdaptiveImage(CroppedImage):
    """An image in the flow of the content."""

    align: Annotated[
        Literal["stretch", "left", "center", "right"] | None, Attribute("hint-align")
    ] = Field(None, description="Horizontal alignment; in a toast only inside a subgroup.")
    remove_margin: Annotated[bool | None, Attribute("hint-removeMargin")] = Field(
        None, description="true removes the margin of 8 pixels."
    )


TextLike = Annotated[AdaptiveText, shorthand_for("text", AdaptiveText)]

SubgroupContent = Annotated[
    Annotated[TextLike, Tag("text")] | Annotated[AdaptiveImage, Tag("src")],
    discriminated_by(
        "text",
        "src",
        message="An item in a subgroup must be a text (a string, or an object with text) or an"
        " image (an object with src).",
    ),
]


class Subgroup(Element):
    """A column of a group. An empty one keeps its width free, as on both sides of an image."""

    tag: ClassVar[str] = "subgroup"

    content: tuple[SubgroupContent, ...] = Field(
        (), description="Texts and images, from top to bottom; none leaves the column blank."
    )
    weight: Annotated[Positive | None, Attribute("hint-weight")] = Field(
        None, description="Width of the column relative to its neighbours."
    )
    text_stacking: Annotated[TextStacking | None, Attribute("hint-textStacking")] = Field(
        None, description="Vertical alignment of the column."
    )

    def inner_xml(self) -> str:
        return joined_xml(self.content)


class Group(Element):
    """Columns that Windows shows together or, if there is no room, omits together."""

    tag: ClassVar[str] = "group"

    subgroups: Annotated[tuple[Subgroup, ...], at_least_one("subgroup")] = Field(
        description="Columns, from left to right."
    )

    def inner_xml(self) -> str:
        return joined_xml(self.subgroups)

"""A binding of the legacy catalogue: images and texts by number."""

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from wns.adaptive import Image, Text
from wns.legacy_templates import LegacyTemplate
from wns.markup import Attribute, Element, numbered
from wns.rules import broken, refuse_more_than
from wns.shorthand import short_for
from wns.values import BaseAddress, Branding, LanguageTag

LegacyText = Annotated[Text, BeforeValidator(short_for("text"), json_schema_input_type=str | Text)]
LegacyImage = Annotated[
    Image, BeforeValidator(short_for("src"), json_schema_input_type=str | Image)
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

    def inner_markup(self) -> str:
        return numbered(self.images) + numbered(self.texts)

    def refuse_what_does_not_fit(self, name: str, template: LegacyTemplate) -> None:
        """Every text and image needs a place in the template."""
        if not self.images and not self.texts:
            raise broken(f"{name} has neither texts nor images: give at least one.")
        refuse_more_than(template.images, f"images in {name}", len(self.images))
        refuse_more_than(template.texts, f"texts in {name}", len(self.texts))

"""The visual part of a toast: the element `visual` and its bindings."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from wns._schema.fields import BaseAddress, Branding, LanguageTag, Positive, at_most, rule_error
from wns._schema.legacy import LegacyToast
from wns._schema.toast_elements import (
    AppLogoLike,
    AttributionLike,
    BindingAttributes,
    HeroLike,
    ShoulderTap,
    ToastContent,
    ToastTextLike,
)
from wns._schema.xml import Element, element_xml, joined_xml

MAX_TEXTS = 3


class ToastVisual(Element):
    """The fields of a toast that become its `visual`."""

    texts: Annotated[tuple[ToastTextLike, ...], at_most(MAX_TEXTS, "texts in a toast")] = Field(
        (), description="1 to 3 texts, the first one bold; a string, or an object with hints."
    )
    attribution: AttributionLike | None = Field(
        None, description="A small text at the bottom that names the source of the toast."
    )
    app_logo: AppLogoLike | None = Field(
        None, description="An image that replaces the app's logo; an address, or an object."
    )
    hero: HeroLike | None = Field(
        None, description="A wide image at the top; an address, or an object."
    )
    content: tuple[ToastContent, ...] = Field(
        (), description="Images, groups and progress bars below the texts, in order."
    )
    camera_preview: bool = Field(
        default=False, description="Shows the camera's picture in a call toast (Windows 11)."
    )
    legacy: LegacyToast | None = Field(
        None, description="A Windows 8 template, instead of all the fields above."
    )
    shoulder_tap: ShoulderTap | None = Field(
        None, description="The image of a My People notification (obsolete in Windows)."
    )
    version: Positive | None = Field(None, description="Version of the schema (default: 1).")
    lang: LanguageTag | None = Field(None, description="BCP-47 language of the texts.")
    base_uri: BaseAddress | None = Field(
        None, description="Prefix of relative image addresses (default: ms-appx:///)."
    )
    branding: Branding | None = Field(
        None, description="Accepted by the schema; toasts do not show it."
    )
    add_image_query: bool | None = Field(
        None,
        description="Whether Windows adds scale, contrast and language to image addresses as a"
        " query.",
    )
    binding: BindingAttributes | None = Field(
        None, description="Attributes of the binding alone; rarely needed."
    )

    @model_validator(mode="after")
    def _check_adaptive_or_legacy(self) -> Self:
        adaptive = (
            self.texts,
            self.attribution,
            self.app_logo,
            self.hero,
            self.content,
            self.camera_preview,
            self.binding,
        )
        if self.legacy is None and not any(line.text.strip() for line in self.texts):
            raise rule_error("A toast must have 1 to 3 texts, at least one of them not blank.")
        if self.legacy is not None and any(adaptive):
            raise rule_error(
                "A toast with legacy must not have texts, images or content of its own."
            )
        return self

    def visual_xml(self) -> str:
        """Return the element `visual`."""
        attributes = {
            "version": self.version,
            "lang": self.lang,
            "baseUri": self.base_uri,
            "branding": self.branding,
            "addImageQuery": self.add_image_query,
        }
        binding = self._adaptive_xml() if self.legacy is None else self.legacy.xml()
        return element_xml("visual", attributes, binding + self._shoulder_tap_xml())

    def _adaptive_xml(self) -> str:
        inner = joined_xml([*self.texts, self.attribution, self.app_logo, self.hero, *self.content])
        if self.camera_preview:
            inner += element_xml("cameraPreview")
        binding = self.binding or BindingAttributes()
        return element_xml(binding.tag, binding.attributes(), inner)

    def _shoulder_tap_xml(self) -> str:
        if self.shoulder_tap is None:
            return ""
        attributes = {"template": "ToastGeneric", "experienceType": "shoulderTap"}
        return element_xml("binding", attributes, self.shoulder_tap.xml())

"""Toasts: the adaptive one of Windows 10 and 11, and the legacy catalogue.

Rules: the toast XML schema (toast, visual, binding, audio, actions, header) and the page "App
notification content".
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from wns._schema.fields import (
    BaseAddress,
    Branding,
    LanguageTag,
    NonEmpty,
    Positive,
    Timestamp,
    XmlText,
    at_most,
    matching,
    refuse_more_than,
    rule_error,
)
from wns._schema.legacy import Commands, LegacyToast
from wns._schema.toast_actions import (
    MAX_ACTIONS,
    MAX_INPUTS,
    ButtonLike,
    ContextMenuItem,
    Header,
    Input,
    refuse_actions_that_do_not_fit,
    refuse_pfn_without_protocol,
)
from wns._schema.toast_visual import (
    AppLogoLike,
    AttributionLike,
    Audio,
    BindingAttributes,
    HeroLike,
    ShoulderTap,
    ToastContent,
    ToastLine,
)
from wns._schema.xml import Attribute, AttributeValue, Element, element, joined

MAX_TEXTS = 3


class Toast(Element):
    """A message that slides in at the corner of the screen and stays in the notification centre.

    The shortest is `{"texts": ["Alex challenges you"]}`.
    """

    kind: ClassVar[Literal["toast"]] = "toast"
    tag: ClassVar[str] = "toast"

    texts: Annotated[tuple[ToastLine, ...], at_most(MAX_TEXTS, "texts in a toast")] = Field(
        (), description="1 to 3 lines, the first one bold; a string, or an object with hints."
    )
    attribution: AttributionLike | None = Field(
        None, description="A small line at the bottom that says where the toast comes from."
    )
    app_logo: AppLogoLike | None = Field(
        None, description="An image in place of the app's logo; an address, or an object."
    )
    hero: HeroLike | None = Field(None, description="A wide image; an address, or an object.")
    content: tuple[ToastContent, ...] = Field(
        (), description="Images, groups and progress bars below the texts, in order."
    )
    camera_preview: bool = Field(
        default=False, description="Shows the camera's picture in a call toast (Windows 11)."
    )
    legacy: LegacyToast | None = Field(
        None, description="In place of all of the above: a template of the Windows 8 catalogue."
    )
    shoulder_tap: ShoulderTap | None = Field(
        None, description="The image of a My People notification (obsolete in Windows)."
    )
    audio: Audio | None = Field(None, description="The sound.")
    inputs: Annotated[tuple[Input, ...], at_most(MAX_INPUTS, "inputs in a toast")] = Field(
        (), description="Up to 5 fields to type into or lists to choose from."
    )
    buttons: tuple[ButtonLike, ...] = Field(
        (), description="Buttons; with the context menu at most 5. snooze and dismiss are short."
    )
    context_menu: tuple[ContextMenuItem, ...] = Field(
        (), description="Items of the menu that a right click opens."
    )
    snooze_and_dismiss: bool = Field(
        default=False, description="Lets Windows add a list of times, snooze and dismiss by itself."
    )
    header: Header | None = Field(None, description="A heading that groups toasts.")
    commands: Commands | None = Field(None, description="Deprecated: buttons of Windows 8.1.")
    launch: Annotated[XmlText | None, Attribute("launch")] = Field(
        None, description="What the app receives when the toast is pressed."
    )
    duration: Annotated[Literal["short", "long"] | None, Attribute("duration")] = Field(
        None, description="How long it stays on the screen (default: short)."
    )
    display_timestamp: Annotated[Timestamp | None, Attribute("displayTimestamp")] = Field(
        None, description="When it happened, ISO 8601 with offset (default: when it arrives)."
    )
    scenario: Annotated[
        Literal["reminder", "alarm", "incomingCall", "urgent"] | None, Attribute("scenario")
    ] = Field(
        None,
        description="reminder, alarm and incomingCall stay on the screen until the player acts;"
        " reminder and alarm need a button.",
    )
    use_button_style: Annotated[bool | None, Attribute("useButtonStyle")] = Field(
        None, description="Colours the buttons that have a style (default: when one has)."
    )
    activation_type: Annotated[
        Literal["foreground", "background", "protocol"] | None, Attribute("activationType")
    ] = Field(
        None,
        description="Who acts when it is pressed: the app on screen (default), its background task,"
        " or the app that owns the address in launch.",
    )
    protocol_activation_target_application_pfn: Annotated[
        NonEmpty | None, Attribute("protocolActivationTargetApplicationPfn")
    ] = Field(None, description="Package family name of the app that must open the address.")
    toast_id: Annotated[XmlText | None, Attribute("hint-toastId")] = Field(
        None, description="An id for telemetry."
    )
    people: Annotated[
        Annotated[
            XmlText,
            matching(
                "(remoteid|mailto|tel):.+", "people is remoteid:…, mailto:… or tel:… of a contact."
            ),
        ]
        | None,
        Attribute("hint-people"),
    ] = Field(None, description="The contact of a My People notification (obsolete in Windows).")
    version: Positive | None = Field(None, description="Version of the schema (default: 1).")
    lang: LanguageTag | None = Field(None, description="BCP-47 language of the texts.")
    base_uri: BaseAddress | None = Field(
        None, description="What relative image addresses begin with (default: ms-appx:///)."
    )
    branding: Branding | None = Field(
        None, description="Accepted by the schema; toasts do not show it."
    )
    add_image_query: bool | None = Field(
        None, description="Whether Windows adds scale, contrast and language to image addresses."
    )
    binding: BindingAttributes | None = Field(
        None, description="Attributes of the binding alone; rarely needed."
    )

    @model_validator(mode="after")
    def _adaptive_or_legacy(self) -> Self:
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
            raise rule_error("A toast needs 1 to 3 texts, and not all of them empty.")
        if self.legacy is not None and any(adaptive):
            raise rule_error(
                "A toast is either legacy or has texts, images and content of its own."
            )
        return self

    @model_validator(mode="after")
    def _actions_fit(self) -> Self:
        refuse_more_than(
            MAX_ACTIONS,
            "buttons and context menu items in a toast",
            len(self.buttons) + len(self.context_menu),
        )
        if self.snooze_and_dismiss and (self.inputs or self.buttons):
            raise rule_error(
                "With snooze_and_dismiss a toast has no inputs and buttons of its own."
            )
        refuse_actions_that_do_not_fit(self.inputs, self.buttons)
        if self.use_button_style is False and self._has_styled_button:
            raise rule_error("The style of a button shows only with use_button_style.")
        return self

    @model_validator(mode="after")
    def _attributes_fit(self) -> Self:
        refuse_pfn_without_protocol(
            self.activation_type, self.protocol_activation_target_application_pfn
        )
        if self.audio is not None and self.audio.loop and self.duration is None:
            raise rule_error("A looping sound needs the toast's duration, best long.")
        if self.scenario in ("reminder", "alarm") and not (self.buttons or self.snooze_and_dismiss):
            raise rule_error(f"A toast of scenario {self.scenario} needs at least one button.")
        if self.scenario != "incomingCall" and any(
            text.call_scenario_center_align for text in self.texts
        ):
            raise rule_error("call_scenario_center_align needs scenario incomingCall.")
        return self

    @property
    def _has_styled_button(self) -> bool:
        return any(button.style for button in self.buttons)

    def attributes(self) -> dict[str, AttributeValue | None]:
        coloured = self.use_button_style
        if coloured is None and self._has_styled_button:
            coloured = True
        return super().attributes() | {"useButtonStyle": coloured}

    def inner_xml(self) -> str:
        visual = {
            "version": self.version,
            "lang": self.lang,
            "baseUri": self.base_uri,
            "branding": self.branding,
            "addImageQuery": self.add_image_query,
        }
        return (
            element("visual", visual, self._bindings())
            + joined([self.audio])
            + self._actions()
            + joined([self.header, self.commands])
        )

    def to_xml(self) -> bytes:
        """The body of a toast notification: UTF-8."""
        return self.xml().encode()

    def _bindings(self) -> str:
        if self.legacy is not None:
            return self.legacy.xml() + self._shoulder_tap()
        inner = joined([*self.texts, self.attribution, self.app_logo, self.hero, *self.content])
        if self.camera_preview:
            inner += element("cameraPreview")
        binding = self.binding or BindingAttributes()
        return element(binding.tag, binding.attributes(), inner) + self._shoulder_tap()

    def _shoulder_tap(self) -> str:
        if self.shoulder_tap is None:
            return ""
        attributes = {"template": "ToastGeneric", "experienceType": "shoulderTap"}
        return element("binding", attributes, self.shoulder_tap.xml())

    def _actions(self) -> str:
        inner = joined([*self.inputs, *self.buttons, *self.context_menu])
        if self.snooze_and_dismiss:
            return element("actions", {"hint-systemCommands": "SnoozeAndDismiss"}, inner)
        return element("actions", content=inner) if inner else ""

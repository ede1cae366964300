"""What a player can do in a toast: type, choose, press."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, Tag, model_validator

from wns._schema.fields import (
    ImageAddress,
    NonEmpty,
    XmlText,
    at_least_one,
    at_most,
    discriminated_by,
    rule_error,
)
from wns._schema.xml import Attribute, Element, Fixed, joined

MAX_INPUTS = 5
MAX_SELECTIONS = 5
MAX_ACTIONS = 5

_PFN_WITHOUT_PROTOCOL = "protocol_activation_target_application_pfn needs activation_type protocol."


def refuse_pfn_without_protocol(activation_type: str | None, pfn: str | None) -> None:
    if pfn is not None and activation_type != "protocol":
        raise rule_error(_PFN_WITHOUT_PROTOCOL)


class TextInput(Element):
    """A field to type into."""

    tag: ClassVar[str] = "input"
    fixed: ClassVar[Fixed] = {"type": "text"}

    id: Annotated[NonEmpty, Attribute("id")] = Field(
        description="The name under which the app receives what was typed."
    )
    title: Annotated[XmlText | None, Attribute("title")] = Field(
        None, description="Label above the field."
    )
    place_holder_content: Annotated[XmlText | None, Attribute("placeHolderContent")] = Field(
        None, description="Shown in grey until something is typed."
    )
    default_input: Annotated[XmlText | None, Attribute("defaultInput")] = Field(
        None, description="What the field holds at first."
    )


class Selection(Element):
    """One choice of a selection input."""

    tag: ClassVar[str] = "selection"

    id: Annotated[NonEmpty, Attribute("id")] = Field(description="What the app receives.")
    content: Annotated[XmlText, Attribute("content")] = Field(description="What the player sees.")


class SelectionInput(Element):
    """A list to choose from."""

    tag: ClassVar[str] = "input"
    fixed: ClassVar[Fixed] = {"type": "selection"}

    id: Annotated[NonEmpty, Attribute("id")] = Field(
        description="The name under which the app receives the choice."
    )
    title: Annotated[XmlText | None, Attribute("title")] = Field(
        None, description="Label above the list."
    )
    default_input: Annotated[XmlText | None, Attribute("defaultInput")] = Field(
        None, description="The id of the choice that is selected at first."
    )
    selections: Annotated[
        tuple[Selection, ...],
        at_least_one("selection"),
        at_most(MAX_SELECTIONS, "selections in an input"),
    ] = Field(description="The choices, 1 to 5.")

    @model_validator(mode="after")
    def _choices_can_be_told_apart(self) -> Self:
        ids = [selection.id for selection in self.selections]
        if len(set(ids)) < len(ids):
            raise rule_error("Each selection of an input has an id of its own.")
        if self.default_input is not None and self.default_input not in ids:
            raise rule_error("default_input is the id of one of the selections.")
        return self

    def inner_xml(self) -> str:
        return joined(self.selections)


class _Action(Element):
    tag: ClassVar[str] = "action"

    content: Annotated[XmlText, Attribute("content")] = Field("", description="The caption.")
    arguments: Annotated[XmlText, Attribute("arguments")] = Field(
        description="What the app receives when it is pressed; with activation_type protocol, the"
        " address that is opened."
    )
    activation_type: Annotated[
        Literal["foreground", "background", "protocol", "system"] | None,
        Attribute("activationType"),
    ] = Field(
        None,
        description="Who acts: the app on screen (default), its background task, the app that owns"
        " the address in arguments, or Windows itself (arguments: snooze or dismiss).",
    )
    protocol_activation_target_application_pfn: Annotated[
        NonEmpty | None, Attribute("protocolActivationTargetApplicationPfn")
    ] = Field(None, description="Package family name of the app that must open the address.")
    after_activation_behavior: Annotated[
        Literal["default", "pendingUpdate"] | None, Attribute("afterActivationBehavior")
    ] = Field(None, description="pendingUpdate keeps the toast until the app updates it (desktop).")
    action_id: Annotated[XmlText | None, Attribute("hint-actionId")] = Field(
        None, description="An id for telemetry."
    )

    @model_validator(mode="after")
    def _activation_makes_sense(self) -> Self:
        refuse_pfn_without_protocol(
            self.activation_type, self.protocol_activation_target_application_pfn
        )
        return self


class Button(_Action):
    """A button: `snooze` or `dismiss` alone stand for the two that Windows itself provides."""

    image_uri: Annotated[ImageAddress | None, Attribute("imageUri")] = Field(
        None, description="An icon, 16x16 pixels at 100 %; all buttons have one or none has."
    )
    input_id: Annotated[NonEmpty | None, Attribute("hint-inputId")] = Field(
        None,
        description="Puts the button beside this input; for snooze, the selection input that holds"
        " the minutes.",
    )
    style: Annotated[Literal["Success", "Critical"] | None, Attribute("hint-buttonStyle")] = Field(
        None, description="Green or red."
    )
    tool_tip: Annotated[XmlText | None, Attribute("hint-toolTip")] = Field(
        None, description="For a button that is only an icon."
    )
    setting_type: Annotated[
        Literal["videoDevices", "audioDevices"] | None, Attribute("settingType")
    ] = Field(None, description="The device list that the button of a call toast opens.")

    @property
    def snoozes(self) -> bool:
        return self.activation_type == "system" and self.arguments == "snooze"

    @model_validator(mode="after")
    def _can_be_seen_and_pressed(self) -> Self:
        if self.activation_type == "system":
            if self.arguments not in ("snooze", "dismiss"):
                raise rule_error("With activation_type system, arguments is snooze or dismiss.")
        elif not self.content and self.image_uri is None:
            raise rule_error("A button needs content, or an icon as image_uri.")
        return self


class ContextMenuItem(_Action):
    """A line in the menu that a right click on the toast opens."""

    fixed: ClassVar[Fixed] = {"placement": "contextMenu"}

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if not self.content:
            raise rule_error("A context menu item needs content.")
        if self.activation_type == "system":
            raise rule_error("Only a button can have activation_type system.")
        return self


def _system_button(value: object) -> object:
    if isinstance(value, str):
        if value not in ("snooze", "dismiss"):
            raise rule_error("A button is an object, or one of the words snooze and dismiss.")
        return {"activation_type": "system", "arguments": value}
    return value


ButtonLike = Annotated[
    Button,
    BeforeValidator(_system_button, json_schema_input_type=Literal["snooze", "dismiss"] | Button),
]

Input = Annotated[
    Annotated[SelectionInput, Tag("selections")] | Annotated[TextInput, Tag("id")],
    discriminated_by(
        "selections", "id", sentence="An input has an id, and selections when it is a list."
    ),
]


def refuse_actions_that_do_not_fit(
    inputs: tuple[SelectionInput | TextInput, ...], buttons: tuple[Button, ...]
) -> None:
    """The rules between the inputs and the buttons of one toast."""
    by_id = {each.id: each for each in inputs}
    if len(by_id) < len(inputs):
        raise rule_error("Each input of a toast has an id of its own.")
    for button in buttons:
        if button.input_id is None:
            continue
        if button.input_id not in by_id:
            raise rule_error("The input_id of a button is the id of one of the inputs.")
        if button.snoozes:
            _refuse_other_than_minutes(by_id[button.input_id])
    with_icon = {button.image_uri is not None for button in buttons if button.input_id is None}
    if len(with_icon) > 1:
        raise rule_error("Either all buttons have an icon (image_uri) or none has.")


def _refuse_other_than_minutes(source: SelectionInput | TextInput) -> None:
    if not isinstance(source, SelectionInput) or not all(
        selection.id.isascii() and selection.id.isdigit() for selection in source.selections
    ):
        raise rule_error(
            "Snooze takes its minutes from a selection input whose ids are whole numbers."
        )


class Header(Element):
    """A heading in the notification centre; toasts whose header has the same id stand under it."""

    tag: ClassVar[str] = "header"

    id: Annotated[NonEmpty, Attribute("id")] = Field(description="Same id, same heading.")
    title: Annotated[XmlText, Attribute("title")] = Field(
        description="The heading; that of the newest toast wins."
    )
    arguments: Annotated[XmlText, Attribute("arguments")] = Field(
        description="What the app receives when the heading is pressed."
    )
    activation_type: Annotated[
        Literal["foreground", "protocol"] | None, Attribute("activationType")
    ] = Field(None, description="Opens the app (default), or the address in arguments.")
    protocol_activation_target_application_pfn: Annotated[
        NonEmpty | None, Attribute("protocolActivationTargetApplicationPfn")
    ] = Field(None, description="Package family name of the app that must open the address.")

    @model_validator(mode="after")
    def _activation_makes_sense(self) -> Self:
        refuse_pfn_without_protocol(
            self.activation_type, self.protocol_activation_target_application_pfn
        )
        return self

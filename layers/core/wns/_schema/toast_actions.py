"""Interactive parts of a toast: inputs, buttons, the context menu and the header."""

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
from wns._schema.xml import Attribute, Element, Fixed, joined_xml

MAX_INPUTS = 5
MAX_SELECTIONS = 5
MAX_ACTIONS = 5


class TextInput(Element):
    """A text field."""

    tag: ClassVar[str] = "input"
    fixed: ClassVar[Fixed] = {"type": "text"}

    id: Annotated[NonEmpty, Attribute("id")] = Field(
        description="Name under which the app receives the text."
    )
    title: Annotated[XmlText | None, Attribute("title")] = Field(
        None, description="Label above the field."
    )
    place_holder_content: Annotated[XmlText | None, Attribute("placeHolderContent")] = Field(
        None, description="Hint that is shown while the field is empty."
    )
    default_input: Annotated[XmlText | None, Attribute("defaultInput")] = Field(
        None, description="Initial text."
    )


class Selection(Element):
    """One choice in a selection list."""

    tag: ClassVar[str] = "selection"

    id: Annotated[NonEmpty, Attribute("id")] = Field(description="Value that the app receives.")
    content: Annotated[XmlText, Attribute("content")] = Field(description="Caption.")


class SelectionInput(Element):
    """A selection list."""

    tag: ClassVar[str] = "input"
    fixed: ClassVar[Fixed] = {"type": "selection"}

    id: Annotated[NonEmpty, Attribute("id")] = Field(
        description="Name under which the app receives the choice."
    )
    title: Annotated[XmlText | None, Attribute("title")] = Field(
        None, description="Label above the list."
    )
    default_input: Annotated[XmlText | None, Attribute("defaultInput")] = Field(
        None, description="Id of the choice that is selected initially."
    )
    selections: Annotated[
        tuple[Selection, ...],
        at_least_one("selection"),
        at_most(MAX_SELECTIONS, "selections in an input"),
    ] = Field(description="1 to 5 choices.")

    @model_validator(mode="after")
    def _check_selections(self) -> Self:
        ids = [selection.id for selection in self.selections]
        if len(set(ids)) < len(ids):
            raise rule_error("The selections of an input must have different ids.")
        if self.default_input is not None and self.default_input not in ids:
            raise rule_error("default_input must be the id of one of the selections.")
        return self

    def inner_xml(self) -> str:
        return joined_xml(self.selections)


Input = Annotated[
    Annotated[SelectionInput, Tag("selections")] | Annotated[TextInput, Tag("id")],
    discriminated_by(
        "selections",
        "id",
        message="An input needs an id; a selection list also needs selections.",
    ),
]


class _Action(Element):
    tag: ClassVar[str] = "action"

    content: Annotated[XmlText, Attribute("content")] = Field("", description="Caption.")
    arguments: Annotated[XmlText, Attribute("arguments")] = Field(
        description="Passed to the app when the player presses it; with activation_type protocol,"
        " the address to open."
    )
    activation_type: Annotated[
        Literal["foreground", "background", "protocol", "system"] | None,
        Attribute("activationType"),
    ] = Field(
        None,
        description="Who handles it: the app on screen (default), its background task, the app"
        " for the address in arguments, or Windows (system; arguments: snooze or dismiss).",
    )
    protocol_activation_target_application_pfn: Annotated[
        NonEmpty | None, Attribute("protocolActivationTargetApplicationPfn")
    ] = Field(None, description="Package family name of the app that must open the address.")
    after_activation_behavior: Annotated[
        Literal["default", "pendingUpdate"] | None, Attribute("afterActivationBehavior")
    ] = Field(None, description="pendingUpdate keeps the toast until the app updates it (desktop).")
    action_id: Annotated[XmlText | None, Attribute("hint-actionId")] = Field(
        None, description="Id for telemetry."
    )

    @model_validator(mode="after")
    def _check_activation(self) -> Self:
        check_target_app(self.activation_type, self.protocol_activation_target_application_pfn)
        return self


class Button(_Action):
    """A button. The strings `snooze` and `dismiss` stand for the buttons that Windows provides."""

    image_uri: Annotated[ImageAddress | None, Attribute("imageUri")] = Field(
        None, description="Icon, 16x16 pixels at 100 %; either all buttons have one or none has."
    )
    input_id: Annotated[NonEmpty | None, Attribute("hint-inputId")] = Field(
        None,
        description="Id of the input that the button is placed beside; for snooze, of the selection"
        " input with the minutes.",
    )
    style: Annotated[Literal["Success", "Critical"] | None, Attribute("hint-buttonStyle")] = Field(
        None, description="Colour: Success is green, Critical is red."
    )
    tool_tip: Annotated[XmlText | None, Attribute("hint-toolTip")] = Field(
        None, description="Tooltip for a button with only an icon."
    )
    setting_type: Annotated[
        Literal["videoDevices", "audioDevices"] | None, Attribute("settingType")
    ] = Field(None, description="Device list that the button of a call toast opens.")

    @property
    def snoozes(self) -> bool:
        return self.activation_type == "system" and self.arguments == "snooze"

    @model_validator(mode="after")
    def _check_caption_and_arguments(self) -> Self:
        if self.activation_type == "system":
            if self.arguments not in ("snooze", "dismiss"):
                raise rule_error("activation_type system needs arguments snooze or dismiss.")
        elif not self.content and self.image_uri is None:
            raise rule_error("A button needs content or image_uri.")
        return self


class ContextMenuItem(_Action):
    """An item of the menu that a right click on the toast opens."""

    fixed: ClassVar[Fixed] = {"placement": "contextMenu"}

    @model_validator(mode="after")
    def _check_caption(self) -> Self:
        if not self.content:
            raise rule_error("A context menu item needs content.")
        if self.activation_type == "system":
            raise rule_error("Only a button can have activation_type system.")
        return self


def _system_button(value: object) -> object:
    if isinstance(value, str):
        if value not in ("snooze", "dismiss"):
            raise rule_error("A button must be an object, or the string snooze or dismiss.")
        return {"activation_type": "system", "arguments": value}
    return value


ButtonLike = Annotated[
    Button,
    BeforeValidator(_system_button, json_schema_input_type=Literal["snooze", "dismiss"] | Button),
]


class Header(Element):
    """A heading in the notification centre for all toasts whose header has the same id."""

    tag: ClassVar[str] = "header"

    id: Annotated[NonEmpty, Attribute("id")] = Field(description="Id of the heading.")
    title: Annotated[XmlText, Attribute("title")] = Field(
        description="Text of the heading; that of the newest toast is shown."
    )
    arguments: Annotated[XmlText, Attribute("arguments")] = Field(
        description="Passed to the app when the player selects the heading."
    )
    activation_type: Annotated[
        Literal["foreground", "protocol"] | None, Attribute("activationType")
    ] = Field(None, description="Who handles it: this app (default), or that for the address.")
    protocol_activation_target_application_pfn: Annotated[
        NonEmpty | None, Attribute("protocolActivationTargetApplicationPfn")
    ] = Field(None, description="Package family name of the app that must open the address.")

    @model_validator(mode="after")
    def _check_activation(self) -> Self:
        check_target_app(self.activation_type, self.protocol_activation_target_application_pfn)
        return self


def check_inputs_and_buttons(
    inputs: tuple[SelectionInput | TextInput, ...], buttons: tuple[Button, ...]
) -> None:
    """Reject inputs and buttons of one toast that do not fit together."""
    by_id = {each.id: each for each in inputs}
    if len(by_id) < len(inputs):
        raise rule_error("The inputs of a toast must have different ids.")
    for button in buttons:
        if button.input_id is None:
            continue
        if button.input_id not in by_id:
            raise rule_error("The input_id of a button must be the id of one of the inputs.")
        if button.snoozes and not _holds_minutes(by_id[button.input_id]):
            raise rule_error(
                "The input_id of snooze must be a selection input whose ids are numbers of minutes."
            )
    with_icon = {button.image_uri is not None for button in buttons if button.input_id is None}
    if len(with_icon) > 1:
        raise rule_error("Either all buttons must have an icon (image_uri) or none.")


def _holds_minutes(source: SelectionInput | TextInput) -> bool:
    return isinstance(source, SelectionInput) and all(
        selection.id.isascii() and selection.id.isdigit() for selection in source.selections
    )


def check_target_app(activation_type: str | None, pfn: str | None) -> None:
    """Reject a target app (`pfn`, its package family name) without protocol activation."""
    if pfn is not None and activation_type != "protocol":
        raise rule_error(
            "protocol_activation_target_application_pfn needs activation_type protocol."
        )

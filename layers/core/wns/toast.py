"""Toasts: adaptive ones of Windows 10 and 11, and those from Windows 8 templates.

Rules: the toast XML schema (toast, visual, binding, audio, actions, header) and the page "App
notification content".
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from wns._schema.fields import (
    NonEmpty,
    Timestamp,
    XmlText,
    at_most,
    check_at_most,
    matching,
    rule_error,
)
from wns._schema.legacy import Commands
from wns._schema.toast_actions import (
    MAX_ACTIONS,
    MAX_INPUTS,
    ButtonLike,
    ContextMenuItem,
    Header,
    Input,
    check_inputs_and_buttons,
    check_target_app,
)
from wns._schema.toast_elements import Audio
from wns._schema.toast_visual import ToastVisual
from wns._schema.xml import Attribute, AttributeValue, element_xml, joined_xml


class Toast(ToastVisual):
    """A message that slides in at the corner of the screen and stays in the notification centre.

    The shortest is `{"texts": ["Alex challenges you"]}`.
    """

    kind: ClassVar[Literal["toast"]] = "toast"
    tag: ClassVar[str] = "toast"

    audio: Audio | None = Field(None, description="The sound.")
    inputs: Annotated[tuple[Input, ...], at_most(MAX_INPUTS, "inputs in a toast")] = Field(
        (), description="Up to 5 text fields or selection lists."
    )
    buttons: tuple[ButtonLike, ...] = Field(
        (),
        description="Up to 5 buttons and context menu items together; snooze and dismiss are"
        " shorthand for the buttons of Windows.",
    )
    context_menu: tuple[ContextMenuItem, ...] = Field(
        (), description="Items of the menu that a right click opens."
    )
    snooze_and_dismiss: bool = Field(
        default=False, description="Makes Windows add a list of times, snooze and dismiss."
    )
    header: Header | None = Field(None, description="A heading that groups toasts.")
    commands: Commands | None = Field(None, description="Deprecated: buttons of Windows 8.1.")
    launch: Annotated[XmlText | None, Attribute("launch")] = Field(
        None, description="Passed to the app when the player selects the toast."
    )
    duration: Annotated[Literal["short", "long"] | None, Attribute("duration")] = Field(
        None, description="How long the toast stays on the screen (default: short)."
    )
    display_timestamp: Annotated[Timestamp | None, Attribute("displayTimestamp")] = Field(
        None, description="Time of the event, ISO 8601 with offset (default: time of arrival)."
    )
    scenario: Annotated[
        Literal["reminder", "alarm", "incomingCall", "urgent"] | None, Attribute("scenario")
    ] = Field(
        None,
        description="reminder, alarm and incomingCall stay on the screen until the player acts;"
        " reminder and alarm need a button.",
    )
    use_button_style: Annotated[bool | None, Attribute("useButtonStyle")] = Field(
        None, description="Whether buttons show their style (default: true if one has a style)."
    )
    activation_type: Annotated[
        Literal["foreground", "background", "protocol"] | None, Attribute("activationType")
    ] = Field(
        None,
        description="Who handles the player's selection: the app on screen (default), its"
        " background task, or the app for the address in launch.",
    )
    protocol_activation_target_application_pfn: Annotated[
        NonEmpty | None, Attribute("protocolActivationTargetApplicationPfn")
    ] = Field(None, description="Package family name of the app that must open the address.")
    toast_id: Annotated[XmlText | None, Attribute("hint-toastId")] = Field(
        None, description="Id for telemetry."
    )
    people: Annotated[
        Annotated[
            XmlText,
            matching(
                "(remoteid|mailto|tel):.+",
                "people must be the remoteid:…, mailto:… or tel:… of a contact.",
            ),
        ]
        | None,
        Attribute("hint-people"),
    ] = Field(None, description="Contact of a My People notification (obsolete in Windows).")

    @model_validator(mode="after")
    def _check_actions(self) -> Self:
        check_at_most(
            MAX_ACTIONS,
            "buttons and context menu items in a toast",
            len(self.buttons) + len(self.context_menu),
        )
        if self.snooze_and_dismiss and (self.inputs or self.buttons):
            raise rule_error(
                "A toast with snooze_and_dismiss must not have inputs or buttons of its own."
            )
        check_inputs_and_buttons(self.inputs, self.buttons)
        if self.use_button_style is False and self._has_styled_button:
            raise rule_error("use_button_style must not be false if a button has a style.")
        return self

    @model_validator(mode="after")
    def _check_attributes(self) -> Self:
        check_target_app(self.activation_type, self.protocol_activation_target_application_pfn)
        if self.audio is not None and self.audio.loop and self.duration is None:
            raise rule_error("A looping sound needs the toast's duration: set it, ideally to long.")
        if self.scenario in ("reminder", "alarm") and not (self.buttons or self.snooze_and_dismiss):
            raise rule_error(f"A toast with scenario {self.scenario} needs at least one button.")
        if self.scenario != "incomingCall" and any(
            text.call_scenario_center_align for text in self.texts
        ):
            raise rule_error("call_scenario_center_align needs scenario incomingCall.")
        return self

    def attributes(self) -> dict[str, AttributeValue | None]:
        use_style = self.use_button_style
        if use_style is None and self._has_styled_button:
            use_style = True
        return super().attributes() | {"useButtonStyle": use_style}

    def inner_xml(self) -> str:
        return (
            self.visual_xml()
            + joined_xml([self.audio])
            + self._actions_xml()
            + joined_xml([self.header, self.commands])
        )

    def to_xml(self) -> bytes:
        """Return the body of the notification: XML in UTF-8."""
        return self.xml().encode()

    @property
    def _has_styled_button(self) -> bool:
        return any(button.style for button in self.buttons)

    def _actions_xml(self) -> str:
        inner = joined_xml([*self.inputs, *self.buttons, *self.context_menu])
        if self.snooze_and_dismiss:
            return element_xml("actions", {"hint-systemCommands": "SnoozeAndDismiss"}, inner)
        return element_xml("actions", content=inner) if inner else ""

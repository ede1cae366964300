"""Toasts of the Windows 8 catalogue, and their commands."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from wns.legacy_binding import LegacyBinding
from wns.legacy_templates import TOAST_TEMPLATES
from wns.markup import Attribute, AttributeValue, Element, XmlText, joined
from wns.rules import one_of

LegacyToastTemplate = Annotated[
    XmlText,
    one_of(
        TOAST_TEMPLATES,
        "A legacy toast template is ToastText01 to ToastText04 or ToastImageAndText01 to"
        " ToastImageAndText04.",
    ),
]


class LegacyToast(LegacyBinding):
    """A toast of the Windows 8 catalogue."""

    template: LegacyToastTemplate = Field(
        description="The name of the template, such as ToastText02."
    )
    fallback: LegacyToastTemplate | None = Field(
        None, description="The template for systems that do not know the first one."
    )

    def attributes(self) -> dict[str, AttributeValue | None]:
        return {"template": self.template, "fallback": self.fallback} | super().attributes()

    @model_validator(mode="after")
    def _fits_the_template(self) -> Self:
        self.refuse_what_does_not_fit(self.template, TOAST_TEMPLATES[self.template])
        return self


class Command(Element):
    """A button of a Windows 8.1 alarm or call."""

    tag: ClassVar[str] = "command"

    id: Annotated[
        Literal["snooze", "dismiss", "video", "voice", "decline"] | None, Attribute("id")
    ] = Field(None, description="Which button.")
    arguments: Annotated[XmlText | None, Attribute("arguments")] = Field(
        None, description="What the app receives when it is pressed."
    )


class Commands(Element):
    """The buttons of a Windows 8.1 alarm or call; deprecated in favour of buttons."""

    tag: ClassVar[str] = "commands"

    scenario: Annotated[Literal["alarm", "incomingCall"] | None, Attribute("scenario")] = Field(
        None, description="What the toast is for."
    )
    commands: tuple[Command, ...] = Field((), description="The buttons.")

    def inner_markup(self) -> str:
        return joined(self.commands)

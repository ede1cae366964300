"""The heading under which toasts stand together."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from wns.markup import Attribute, Element, XmlText
from wns.toast_actions import refuse_pfn_without_protocol
from wns.values import NonEmpty


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

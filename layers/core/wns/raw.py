"""Raw notifications: bytes that only the game itself understands."""

import base64
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from wns._schema.fields import rule_error


def _refuse_what_bytes_cannot_hold(value: object) -> object:
    if isinstance(value, str):
        for position, character in enumerate(value):
            if character == "\0" or "\ud800" <= character <= "\udfff":
                raise rule_error(
                    f"A raw text cannot hold the character U+{ord(character):04X} at position"
                    f" {position}: remove it, or send base64."
                )
    return value


def _refuse_other_than_base64(value: str) -> str:
    try:
        base64.b64decode(value, validate=True)
    except ValueError as error:
        raise rule_error(
            "base64 is the standard alphabet (A-Z a-z 0-9 + /), padded with =."
        ) from error
    return value


class Raw(BaseModel):
    """Data for the running game, or its background task: a text, or bytes as base64.

    A text with U+0000 is refused: UWP apps receive a null-terminated string (page "Raw
    notification overview").
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: ClassVar[Literal["raw"]] = "raw"

    text: Annotated[str, BeforeValidator(_refuse_what_bytes_cannot_hold)] | None = Field(
        None, description="A text, sent as UTF-8."
    )
    base64: Annotated[str, AfterValidator(_refuse_other_than_base64)] | None = Field(
        None, description="Bytes in base64; sent decoded."
    )

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        if (self.text is None) == (self.base64 is None):
            raise rule_error("A raw notification has either text or base64.")
        if not (self.text or self.base64):
            raise rule_error("A raw notification is not empty: the app would never receive it.")
        return self

    def to_bytes(self) -> bytes:
        """The body of a raw notification."""
        if self.text is not None:
            return self.text.encode()
        return base64.b64decode(self.base64 or "")

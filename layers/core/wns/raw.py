"""Raw notifications: data for the game itself."""

import base64
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from wns._schema.fields import rule_error


def _check_characters(value: object) -> object:
    if isinstance(value, str):
        for position, character in enumerate(value):
            if character == "\0" or "\ud800" <= character <= "\udfff":
                raise rule_error(
                    f"text cannot contain the character U+{ord(character):04X} at position"
                    f" {position}: remove it, or use base64."
                )
    return value


def _check_base64(value: str) -> str:
    try:
        base64.b64decode(value, validate=True)
    except ValueError as error:
        raise rule_error(
            "base64 must use the standard alphabet (A-Z a-z 0-9 + /) and be padded with =."
        ) from error
    return value


class Raw(BaseModel):
    """Data for the running game or its background task: a text, or bytes in base64.

    A text must not contain U+0000, because UWP apps receive a null-terminated string (page "Raw
    notification overview").
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: ClassVar[Literal["raw"]] = "raw"

    text: Annotated[str, BeforeValidator(_check_characters)] | None = Field(
        None, description="Text, sent as UTF-8."
    )
    base64: Annotated[str, AfterValidator(_check_base64)] | None = Field(
        None, description="Bytes in base64, sent decoded."
    )

    @model_validator(mode="after")
    def _check_one_body(self) -> Self:
        if (self.text is None) == (self.base64 is None):
            raise rule_error("A raw notification must have either text or base64.")
        if not (self.text or self.base64):
            raise rule_error(
                "A raw notification must not be empty: the app would never receive it."
            )
        return self

    def to_bytes(self) -> bytes:
        """Return the body of the notification."""
        if self.text is not None:
            return self.text.encode()
        return base64.b64decode(self.base64 or "")

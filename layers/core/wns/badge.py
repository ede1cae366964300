"""Badges: a number or glyph on the game's icon."""

import re
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field, PlainValidator

from wns._schema.fields import Positive, rule_error
from wns._schema.xml import Attribute, Element

Glyph = Literal[
    "none", "activity", "alarm", "alert", "attention", "available", "away", "busy", "error",
    "newMessage", "paused", "playing", "unavailable",
]  # fmt: skip

GLYPHS: tuple[str, ...] = get_args(Glyph)
MAX_NUMBER = 2**32 - 1


def _badge_value(value: object) -> int | str:
    """Return a glyph or a number. Digits in a string, as templates render them, are a number."""
    if isinstance(value, str) and value in GLYPHS:
        return value
    if isinstance(value, str) and re.fullmatch("[0-9]{1,10}", value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER:
        return value
    raise rule_error(
        f"The value of a badge must be a whole number from 0 to {MAX_NUMBER} (Windows shows 99+"
        f" above 99) or a glyph: {', '.join(GLYPHS)}."
    )


class Badge(Element):
    """A number or glyph on the game's icon; 0 and none clear it."""

    kind: ClassVar[Literal["badge"]] = "badge"
    tag: ClassVar[str] = "badge"

    value: Annotated[
        int | str,
        PlainValidator(
            _badge_value,
            json_schema_input_type=Annotated[int, Field(ge=0, le=MAX_NUMBER)]
            | Glyph
            | Annotated[str, Field(pattern="^[0-9]{1,10}$")],
        ),
        Attribute("value"),
    ] = Field(description="A number (Windows shows 99+ above 99) or the name of a glyph.")
    version: Annotated[Positive | None, Attribute("version")] = Field(
        None, description="Version of the schema (default: 1)."
    )

    def to_xml(self) -> bytes:
        """Return the body of the notification: XML in UTF-8."""
        return self.xml().encode()

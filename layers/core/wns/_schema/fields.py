"""Types of payload fields, and the rules that they are made of."""

import re
from collections.abc import Callable, Collection, Mapping, Sized
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

# Rules


def rule_error(message: str) -> PydanticCustomError:
    """Return the error to raise for an invalid value; API users see the message."""
    return PydanticCustomError("notification_rule", message)


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """In an `Annotated`: `check` validates the value, `json_schema` describes the rule."""

    check: Callable[[Any], Any]
    json_schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(core), **self.json_schema}


def at_most(limit: int, what: str) -> Rule:
    """Return the rule that a list has no more than `limit` items; the error calls them `what`."""

    def check(items: Sized) -> Sized:
        check_at_most(limit, what, len(items))
        return items

    return Rule(check, {"maxItems": limit})


def check_at_most(limit: int, what: str, count: int) -> None:
    """Reject a count over the limit; the error calls the items `what`."""
    if count > limit:
        raise rule_error(f"At most {limit} {what} are allowed; got {count}.")


def at_least_one(what: str) -> Rule:
    """Return the rule that a list is not empty; the error calls its items `what`."""

    def check(items: Sized) -> Sized:
        if not items:
            raise rule_error(f"At least one {what} is required.")
        return items

    return Rule(check, {"minItems": 1})


def not_empty() -> Rule:
    """Return the rule that a string is not empty."""

    def check(value: str) -> str:
        if not value:
            raise rule_error("The string must not be empty.")
        return value

    return Rule(check, {"minLength": 1})


def matching(pattern: str, message: str) -> Rule:
    """Return the rule that a whole string matches `pattern`; `message` is the error."""
    whole = re.compile(pattern)

    def check(value: str) -> str:
        if whole.fullmatch(value) is None:
            raise rule_error(message)
        return value

    return Rule(check, {"pattern": f"^(?:{pattern})$"})


def one_of(names: Collection[str], message: str) -> Rule:
    """Return the rule that a string is one of `names`; `message` is the error."""

    def check(value: str) -> str:
        if value not in names:
            raise rule_error(message)
        return value

    return Rule(check, {"enum": list(names)})


# Texts

# What XML's `Char` leaves out; `re` takes ten times as long to compile what it names.
_NOT_XML = re.compile("[\\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_IMAGE_SCHEMES = ("http", "https", "ms-appx", "ms-appdata", "file")
_EDGE_SPACE = re.compile(r"\A\s|\s\Z")


def _check_xml_characters(value: object) -> object:
    if isinstance(value, str) and (found := _NOT_XML.search(value)):
        raise rule_error(
            f"XML cannot contain the character U+{ord(found[0]):04X} at position {found.start()}:"
            " remove it."
        )
    return value


def _check_image_address(address: str) -> str:
    if _EDGE_SPACE.search(address):
        raise rule_error("An image address must not begin or end with white space.")
    scheme = _SCHEME.match(address)
    if scheme and scheme[1].lower() not in _IMAGE_SCHEMES:
        raise rule_error(
            "An image address must begin with https:, http:, ms-appx:, ms-appdata: or file:,"
            " or be relative to base_uri."
        )
    return address


def _check_base_address(address: str) -> str:
    if not _SCHEME.match(address):
        raise rule_error("base_uri must be an absolute address, such as https://img.example.com/.")
    return _check_image_address(address)


XmlText = Annotated[str, BeforeValidator(_check_xml_characters)]
"""A string of the characters that XML 1.0 allows (its production `Char`)."""

NonEmpty = Annotated[XmlText, not_empty()]

LanguageTag = Annotated[
    XmlText,
    matching(
        r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*",
        "A language must be a BCP-47 tag, such as en-US or de.",
    ),
]

ImageAddress = Annotated[NonEmpty, AfterValidator(_check_image_address)]
"""Schemes: the page "App notification content"; `file` is for desktop apps only."""

BaseAddress = Annotated[NonEmpty, AfterValidator(_check_base_address)]

Branding = Literal["none", "logo", "name"]
TextStacking = Literal["top", "center", "bottom"]

# Numbers and times

_MAX_INT = 2**31 - 1


def _check_not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise rule_error("The value must be a number, not true or false.")
    return value


def _check_whole_minutes(moment: datetime) -> datetime:
    offset = moment.utcoffset()
    if offset and offset % timedelta(minutes=1):
        raise rule_error("The offset of a timestamp must be whole minutes, such as +01:00.")
    return moment


NO_BOOL = BeforeValidator(_check_not_bool)
"""For numbers: pydantic alone would accept true as 1."""

Unsigned = Annotated[int, Field(ge=0, le=_MAX_INT), NO_BOOL]
Positive = Annotated[int, Field(ge=1, le=_MAX_INT), NO_BOOL]
Percent = Annotated[int, Field(ge=0, le=100), NO_BOOL]

Timestamp = Annotated[AwareDatetime, AfterValidator(_check_whole_minutes)]

# Shorthand and unions


def shorthand_for(field: str, model: type[BaseModel]) -> BeforeValidator:
    """Return a validator that accepts a bare string for a `model` with only this field."""
    return BeforeValidator(
        lambda value: {field: value} if isinstance(value, str) else value,
        json_schema_input_type=str | model,
    )


def discriminated_by(*keys: str, message: str) -> Discriminator:
    """Return a discriminator for a union whose members each have a key (their `Tag`) of their own.

    A bare string counts as a text. `message` is the error for a value with none of the keys.
    """

    def key_of(value: object) -> str | None:
        if isinstance(value, str):
            return "text"
        if isinstance(value, Mapping):
            return next((key for key in keys if key in value), None)
        return next((key for key in keys if hasattr(value, key)), None)

    return Discriminator(
        key_of, custom_error_type="notification_rule", custom_error_message=message
    )

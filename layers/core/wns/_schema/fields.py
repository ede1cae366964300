"""Rules and types of payload fields."""

import re
from collections.abc import Callable, Collection, Mapping, Sized
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


def rule_error(sentence: str) -> PydanticCustomError:
    """The error of a value that breaks a rule; the sentence says what is wrong and what to do."""
    return PydanticCustomError("notification_rule", sentence)


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """In an `Annotated`: `check` runs on the valid value, `form` shows the rule in JSON Schema."""

    check: Callable[[Any], Any]
    form: Mapping[str, Any]

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(core), **self.form}


def at_most(limit: int, what: str) -> Rule:
    """No more than `limit` items, which the error calls `what`."""

    def check(items: Sized) -> Sized:
        refuse_more_than(limit, what, len(items))
        return items

    return Rule(check, {"maxItems": limit})


def at_least_one(what: str) -> Rule:
    """One item or more, which the error calls `what`."""

    def check(items: Sized) -> Sized:
        if not items:
            raise rule_error(f"At least one {what} is needed.")
        return items

    return Rule(check, {"minItems": 1})


def not_empty() -> Rule:
    """A string of one character or more."""

    def check(value: str) -> str:
        if not value:
            raise rule_error("An empty string is not allowed here.")
        return value

    return Rule(check, {"minLength": 1})


def matching(pattern: str, sentence: str) -> Rule:
    """A string that matches `pattern` whole; `sentence` tells people what that means."""
    whole = re.compile(pattern)

    def check(value: str) -> str:
        if whole.fullmatch(value) is None:
            raise rule_error(sentence)
        return value

    return Rule(check, {"pattern": f"^(?:{pattern})$"})


def one_of(names: Collection[str], sentence: str) -> Rule:
    """One of `names`; `sentence` tells people where they come from."""

    def check(value: str) -> str:
        if value not in names:
            raise rule_error(sentence)
        return value

    return Rule(check, {"enum": list(names)})


def refuse_more_than(limit: int, what: str, count: int) -> None:
    if count > limit:
        raise rule_error(f"At most {limit} {what} are allowed, not {count}.")


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _refuse_what_xml_cannot_hold(value: object) -> object:
    if isinstance(value, str) and (found := _NOT_XML.search(value)):
        raise rule_error(
            f"XML cannot hold the character U+{ord(found[0]):04X} at position {found.start()}:"
            " remove it."
        )
    return value


XmlText = Annotated[str, BeforeValidator(_refuse_what_xml_cannot_hold)]
"""A string of the characters that XML 1.0 allows (its production `Char`)."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_IMAGE_SCHEMES = ("http", "https", "ms-appx", "ms-appdata", "file")
_MAX_INT = 2**31 - 1
_EDGE_SPACE = re.compile(r"\A\s|\s\Z")


def _image_address(address: str) -> str:
    if _EDGE_SPACE.search(address):
        raise rule_error("An image address neither begins nor ends with white space.")
    scheme = _SCHEME.match(address)
    if scheme and scheme[1].lower() not in _IMAGE_SCHEMES:
        raise rule_error(
            "An image address begins with https:, http:, ms-appx:, ms-appdata: or file:,"
            " or is relative to base_uri."
        )
    return address


def _base_address(address: str) -> str:
    if not _SCHEME.match(address):
        raise rule_error("base_uri is an absolute address, such as https://img.example.com/.")
    return _image_address(address)


def _refuse_true_and_false(value: object) -> object:
    if isinstance(value, bool):
        raise rule_error("A number is wanted here, not true or false.")
    return value


def _offset_of_whole_minutes(moment: datetime) -> datetime:
    offset = moment.utcoffset()
    if offset and offset % timedelta(minutes=1):
        raise rule_error("The offset of a timestamp is whole minutes, such as +01:00.")
    return moment


NonEmpty = Annotated[XmlText, not_empty()]

LanguageTag = Annotated[
    XmlText,
    matching(
        r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", "A language is a BCP-47 tag, such as en-US or de."
    ),
]

ImageAddress = Annotated[NonEmpty, AfterValidator(_image_address)]
"""App notification content: http, https, ms-appx, ms-appdata and file (desktop only)."""

BaseAddress = Annotated[NonEmpty, AfterValidator(_base_address)]

NO_BOOL = BeforeValidator(_refuse_true_and_false)
"""For a number; pydantic alone would take true for 1."""

Unsigned = Annotated[int, Field(ge=0, le=_MAX_INT), NO_BOOL]
Positive = Annotated[int, Field(ge=1, le=_MAX_INT), NO_BOOL]
Percent = Annotated[int, Field(ge=0, le=100), NO_BOOL]
Weight = Annotated[int, Field(ge=1, le=100), NO_BOOL]

Timestamp = Annotated[AwareDatetime, AfterValidator(_offset_of_whole_minutes)]
Branding = Literal["none", "logo", "name"]
TextStacking = Literal["top", "center", "bottom"]


def shorthand_for(field: str) -> Callable[[object], object]:
    """For a `BeforeValidator`: a bare string stands for an object with only this field."""
    return lambda value: {field: value} if isinstance(value, str) else value


def discriminated_by(*keys: str, sentence: str) -> Discriminator:
    """Tells the members of a union apart by the key that only one of them has, its `Tag`.

    A bare string is a text. `sentence` tells people what there is to choose from.
    """

    def key_of(value: object) -> str | None:
        if isinstance(value, str):
            return "text"
        if isinstance(value, Mapping):
            return next((key for key in keys if key in value), None)
        return next((key for key in keys if hasattr(value, key)), None)

    return Discriminator(
        key_of, custom_error_type="notification_rule", custom_error_message=sentence
    )

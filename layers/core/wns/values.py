"""The forms of values that several elements share."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from wns.markup import XmlText
from wns.rules import broken, matching, not_empty

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_IMAGE_SCHEMES = ("http", "https", "ms-appx", "ms-appdata", "file")
_MAX_INT = 2**31 - 1
_EDGE_SPACE = re.compile(r"\A\s|\s\Z")


def _image_address(address: str) -> str:
    if _EDGE_SPACE.search(address):
        raise broken("An image address neither begins nor ends with white space.")
    scheme = _SCHEME.match(address)
    if scheme and scheme[1].lower() not in _IMAGE_SCHEMES:
        raise broken(
            "An image address begins with https:, http:, ms-appx:, ms-appdata: or file:,"
            " or is relative to base_uri."
        )
    return address


def _base_address(address: str) -> str:
    if not _SCHEME.match(address):
        raise broken("base_uri is an absolute address, such as https://img.example.com/.")
    return _image_address(address)


def _refuse_true_and_false(value: object) -> object:
    if isinstance(value, bool):
        raise broken("A number is wanted here, not true or false.")
    return value


def _offset_of_whole_minutes(moment: datetime) -> datetime:
    offset = moment.utcoffset()
    if offset and offset % timedelta(minutes=1):
        raise broken("The offset of a timestamp is whole minutes, such as +01:00.")
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

NOT_TRUE_OR_FALSE = BeforeValidator(_refuse_true_and_false)
"""For a number; pydantic alone would take true for 1."""

Unsigned = Annotated[int, Field(ge=0, le=_MAX_INT), NOT_TRUE_OR_FALSE]
Positive = Annotated[int, Field(ge=1, le=_MAX_INT), NOT_TRUE_OR_FALSE]
Percent = Annotated[int, Field(ge=0, le=100), NOT_TRUE_OR_FALSE]
Weight = Annotated[int, Field(ge=1, le=100), NOT_TRUE_OR_FALSE]

Timestamp = Annotated[AwareDatetime, AfterValidator(_offset_of_whole_minutes)]
Branding = Literal["none", "logo", "name"]
TextStacking = Literal["top", "center", "bottom"]

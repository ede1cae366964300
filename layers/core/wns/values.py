"""The forms of values that several elements share."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from wns.markup import XmlText
from wns.rules import broken, matching

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_IMAGE_SCHEMES = ("http", "https", "ms-appx", "ms-appdata", "file")
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


NonEmpty = Annotated[XmlText, Field(min_length=1)]

LanguageTag = Annotated[
    XmlText,
    matching(
        r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", "A language is a BCP-47 tag, such as en-US or de."
    ),
]

ImageAddress = Annotated[NonEmpty, AfterValidator(_image_address)]
"""App notification content: http, https, ms-appx, ms-appdata and file (desktop only)."""

BaseAddress = Annotated[NonEmpty, AfterValidator(_base_address)]

Lines = Annotated[int, Field(ge=1)]
Percent = Annotated[int, Field(ge=0, le=100)]
TextStacking = Literal["top", "center", "bottom"]

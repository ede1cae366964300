"""Checks of attribute values in payloads.

Source: the toast, tile and badge schemas on Microsoft Learn.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Check = Callable[[str], bool]

LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wy-z\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?"
    r"|x(?:-[a-z\d]{1,8})+",
    re.IGNORECASE,
)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
IMAGE_SCHEMES = {"http", "https", "ms-appx", "ms-appx-web", "ms-appdata", "ms-resource", "file"}
FORBIDDEN_IN_URI = re.compile(r"[\s<>\"\\^`{|}\x00-\x1f]")
# Microsoft's page "Create adaptive tiles" names files of the package as `Assets\Mostly Cloudy.png`.
FORBIDDEN_IN_PATH = re.compile(r"^\s|\s$|[<>\"^`{|}\x00-\x1f]")


def one_of(*values: str) -> Check:
    allowed = frozenset(values)
    return lambda value: value in allowed


def anything(_: str) -> bool:
    return True


def integer(value: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]+", value) is not None


def language(value: str) -> bool:
    """Accept a BCP-47 language tag."""
    return LANGUAGE.fullmatch(value) is not None


def image_source(value: str) -> bool:
    """Accept an empty or relative address, or one with a scheme that Windows loads images from."""
    scheme = SCHEME.match(value)
    if scheme is None:
        return FORBIDDEN_IN_PATH.search(value) is None
    if FORBIDDEN_IN_URI.search(value):
        return False
    rest = value[scheme.end() :]
    if scheme[1].lower() in {"http", "https"}:
        return re.match(r"//[^/?#]", rest) is not None
    return scheme[1].lower() in IMAGE_SCHEMES


def progress_value(value: str) -> bool:
    """Accept 0.0 to 1.0, `indeterminate`, or a `{name}` that the game fills in."""
    if value == "indeterminate" or re.fullmatch(r"\{[^{}]+\}", value):
        return True
    return re.fullmatch(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+", value) is not None and float(value) <= 1


boolean = one_of("true", "false")

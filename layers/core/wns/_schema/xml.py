"""XML for Windows: UTF-8 without byte order mark or declaration, every value escaped once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

AttributeValue = str | int | float | datetime
Fixed = Mapping[str, AttributeValue]

_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# A parser turns a bare tab or line break in an attribute into a space.
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """Marks a field of an `Element` as the XML attribute `name`; None omits the attribute."""

    name: str


class Element(BaseModel):
    """An XML element. Fields marked with `Attribute` are its attributes, in order."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    tag: ClassVar[str]
    fixed: ClassVar[Fixed] = {}

    def attributes(self) -> dict[str, AttributeValue | None]:
        """Return names and values: the fixed ones, then the fields."""
        marked = {xml: getattr(self, field) for field, xml in _attribute_fields(type(self))}
        return {**self.fixed, **marked}

    def inner_xml(self) -> str:
        """Return the XML between the tags."""
        return ""

    def xml(self, **first: AttributeValue) -> str:
        """Return the element as XML, with the attributes `first` before its own."""
        return element_xml(self.tag, {**first, **self.attributes()}, self.inner_xml())


def element_xml(
    tag: str, attributes: Mapping[str, AttributeValue | None] | None = None, content: str = ""
) -> str:
    """Return one element; `content` is XML already, attributes of None are omitted."""
    pairs = "".join(
        f' {name}="{_attribute_text(value).translate(_IN_ATTRIBUTE)}"'
        for name, value in (attributes or {}).items()
        if value is not None
    )
    return f"<{tag}{pairs}>{content}</{tag}>" if content else f"<{tag}{pairs}/>"


def text_xml(text: str) -> str:
    """Return a text, escaped."""
    return text.translate(_IN_TEXT)


def joined_xml(elements: Iterable[Element | None]) -> str:
    """Return all elements in order, skipping None."""
    return "".join(each.xml() for each in elements if each is not None)


def numbered_xml(elements: Iterable[Element]) -> str:
    """Return all elements in order, with `id` counting from 1."""
    return "".join(each.xml(id=number) for number, each in enumerate(elements, 1))


@cache
def _attribute_fields(model: type[Element]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (field, marker.name)
        for field, info in model.model_fields.items()
        for marker in info.metadata
        if isinstance(marker, Attribute)
    )


def _attribute_text(value: AttributeValue) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.4f}".rstrip("0").rstrip(".")
        case datetime():
            precision = "milliseconds" if value.microsecond else "seconds"
            return value.isoformat(timespec=precision).replace("+00:00", "Z")
        case _:
            return str(value)

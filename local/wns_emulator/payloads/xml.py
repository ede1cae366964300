"""XML parsing of payloads, as strict as that of Windows, without entities or DTDs."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

UTF8_BOM = b"\xef\xbb\xbf"
MAX_DEPTH = 32


class PayloadDiscardedError(Exception):
    """Raised when Windows would silently discard a payload; the text says why."""


@dataclass(slots=True)
class Element:
    name: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, name: str) -> list[Element]:
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> Element | None:
        return next((child for child in self.children if child.name == name), None)


def parse_payload(body: bytes, *, accepts_bom: bool) -> Element:
    """Parse a payload; returns the root element.

    Raises:
        PayloadDiscardedError: not UTF-8, not well-formed, with a DTD, or nested too deeply.
    """
    if body.startswith(UTF8_BOM) and not accepts_bom:
        raise PayloadDiscardedError("a byte order mark precedes the root element")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PayloadDiscardedError("the payload is not UTF-8") from error
    builder = _Builder()
    try:
        builder.parser.Parse(body, True)  # noqa: FBT003
    except expat.ExpatError as error:
        raise PayloadDiscardedError(f"the XML is malformed: {error}") from error
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.XmlDeclHandler = self._declaration
        self._open: list[Element] = []
        self.root = Element("", {})

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        if len(self._open) > MAX_DEPTH:
            raise PayloadDiscardedError(f"elements are nested more than {MAX_DEPTH} deep")

    def _end(self, name: str) -> None:  # noqa: ARG002
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].text += text

    def _doctype(self, *_: object) -> None:
        raise PayloadDiscardedError("the payload has a document type declaration")

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:  # noqa: ARG002
        if encoding is not None and encoding.lower() not in {"utf-8", "utf8"}:
            raise PayloadDiscardedError(f"the payload declares the encoding {encoding}, not UTF-8")

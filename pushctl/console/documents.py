"""Payload XML as plain data, so that no browser ever parses it."""

from __future__ import annotations

from typing import Any
from xml.parsers import expat


def document_of(xml: str) -> dict[str, Any] | None:
    """Parse a rendered payload into `{name, attributes, text, children}`; None if it is no XML.

    The service's own renderer wrote it; a document type is refused all the same.
    """
    root: dict[str, Any] = _element("", {})
    open_elements = [root]
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        element = _element(name, attributes)
        open_elements[-1]["children"].append(element)
        open_elements.append(element)

    def end(_: str) -> None:
        open_elements.pop()

    def text(data: str) -> None:
        open_elements[-1]["text"] += data

    def refuse(*_: object) -> None:
        raise expat.ExpatError("a document type")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(xml.encode(), True)  # noqa: FBT003
    except expat.ExpatError:
        return None
    parsed: dict[str, Any] = root["children"][0]
    return parsed


def _element(name: str, attributes: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "attributes": attributes, "text": "", "children": []}

"""Golden files: payloads as JSON, each with the XML that it must become."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def without_layout(xml: str) -> str:
    """Remove the line breaks and indents between tags."""
    return re.sub(r">\s+<", "><", xml).strip()


def golden_xml() -> dict[str, str]:
    """Return the XML of each golden file, without layout, by name."""
    return {
        path.stem: without_layout(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.glob("*.xml"))
    }


def parsed(xml: str | bytes) -> ET.Element:
    """Return the root of a document that the tests or the code under test wrote."""
    return ET.fromstring(xml)  # noqa: S314


def only(document: ET.Element, path: str) -> ET.Element:
    """Return the one element at `path`."""
    [element] = document.findall(path)
    return element

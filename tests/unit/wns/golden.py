"""The golden files: what is asked for as JSON, beside the XML that must come out."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def without_layout(xml: str) -> str:
    """Drops the line breaks and indents between tags, nothing else."""
    return re.sub(r">\s+<", "><", xml).strip()


def golden_xml() -> dict[str, str]:
    """Name of each golden file, and its XML without layout."""
    return {
        path.stem: without_layout(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.glob("*.xml"))
    }


def parsed(xml: str | bytes) -> ET.Element:
    """The root of a document that we wrote ourselves."""
    return ET.fromstring(xml)  # noqa: S314

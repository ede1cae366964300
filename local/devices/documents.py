"""Payload XML as plain data.

The emulator has already validated the payload as strictly as Windows does; the page builds its own
elements from this and never parses markup.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from local.wns_emulator.payloads.reading import read_document
from local.wns_emulator.payloads.xml import PayloadDiscardedError

if TYPE_CHECKING:
    from local.wns_emulator.payloads.xml import Element

KEPT = 512


@lru_cache(maxsize=KEPT)
def document(kind: str, xml: str) -> dict[str, Any] | None:
    """Parse a payload into `{name, attributes, text, children}`; None if Windows discards it."""
    try:
        return _plain(read_document(kind, xml.encode(), accepts_bom=True))
    except PayloadDiscardedError:
        return None


def _plain(element: Element) -> dict[str, Any]:
    return {
        "name": element.name,
        "attributes": element.attributes,
        "text": element.text,
        "children": [_plain(child) for child in element.children],
    }

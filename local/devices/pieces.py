"""Pieces that the notifications of the game are made of."""

from __future__ import annotations

ART = "ms-appx:///Assets/"


def styled(text: str, style: str, **more: object) -> dict[str, object]:
    """An adaptive text."""
    return {"text": text, "style": style, **more}

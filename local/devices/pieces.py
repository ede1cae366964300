"""Parts of the game's notifications."""

from __future__ import annotations

ART = "ms-appx:///Assets/"


def styled(text: str, style: str, **more: object) -> dict[str, object]:
    """Return an adaptive text."""
    return {"text": text, "style": style, **more}

"""Options of a notification: WNS's own, and those of the service."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from wns.notification import NotificationOptions


class Options(NotificationOptions):
    """How a notification is delivered; what is left out falls back to the template, then the
    app."""

    skip_players_in_game: bool | None = Field(
        None, description="Whether players who are in the game right now are left alone."
    )


def merge(*layers: NotificationOptions | None) -> Options:
    """Return the options in force: each layer goes over those before it."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged |= layer.model_dump(exclude_none=True) if layer else {}
    return Options.model_validate(merged)

"""Samples: events of the game, with texts that the sender may change; and parts of their toasts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.devices.errors import DevicesError

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_VALUE = 400
ART = "ms-appx:///Assets/"


def styled(text: str, style: str, **more: object) -> dict[str, object]:
    """Return an adaptive text."""
    return {"text": text, "style": style, **more}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A text that the sender chooses; `default` prefills the form."""

    name: str
    label: str
    default: str


@dataclass(frozen=True, slots=True)
class Sample:
    """An event of the game: the parameters of a template, or raw data."""

    sample_id: str
    title: str
    shows: str
    parameters: tuple[Parameter, ...]
    template: Mapping[str, Any] = field(default_factory=dict)
    goes_to_topic: bool = False

    def content(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Return the content of a request.

        Raises:
            DevicesError: a parameter is unknown or too long.
        """
        values = {one.name: one.default for one in self.parameters}
        for name, value in given.items():
            if name not in values:
                raise DevicesError("unknown_parameter", f"{self.sample_id} has no '{name}'")
            if len(value) > LONGEST_VALUE:
                raise DevicesError(
                    "too_long", f"'{name}' may have at most {LONGEST_VALUE} characters"
                )
            values[name] = value
        if self.template:
            return {"template": self.sample_id, "parameters": values}
        return {"notification": {"raw": {"text": json.dumps({"type": self.sample_id, **values})}}}

    def view(self) -> dict[str, Any]:
        return {
            "id": self.sample_id,
            "title": self.title,
            "shows": self.shows,
            "parameters": [
                {"name": one.name, "label": one.label, "default": one.default}
                for one in self.parameters
            ],
        }

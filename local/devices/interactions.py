"""How a game reads the argument of a tracked toast; the reference for the client guide."""

from __future__ import annotations

import re
from typing import Any

ARGUMENT = "_push"


def interaction_of(kind: str, arguments: str, inputs: dict[str, str]) -> dict[str, Any] | None:
    """Return the report of what the player did, None if the toast is not tracked.

    Args:
        arguments: those that Windows activates the game with, `a=b&c=d` or `a=b;c=d`.
    """
    pairs = [pair.partition("=") for pair in re.split("[&;]", arguments)]
    notification = next((value for name, _, value in pairs if name == ARGUMENT), None)
    if notification is None:
        return None
    interaction: dict[str, Any] = {"notification": notification, "kind": kind}
    return interaction | ({"action": arguments, "inputs": inputs} if kind == "action" else {})

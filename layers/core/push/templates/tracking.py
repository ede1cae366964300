"""The reserved argument by which a game reports what its player did with a toast.

It is appended to `launch` and to the arguments of buttons and context menu items that activate the
game, and names the notification and the chunk: the same for all recipients of a delivery, so that
they still share one payload. Arguments of Windows (snooze, dismiss) and addresses (protocol
activation) stay unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from wns.toast import Toast

ARGUMENT = "_push"
Separator = Literal["&", ";"]

LONGEST_CHUNK = "_" * 20
"""Stands for a chunk's name while sizes are checked, and is at least as long as any."""

_NOT_THE_GAMES = {"protocol", "system"}


def tracking_id(notification_id: str, chunk: str) -> str:
    """Return the value of the argument."""
    return f"{notification_id}.{chunk}"


def tracked(toast: Toast, value: str, separator: Separator) -> Toast:
    """Return a toast whose arguments have the reserved one.

    Args:
        separator: for arguments from which it cannot be told: `a=b`, or none.
    """
    changes: dict[str, object] = {
        name: tuple(
            action
            if action.activation_type in _NOT_THE_GAMES
            else action.model_copy(
                update={"arguments": with_argument(action.arguments, value, separator)}
            )
            for action in getattr(toast, name)
        )
        for name in ("buttons", "context_menu")
    }
    if toast.activation_type not in _NOT_THE_GAMES:
        changes["launch"] = with_argument(toast.launch or "", value, separator)
    return toast.model_copy(update=changes)


def with_argument(arguments: str, value: str, separator: Separator) -> str:
    """Return arguments with the reserved one, in their own style: `a=b&c=d` or `a=b;c=d`."""
    if not arguments:
        return f"{ARGUMENT}={value}"
    return f"{arguments}{_style(arguments) or separator}{ARGUMENT}={value}"


def without_argument(arguments: str) -> str:
    """Return arguments without the reserved one."""
    separator = _style(arguments)
    if separator is None:
        return "" if arguments.startswith(f"{ARGUMENT}=") else arguments
    parts = arguments.split(separator)
    return separator.join(part for part in parts if not part.startswith(f"{ARGUMENT}="))


def action_name(arguments: str) -> str:
    """Return the name under which an action is counted: the value of `action`, else all of its
    arguments."""
    separator = _style(arguments)
    for part in arguments.split(separator) if separator else [arguments]:
        if part.startswith("action="):
            return part.removeprefix("action=")
    return arguments


def _style(arguments: str) -> Separator | None:
    if "&" in arguments:
        return "&"
    return ";" if ";" in arguments else None

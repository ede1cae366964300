"""Options that several commands share."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from pushctl.cli.errors import UsageError

AppArgument = Annotated[
    str, typer.Argument(metavar="APP", help="The app's id.", envvar="PUSHCTL_APP")
]
AppOption = Annotated[
    str, typer.Option("--app", "-a", metavar="APP", help="The app's id.", envvar="PUSHCTL_APP")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        "-p",
        metavar="NAME=VALUE",
        help="A parameter of the template; NAME:=VALUE for a number, true or false.",
    ),
]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def read_parameters(given: list[str] | None) -> dict[str, Any]:
    """Return parameters by name.

    Raises:
        UsageError: one has no `=`, or its value after `:=` is no number, true or false.
    """
    parameters: dict[str, Any] = {}
    for each in given or []:
        name, separator, value = each.partition("=")
        if not separator or not name:
            raise UsageError(f"'{each}' is not NAME=VALUE")
        if name.endswith(":"):
            try:
                parsed = json.loads(value)
            except ValueError:
                parsed = None
            if not isinstance(parsed, int | float | bool):
                raise UsageError(f"{name[:-1]} must be a number, true or false")
            parameters[name[:-1]] = parsed
        else:
            parameters[name] = value
    return parameters


def read_document(file: Path) -> dict[str, Any]:
    """Return the object that a JSON or YAML file holds.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    try:
        text = file.read_text("utf-8-sig")
        document = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{file} cannot be read: {type(error).__name__}") from None
    if not isinstance(document, dict):
        raise UsageError(f"{file} must hold an object")
    return document


def read_time(text: str) -> datetime:
    """Return a time: ISO 8601 with its time zone, or `+30m` from now.

    Raises:
        UsageError: it is neither.
    """
    if text.startswith("+"):
        return datetime.now(UTC) + timedelta(seconds=read_duration(text[1:]))
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(
            f"'{text}' must be a time such as 2026-12-01T18:00:00Z, with its time zone, or +30m"
        )
    return moment


def read_duration(text: str) -> float:
    """Return a duration such as `90s`, `30m`, `2h` or `7d` in seconds.

    Raises:
        UsageError: it is none.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isascii() or not number.isdecimal():
        raise UsageError(f"'{text}' must be a duration such as 90s, 30m, 2h or 7d")
    return float(int(number) * _UNITS[unit])

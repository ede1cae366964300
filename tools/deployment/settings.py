"""What to deploy: the environments of samconfig.toml, and parameters given on the command line."""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.deployment.errors import DeploymentError

ROOT = Path(__file__).parents[2]
SAMCONFIG = ROOT / "samconfig.toml"
ASKING = {"prod"}
"""Environments whose changes are shown and confirmed first."""


@dataclass(frozen=True, slots=True)
class Environment:
    """One stack: its name, and the parameters that samconfig.toml gives it."""

    name: str
    stack: str
    parameters: dict[str, str]

    @property
    def asks(self) -> bool:
        return self.name in ASKING


def environment(name: str, *, samconfig: Path = SAMCONFIG) -> Environment:
    """Read an environment of samconfig.toml.

    Raises:
        DeploymentError: there is no environment of that name.
    """
    config: dict[str, Any] = tomllib.loads(samconfig.read_text("utf-8"))
    known = [
        each for each, value in config.items() if isinstance(value, dict) and "deploy" in value
    ]
    if name not in known:
        raise DeploymentError(
            f"ENV={name} is not an environment of samconfig.toml; choose {_either(known)}."
        )
    settings = config[name]["deploy"]["parameters"]
    return Environment(
        name, settings["stack_name"], parameters(settings.get("parameter_overrides", []))
    )


def given_parameters(text: str) -> dict[str, str]:
    """Parse `PARAMETERS="Name=value Other='two words'"`, quoted as for a shell.

    Raises:
        DeploymentError: it is not a list of names and values.
    """
    try:
        return parameters(shlex.split(text))
    except ValueError as error:
        raise DeploymentError(
            'PARAMETERS has to look like PARAMETERS="AlarmEmail=ops@example.com LogLevel=DEBUG".'
        ) from error


def parameters(pairs: list[str]) -> dict[str, str]:
    """Split `Name=value` pairs; raises ValueError if one is not a pair."""
    split = [pair.partition("=") for pair in pairs]
    if not all(name and separator for name, separator, _ in split):
        raise ValueError("not Name=value")
    return {name: value for name, _, value in split}


def _either(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last

"""The AWS CLI as far as the runbook uses it: commands are checked against the SDK's models, and run
with boto3. On a path, a script named `aws` that runs this module stands in for the CLI."""

from __future__ import annotations

import json
import os
import re
import sys
from functools import cache
from typing import Any, NamedTuple

import boto3
import botocore.session
import jmespath  # type: ignore[import-untyped]
from botocore import xform_name

GLOBAL_OPTIONS = {"output", "query", "region", "profile"}


class Command(NamedTuple):
    """A command: service, the SDK's operation, parameters by the SDK's name, global options, and
    what stands there without an option."""

    service: str
    operation: str
    parameters: dict[str, Any]
    options: dict[str, str]
    arguments: list[str]


@cache
def _operations(service: str) -> dict[str, str]:
    model = botocore.session.get_session().get_service_model(service)
    return {_dashed(each): each for each in model.operation_names}


def _dashed(name: str) -> str:
    return xform_name(name, "-")


def parse(words: list[str]) -> Command:
    """Return a command without its first word, `aws`.

    Raises:
        ValueError: the CLI has no such service, command or option, or a required one is missing.
    """
    service, name, *rest = words
    try:
        operation = _operations(service)[name]
    except (botocore.exceptions.UnknownServiceError, KeyError) as error:
        raise ValueError(f"aws {service} {name}: no such command") from error
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    shape: Any = model.input_shape
    members = {_dashed(each): each for each in shape.members} if shape else {}
    parameters: dict[str, Any] = {}
    options: dict[str, str] = {}
    arguments: list[str] = []
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            arguments.append(word)
            continue
        option = word.removeprefix("--")
        value = rest.pop(0)
        if option in GLOBAL_OPTIONS:
            options[option] = value
        elif option in members:
            member = shape.members[members[option]]
            parameters[members[option]] = _as(member.type_name, value)
        else:
            raise ValueError(f"aws {service} {name}: no option --{option}")
    missing = set(shape.required_members) - parameters.keys() if shape else set()
    if missing:
        raise ValueError(f"aws {service} {name}: {sorted(missing)} missing")
    return Command(service, operation, parameters, options, arguments)


def _as(kind: str, value: str) -> Any:
    match kind:
        case "list":
            return [value]
        case "integer" | "long":
            return int(value) if value.isdecimal() else value
        case _:
            return value


def run(words: list[str]) -> str:
    """Run a command; return what the CLI writes."""
    command = parse(words)
    make: Any = boto3.client
    client = make(command.service)
    response = getattr(client, xform_name(command.operation))(**command.parameters)
    response.pop("ResponseMetadata", None)
    if "Payload" in response:
        return str(response["Payload"].read().decode())
    found = jmespath.search(command.options.get("query", "@"), response)
    if command.options.get("output") == "text":
        return "\t".join(found) if isinstance(found, list) else str(found)
    return json.dumps(found, default=str)


def commands_in(text: str) -> list[str]:
    """Return the commands of the CLI in a document: in code blocks and between backticks."""
    whole_lines = text.replace("\\\n", " ")
    found = re.findall(r"\baws [a-z]+ [a-z-]+ [^`;\n]*", whole_lines)
    return [" ".join(each.split()) for each in found]


if __name__ == "__main__":
    os.environ.setdefault("AWS_PAGER", "")
    print(run(sys.argv[1:]))  # noqa: T201

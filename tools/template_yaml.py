"""Access to template.yaml, with short CloudFormation tags such as `!Ref` in their long form.

The template is read once, and what these functions return is shared: copy it before a change.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's tags as the maps that they are short for."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    argument: Any
    match node:
        case yaml.ScalarNode():
            text = loader.construct_scalar(node)
            argument = text.split(".", 1) if suffix == "GetAtt" else text
        case yaml.SequenceNode():
            argument = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            argument = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": argument}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def load() -> dict[str, Any]:
    """Return the whole template."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    template: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506
    return template


@cache
def resources_of_type(kind: str) -> dict[str, dict[str, Any]]:
    """Return the resources of a type such as `AWS::SQS::Queue` by their logical ids."""
    resources: dict[str, dict[str, Any]] = load()["Resources"]
    return {name: each for name, each in resources.items() if each["Type"] == kind}


def environment_of(function_logical_id: str) -> dict[str, Any]:
    """Return a function's environment variables, those of Globals included; values may be
    intrinsic functions such as `{"Ref": "AppsTable"}`."""
    template = load()
    function = template["Resources"][function_logical_id]["Properties"]
    shared: dict[str, Any] = template["Globals"]["Function"]["Environment"]["Variables"]
    own: dict[str, Any] = function["Environment"]["Variables"]
    return shared | own


@cache
def functions() -> dict[str, dict[str, Any]]:
    """Return the properties of every function by its logical id, merged with those of Globals.

    `Policies` are the policy documents of its role for its own code; what Lambda does for the
    function (logs, traces, receiving messages) is not in them.
    """
    shared: dict[str, Any] = load()["Globals"]["Function"]
    roles = resources_of_type("AWS::IAM::Role")
    return {
        name: shared
        | function["Properties"]
        | {
            "Environment": {"Variables": environment_of(name)},
            "Policies": [
                policy["PolicyDocument"]
                for policy in roles[referred(function["Properties"]["Role"])]["Properties"][
                    "Policies"
                ]
                if policy["PolicyName"] == "Code"
            ],
            "LoggingConfig": shared["LoggingConfig"] | function["Properties"]["LoggingConfig"],
        }
        for name, function in resources_of_type("AWS::Serverless::Function").items()
    }


def referred(value: Any) -> str:
    """Return the logical id that a `Ref` or `Fn::GetAtt` refers to.

    Raises:
        ValueError: it is neither.
    """
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return name
        case _:
            raise ValueError(f"{value!r} refers to no resource by !Ref or !GetAtt")

"""The calls of AWS that pushctl makes, as IAM sees them: an action and a resource."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from botocore.client import BaseClient

from tools.template_yaml import resources_of_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Call = tuple[str, str]
"""An IAM action, and the logical id of its resource; a pattern for a secret, `*` for none."""

_Made = tuple[str, str, dict[str, Any]]
in_this_process: list[_Made] = []
"""Every call of pushctl on the laptop stack: service, operation and parameters."""
_PARTS_OF_A_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_BY_IAM = {"lambda:Invoke": "lambda:InvokeFunction"}
_WITHOUT_RESOURCE = {"cloudwatch"}


@contextmanager
def recorded(calls: list[_Made] = in_this_process) -> Iterator[None]:
    """Record the calls of pushctl's clients while the context lasts."""
    call = vars(BaseClient)["_make_api_call"]

    def note(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if client.meta.config.user_agent_extra == "pushctl":  # not those of a function
            calls.append((client.meta.service_model.service_name, operation, parameters))
        return call(client, operation, parameters)

    with mock.patch.object(BaseClient, "_make_api_call", note):
        yield


def as_iam_sees(calls: Iterable[_Made], stack: str, resources: Mapping[str, str]) -> set[Call]:
    """Return the actions of recorded calls.

    Args:
        stack: the stack's name.
        resources: physical ids by logical id.
    """
    names = {physical: logical for logical, physical in resources.items()}
    return {each for call in calls for each in _as_iam_sees_it(*call, stack, names)}


def _as_iam_sees_it(
    service: str, operation: str, parameters: dict[str, Any], stack: str, names: Mapping[str, str]
) -> Iterator[Call]:
    if operation == "TransactWriteItems":
        for write in parameters["TransactItems"]:
            for kind, item in write.items():
                yield f"dynamodb:{_PARTS_OF_A_TRANSACTION[kind]}", names[item["TableName"]]
        return
    if operation == "BatchGetItem":
        for table in parameters["RequestItems"]:
            yield "dynamodb:BatchGetItem", names[table]
        return
    action = f"{service}:{operation.removesuffix('Batch')}"
    yield _BY_IAM.get(action, action), _resource(service, parameters, stack, names)


def _resource(
    service: str, parameters: dict[str, Any], stack: str, names: Mapping[str, str]
) -> str:
    match parameters:
        case {"TableName": table, "IndexName": index}:
            return f"{names[table]}/index/{index}"
        case (
            {"TableName": name}
            | {"QueueUrl": name}
            | {"logGroupName": name}
            | {"FunctionName": name}
        ):
            return names[name]
        case {"SecretId": name}:
            app_id, kind = name.removeprefix(f"{stack}/apps/").split("/")
            assert app_id
            return f"secret {kind}"
        case {"StackName": name} if name == stack:
            return "stack"
    assert service in _WITHOUT_RESOURCE, (service, parameters)
    return "*"


def allowed(*policies: str) -> set[Call]:
    """Return what managed policies of the template allow beyond the API's routes."""
    managed = resources_of_type("AWS::IAM::ManagedPolicy")
    return {
        (action, _name(resource))
        for policy in policies
        for statement in managed[policy]["Properties"]["PolicyDocument"]["Statement"]
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
        if action != "execute-api:Invoke"
    }


def _name(resource: Any) -> str:
    match resource:
        case "*":
            return "*"
        case {"Ref": "AWS::StackId"}:
            return "stack"
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return name
        case {"Fn::Sub": str(text)} if text.startswith("${") and ".Arn}/index/" in text:
            return text.removeprefix("${").replace(".Arn}", "")
        case {"Fn::Sub": str(text)} if text.endswith("*"):
            return f"secret {text.rpartition('/')[2].removesuffix('*')}"
    raise AssertionError(resource)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

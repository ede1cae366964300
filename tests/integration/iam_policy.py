"""The AWS calls of handlers, compared with the IAM statements of template.yaml."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.aws_limits.statements import target_of
from tools import template_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

RecordedCall = tuple[str, str]
"""An IAM action and the logical id of its resource, `<table>/index/<name>` for an index; `*` where
many share a name pattern."""

_TRANSACTION_ITEMS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


_INDEX = re.compile(r"\$\{(?P<table>\w+)\.Arn\}/index/(?P<name>\w+)")

_STATEMENTS = {
    "Put": "PartiQLInsert",
    "Update": "PartiQLUpdate",
    "Delete": "PartiQLDelete",
    "Get": "PartiQLSelect",
}


class RecordedCalls:
    """Records every call of AWS while a function runs."""

    def __init__(self) -> None:
        self._function: str | None = None
        self.done: set[tuple[str, RecordedCall]] = set()

    @contextmanager
    def of(self, function: str) -> Iterator[None]:
        """Record the calls inside as the function's."""
        self._function = function
        try:
            yield
        finally:
            self._function = None

    def note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """Record a call, as a handler of botocore's event `provide-client-params`."""
        if self._function is None:
            return
        service = model.service_model.service_name
        for operation, resource in _calls(service, model.name, params):
            self.done.add((self._function, (f"{service}:{operation}", resource)))


def _calls(  # noqa: PLR0911
    service: str, operation: str, params: dict[str, Any]
) -> list[tuple[str, str]]:
    match service, operation:
        case "dynamodb", "TransactWriteItems":
            return [
                (_TRANSACTION_ITEMS[kind], item["TableName"])
                for write in params["TransactItems"]
                for kind, item in write.items()
            ]
        # Each statement is authorized as what it does (Developer Guide, "IAM security policies with
        # PartiQL for DynamoDB").
        case "dynamodb", "BatchExecuteStatement":
            targets = (target_of(each["Statement"]) for each in params["Statements"])
            return [(_STATEMENTS[kind], table) for kind, table in targets]
        case "dynamodb", "BatchGetItem" | "BatchWriteItem":
            return [(operation, table) for table in params["RequestItems"]]
        case "dynamodb", _:
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            return [(operation, params["TableName"] + index)]
        case "sqs", _:
            return [(operation.removesuffix("Batch"), params["QueueUrl"].rpartition("/")[2])]
        case "events", _:
            return [(operation, "GameEventBus")]
        case _:
            return [(operation, "*")]


@cache
def granted(function: str) -> frozenset[RecordedCall]:
    """Return the calls that a function, by its logical id, is allowed to make."""
    return frozenset(
        (action, _logical_id(resource))
        for policy in template_yaml.functions()[function]["Policies"]
        for statement in policy["Statement"]
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    )


def _logical_id(resource: Any) -> str:
    match resource:
        case {"Fn::GetAtt": [name, _]} | {"Ref": name}:
            return str(name)
        case {"Fn::Sub": str(text)} if index := _INDEX.fullmatch(text):
            return f"{index['table']}/index/{index['name']}"
        case _:
            return "*"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

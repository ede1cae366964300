"""Each function may do what its code can call, on named resources, and nothing else."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING, Any

import grimp
import pytest
from botocore import xform_name
from botocore.session import get_session

from tools.template_yaml import ROOT, functions, load, referred

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
WILDCARDS = {
    f"{SECRET}${{AWS::StackName}}/apps/*/credentials*": "apps come and go without a deployment;"
    " the ARN of a secret ends in six characters of its own, and in none before it is there",
    f"{SECRET}${{AWS::StackName}}/apps/*/access-token*": "as above",
    "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}"
    ":schedule/${RequestSchedules}/*": "one schedule per request, all in a group of their own",
    "*": "X-Ray and statistics have no resources to name; alarms are listed in one call",
}
API = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/$default/"

SERVICES = ("dynamodb", "events", "scheduler", "secretsmanager", "sqs")
NEEDED_WITH = {"scheduler:CreateSchedule": "iam:PassRole"}  # the role that the schedule will have
NAMED_OTHERWISE_BY_IAM = {"sqs:SendMessageBatch": "sqs:SendMessage"}
TRANSACTION = "dynamodb:TransactWriteItems"  # IAM asks for what its items do instead
TRANSACTION_ITEMS = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
STATEMENTS = "dynamodb:BatchExecuteStatement"  # likewise for what they do
STATEMENT_KINDS = {
    'INSERT INTO "': "dynamodb:PartiQLInsert",
    'UPDATE "': "dynamodb:PartiQLUpdate",
    'DELETE FROM "': "dynamodb:PartiQLDelete",
}

each_function = pytest.mark.parametrize("function", functions())


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(node: Any) -> Iterator[dict[str, Any]]:
    """Every policy statement anywhere in a part of the template."""
    if isinstance(node, list):
        for each in node:
            yield from statements(each)
    elif isinstance(node, dict):
        if "Effect" in node:
            yield node
        for each in node.values():
            yield from statements(each)


def allowing() -> list[dict[str, Any]]:
    return [each for each in statements(load()) if each["Effect"] == "Allow"]


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list | dict):
        for each in node.values() if isinstance(node, dict) else node:
            yield from strings(each)


@cache
def granted_to(function: str) -> set[str]:
    policies = statements(functions()[function]["Policies"])
    return {action for each in policies for action in as_list(each["Action"])}


@cache
def actions_by_method() -> dict[str, set[str]]:
    """IAM actions by the name of the boto3 method that needs them."""
    session = get_session()
    actions: dict[str, set[str]] = {}
    for service in SERVICES:
        for operation in session.get_service_model(service).operation_names:
            action = f"{service}:{operation}"
            action = NAMED_OTHERWISE_BY_IAM.get(action, action)
            actions.setdefault(xform_name(operation), set()).add(action)
    return actions


@cache
def called_in(module: str) -> frozenset[str]:
    """The IAM actions that a module's own calls of AWS need."""
    code = ROOT / "layers/core" / f"{module.replace('.', '/')}.py"
    if not code.exists():  # a package
        code = code.with_suffix("") / "__init__.py"
    called: set[str] = set()
    for node in ast.walk(ast.parse(code.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(ast.Attribute(attr="get_paginator"), [ast.Constant(str(method))]):
                called |= actions_by_method()[method]
            case ast.Call(ast.Attribute(attr=method)):
                # `query_all` and `scan_all` of push.aws.table are the calls for all pages.
                called |= actions_by_method().get(method.removesuffix("_all"), set())
            case ast.Dict([ast.Constant(str(kind))]) if kind in TRANSACTION_ITEMS:
                called.add(TRANSACTION_ITEMS[kind])
            case ast.Constant(str(text)) if text in STATEMENT_KINDS:  # the start of an f-string
                called.add(STATEMENT_KINDS[text])
    called |= {NEEDED_WITH[action] for action in called & NEEDED_WITH.keys()}
    return frozenset(called - {TRANSACTION, STATEMENTS})


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(
        "functions", "push", "wns", exclude_type_checking_imports=True, cache_dir=None
    )


@cache
def modules_of_push() -> set[str]:
    return imports().find_descendants("push")


@cache
def loaded_by(function: str) -> set[str]:
    app = functions()[function]["CodeUri"].replace("/", ".") + ".app"
    return imports().find_upstream_modules(app) & modules_of_push()


def resources_of(function: str) -> str:
    policies = statements(functions()[function]["Policies"])
    return " ".join(strings([each["Resource"] for each in policies]))


def test_game_servers_function_reaches_no_secret_and_no_bus_and_only_reads_settings() -> None:
    assert "secret" not in resources_of("NotificationsApiFunction")
    assert "GameEventBus" not in resources_of("NotificationsApiFunction")
    for statement in statements(functions()["NotificationsApiFunction"]["Policies"]):
        if {"AppsTable", "TemplatesTable"} & set(strings(statement["Resource"])):
            assert statement["Action"] == "dynamodb:BatchGetItem"  # several items, in one read


def test_operators_function_neither_queues_nor_records_nor_schedules() -> None:
    reached = resources_of("OperatorApiFunction")
    for name in ("RequestQueue", "NotificationsTable", "RequestSchedules"):
        assert name not in reached


def test_policies_are_spelled_out_and_allow_only() -> None:
    for properties in functions().values():
        assert [policy.keys() for policy in properties["Policies"]] == [{"Version", "Statement"}]
        role = load()["Resources"][referred(properties["Role"])]["Properties"]
        assert [policy["PolicyName"] for policy in role["Policies"]] == ["Lambda", "Code"]
        assert "ManagedPolicyArns" not in role
    for statement in allowing():
        assert statement.keys() <= {
            *("Sid", "Effect", "Action", "Resource"),
            *("Principal", "Condition"),
        }


def test_no_action_and_no_principal_is_a_wildcard() -> None:
    for statement in allowing():
        assert "*" not in "".join(strings([statement["Action"], statement.get("Principal", "")]))


def test_resource_is_a_wildcard_only_where_there_is_a_reason() -> None:
    resources = set(strings([statement.get("Resource", []) for statement in allowing()]))
    found = {text for text in resources if "*" in text and not text.startswith(API)}
    assert found == WILDCARDS.keys()
    without_name = {
        action
        for statement in allowing()
        if statement.get("Resource") == "*"
        for action in as_list(statement["Action"])
    }
    assert without_name == {
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricStatistics",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }


def test_nothing_is_denied_but_calls_without_tls() -> None:
    denying = [each for each in statements(load()) if each["Effect"] != "Allow"]
    assert denying
    for statement in denying:
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@each_function
def test_function_may_do_nothing_that_its_code_cannot_call(function: str) -> None:
    callable_here = {action for module in loaded_by(function) for action in called_in(module)}
    assert granted_to(function) <= callable_here


@pytest.mark.parametrize(
    ("module", "action"),
    sorted((module, action) for module in modules_of_push() for action in called_in(module)),
)
def test_call_of_aws_is_permitted_to_a_function_that_loads_it(module: str, action: str) -> None:
    assert any(
        action in granted_to(function) for function in functions() if module in loaded_by(function)
    )

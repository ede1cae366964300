"""What CloudFormation creates: the template as AWS's translator leaves it."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tools.template_yaml import ROOT, functions

if TYPE_CHECKING:
    from collections.abc import Iterator

SAM_PYTHON = ROOT / ".tools/sam/bin/python"
TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}
INDEX_READS = {"dynamodb:Query", "dynamodb:Scan"}  # the only ones that IAM asks for on an index
ALIAS = "live"

pytestmark = pytest.mark.skipif(
    not SAM_PYTHON.exists(), reason="the SAM CLI is not installed: make setup"
)


@cache
def translated(*parameters: str, template: str = "template.yaml") -> dict[str, Any]:
    done = subprocess.run(
        [
            str(SAM_PYTHON),
            "-m",
            "local.stack.sam_transform",
            template,
            "eu-west-1",
            "bucket",
            *parameters,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["template"]["Resources"]
    return found


def of_type(kind: str, *parameters: str) -> dict[str, Any]:
    resources = translated(*parameters).items()
    return {name: each.get("Properties", {}) for name, each in resources if each["Type"] == kind}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def all_statements() -> Iterator[dict[str, Any]]:
    for parameters in ((), ("GradualRelease=true",)):
        yield from statements(translated(*parameters))


def statements(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for each in node:
            yield from statements(each)
    elif isinstance(node, dict):
        if "Effect" in node:
            yield node
        for each in node.values():
            yield from statements(each)


def as_text(resource: Any) -> str:
    match resource:
        case {"Fn::GetAtt": [name, _]} | {"Ref": name}:
            return str(name)
        case {"Fn::Sub": str(text)}:
            return text
        case _:
            return str(resource)


@pytest.mark.parametrize("gradual", ["true", "false"])
def test_no_role_has_a_policy_of_aws(gradual: str) -> None:
    roles = of_type("AWS::IAM::Role", f"GradualRelease={gradual}")
    assert len(roles) >= len(functions())
    assert not [name for name, role in roles.items() if "ManagedPolicyArns" in role]


def test_function_receives_from_its_own_queues_only() -> None:
    sources: dict[str, set[str]] = {}
    for mapping in of_type("AWS::Lambda::EventSourceMapping").values():
        function = mapping["FunctionName"]["Ref"].removesuffix(f"Alias{ALIAS}")
        sources.setdefault(function, set()).add(as_text(mapping["EventSourceArn"]))
    receiving = {}
    for function, properties in of_type("AWS::Lambda::Function").items():
        role = translated()[as_text(properties["Role"])]
        queues = {
            as_text(resource)
            for statement in statements(role)
            if "sqs:ReceiveMessage" in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        }
        if queues:
            receiving[function] = queues
    assert receiving == sources


def test_function_writes_to_its_own_log_group() -> None:
    for properties in of_type("AWS::Lambda::Function").values():
        role = translated()[as_text(properties["Role"])]
        (logs,) = [each for each in statements(role) if each.get("Sid") == "WriteLogs"]
        group = properties["LoggingConfig"]["LogGroup"]["Ref"]
        assert logs["Resource"] == {"Fn::GetAtt": [group, "Arn"]}
        assert logs["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]


def test_every_role_has_the_permissions_boundary() -> None:
    roles = of_type("AWS::IAM::Role", "GradualRelease=true")
    assert not [name for name, role in roles.items() if "PermissionsBoundary" not in role]


def test_service_is_let_in_for_this_account_only() -> None:
    """AWS IAM, "The confused deputy problem": `aws:SourceArn` or `aws:SourceAccount`."""
    let_in = [
        statement
        for statement in all_statements()
        if isinstance(statement.get("Principal"), dict) and "Service" in statement["Principal"]
    ]
    assert {each["Principal"]["Service"] for each in let_in} == {
        "cloudwatch.amazonaws.com",
        "codedeploy.amazonaws.com",
        "events.amazonaws.com",
        "lambda.amazonaws.com",
        "scheduler.amazonaws.com",
    }
    for statement in let_in:
        keys = {key for test in statement["Condition"].values() for key in test}
        assert keys & {"aws:SourceArn", "aws:SourceAccount"}, statement
    for permission in of_type("AWS::Lambda::Permission").values():
        assert permission["SourceArn"]


def test_role_is_passed_to_one_service() -> None:
    passing = [each for each in all_statements() if "iam:PassRole" in listed(each["Action"])]
    assert passing
    for statement in passing:
        assert statement["Condition"] == {
            "StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}
        }


@pytest.mark.parametrize(
    ("kind", "policy", "listing"),
    [
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ],
)
def test_every_queue_and_topic_is_reached_by_tls_only(kind: str, policy: str, listing: str) -> None:
    protected: list[str] = []
    for properties in of_type(policy).values():
        (deny,) = [each for each in statements(properties) if each["Effect"] == "Deny"]
        assert (deny["Principal"], deny["Condition"]) == ("*", TLS_ONLY)
        assert {as_text(each) for each in listed(deny["Resource"])} == {
            as_text(each) for each in properties[listing]
        }
        protected += map(as_text, properties[listing])
    assert sorted(protected) == sorted(of_type(kind))  # each once: a second policy replaces a first


def test_index_is_only_queried() -> None:
    for statement in all_statements():
        if any("/index/" in as_text(each) for each in listed(statement.get("Resource", []))):
            assert set(listed(statement["Action"])) <= INDEX_READS


def test_events_reach_the_alias() -> None:
    aliases = {f"{function}Alias{ALIAS}" for function in functions()}
    assert set(of_type("AWS::Lambda::Alias")) == aliases
    for mapping in of_type("AWS::Lambda::EventSourceMapping").values():
        assert mapping["FunctionName"]["Ref"] in aliases
    schedules = of_type("AWS::Scheduler::Schedule").values()
    queues = of_type("AWS::SQS::Queue")
    for target in (as_text(schedule["Target"]["Arn"]) for schedule in schedules):
        assert target in aliases or target in queues
    for permission in of_type("AWS::Lambda::Permission").values():
        assert permission["FunctionName"]["Ref"] in aliases


def test_change_of_a_layer_makes_a_version_of_every_function(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    changed = tmp_path_factory.mktemp("changed") / "template.yaml"
    text = (ROOT / "template.yaml").read_text("utf-8")
    changed.write_text(text.replace("The packages wns and push", "The packages, changed"))
    before = set(of_type("AWS::Lambda::Version"))
    resources = translated(template=str(changed)).items()
    after = {name for name, each in resources if each["Type"] == "AWS::Lambda::Version"}
    assert len(before) == len(after) == len(functions())
    assert not before & after


def test_earlier_versions_and_layers_stay_for_a_roll_back() -> None:
    for resource in translated().values():
        if resource["Type"] in {"AWS::Lambda::Version", "AWS::Lambda::LayerVersion"}:
            assert resource["DeletionPolicy"] == "Retain"


def test_gradual_release_moves_every_function_and_is_rolled_back_by_an_alarm() -> None:
    groups = of_type("AWS::CodeDeploy::DeploymentGroup", "GradualRelease=true")
    assert len(groups) == len(functions())
    for group in groups.values():
        (alarms,) = [each["AlarmConfiguration"] for each in [group]]
        assert "ReleaseFailingAlarm" in json.dumps(alarms)
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    alarm = translated("GradualRelease=true")["ReleaseFailingAlarm"]["Properties"]
    assert all(f'"{name}"' in json.dumps(alarm) for name in functions())


def test_other_releases_use_no_codedeploy() -> None:
    assert not [each for each in translated().values() if "CodeDeploy" in each["Type"]]

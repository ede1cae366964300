"""`make deploy` finds out first what would fail later, and says what to do in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.deployment.stubs import REGION, StubbedSession, no_stack, stack
from tools.deployment import deploy as deploy_module
from tools.deployment.account import open_account
from tools.deployment.deploy import deploy, main
from tools.deployment.errors import DeploymentError
from tools.deployment.settings import environment, given_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTPUTS = {"ApiUrl": "https://api.example.com", "GameServerPolicyArn": "arn:aws:iam::1:policy/game"}


class Commands:
    """Records the commands instead of running them."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)
        self.ran: list[list[str]] = []

    def __call__(self, command: Sequence[str]) -> int:
        self.ran.append(list(command))
        return self.codes.pop(0) if self.codes else 0

    @property
    def sam(self) -> list[str]:
        return self.ran[-1]


@pytest.fixture
def aws() -> StubbedSession:
    return StubbedSession()


def deploy_to(
    aws: StubbedSession, env: str = "dev", run: Commands | None = None, **options: Any
) -> str:
    given = options.pop("given", {})
    options = {"yes": False, "can_ask": False} | options
    run = Commands() if run is None else run
    return deploy(environment(env), given, account=aws.account, run=run, **options)


def test_fresh_stack_is_built_and_deployed_without_a_parameter(aws: StubbedSession) -> None:
    run = Commands()
    no_stack(aws, "windows-push-dev")
    aws.stub("cloudformation").add_response(
        "describe_stacks", stack("windows-push-dev", "CREATE_COMPLETE", **OUTPUTS)
    )
    said = deploy_to(aws, run=run)
    assert run.ran[0] == ["make", "--no-print-directory", "build"]
    assert run.sam[run.sam.index("--stack-name") + 1] == "windows-push-dev"
    assert run.sam[run.sam.index("--region") + 1] == REGION
    assert "--parameter-overrides" not in run.sam
    assert "--no-confirm-changeset" in run.sam
    assert "--no-fail-on-empty-changeset" in run.sam
    assert "https://api.example.com" in said
    aws.assert_all_called()


def test_production_asks_and_releases_gradually(aws: StubbedSession) -> None:
    run = Commands()
    for _ in range(2):
        aws.stub("cloudformation").add_response(
            "describe_stacks", stack("windows-push-prod", "UPDATE_COMPLETE", **OUTPUTS)
        )
    deploy_to(aws, "prod", run, can_ask=True, given={"AlarmEmail": "ops@example.com"})
    assert "--confirm-changeset" in run.sam
    assert run.sam[-1] == 'GradualRelease="true" WithDashboard="true" AlarmEmail="ops@example.com"'


def test_production_does_not_ask_if_told_yes(aws: StubbedSession) -> None:
    run = Commands()
    for _ in range(2):
        aws.stub("cloudformation").add_response(
            "describe_stacks", stack("windows-push-prod", "UPDATE_COMPLETE", **OUTPUTS)
        )
    deploy_to(aws, "prod", run, yes=True)
    assert "--no-confirm-changeset" in run.sam


def test_production_without_anybody_to_ask_is_not_deployed(aws: StubbedSession) -> None:
    run = Commands()
    no_stack(aws, "windows-push-prod")
    with pytest.raises(DeploymentError, match="YES=1"):
        deploy_to(aws, "prod", run)
    assert run.ran == []


def test_issuer_is_checked_before_anything_is_built(aws: StubbedSession) -> None:
    run = Commands()
    with pytest.raises(DeploymentError, match="https URL"):
        deploy_to(aws, run=run, given={"PlayerTokenIssuer": "http://players.example.com"})
    assert run.ran == []


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("ROLLBACK_COMPLETE", "run make destroy ENV=dev"),
        ("DELETE_FAILED", "run make destroy ENV=dev"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name windows-push-dev"),
        ("UPDATE_IN_PROGRESS", "wait until that has ended"),
    ],
)
def test_stack_that_cannot_be_changed_is_told_with_what_to_do(
    aws: StubbedSession, status: str, advice: str
) -> None:
    run = Commands()
    aws.stub("cloudformation").add_response("describe_stacks", stack("windows-push-dev", status))
    with pytest.raises(DeploymentError, match=advice):
        deploy_to(aws, run=run)
    assert run.ran == []


def test_failed_deployment_is_reported_with_cloudformations_first_reason(
    aws: StubbedSession,
) -> None:
    name = "windows-push-dev"
    found = stack(name, "UPDATE_ROLLBACK_COMPLETE")
    event = {"StackId": "1", "StackName": name, "EventId": "1", "Timestamp": 0}
    cloudformation = aws.stub("cloudformation")
    cloudformation.add_response("describe_stacks", stack(name, "UPDATE_COMPLETE"))
    cloudformation.add_response("describe_stacks", found)
    cloudformation.add_response(
        "describe_stack_events",
        {
            "StackEvents": [
                event
                | {
                    "LogicalResourceId": "Other",
                    "ResourceStatus": "UPDATE_FAILED",
                    "ResourceStatusReason": "Resource update cancelled",
                },
                event
                | {
                    "LogicalResourceId": "HttpApi",
                    "ResourceStatus": "UPDATE_FAILED",
                    "ResourceStatusReason": "Invalid issuer",
                },
                event
                | {
                    "LogicalResourceId": name,
                    "ResourceStatus": "UPDATE_IN_PROGRESS",
                    "ResourceStatusReason": "User Initiated",
                },
                event
                | {
                    "LogicalResourceId": "Earlier",
                    "ResourceStatus": "UPDATE_FAILED",
                    "ResourceStatusReason": "of another deployment",
                },
            ]
        },
    )
    with pytest.raises(DeploymentError) as caught:
        deploy_to(aws, run=Commands(0, 1))
    assert "HttpApi: Invalid issuer" in str(caught.value)
    assert "Other" not in str(caught.value)
    assert "Earlier" not in str(caught.value)


def test_failed_build_deploys_nothing(aws: StubbedSession) -> None:
    run = Commands(2)
    no_stack(aws, "windows-push-dev")
    with pytest.raises(DeploymentError, match="build failed"):
        deploy_to(aws, run=run)
    assert len(run.ran) == 1


def test_unknown_environment_is_told_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main("nope") == 1
    said = capsys.readouterr().err
    assert said == (
        "make deploy: ENV=nope is not an environment of samconfig.toml; choose dev, staging or"
        " prod.\n"
    )


def test_credentials_that_aws_rejects_are_told(aws: StubbedSession) -> None:
    aws.stub("sts").add_client_error("get_caller_identity", "ExpiredToken", "expired")
    with pytest.raises(DeploymentError, match=r"ExpiredToken.*sign in"):
        open_account(aws)


def test_region_that_is_not_set_is_told(
    aws: StubbedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    aws.region_name = None
    with pytest.raises(DeploymentError, match="set AWS_REGION"):
        open_account(aws)


@pytest.mark.parametrize("text", ["AlarmEmail", "=x", '"'])
def test_malformed_parameters_are_told_with_an_example(text: str) -> None:
    with pytest.raises(DeploymentError, match="PARAMETERS="):
        given_parameters(text)


def test_parameter_may_hold_blanks_and_commas() -> None:
    assert given_parameters("'RefreshRate=rate(5 minutes)' PlayerTokenAudience=a,b") == {
        "RefreshRate": "rate(5 minutes)",
        "PlayerTokenAudience": "a,b",
    }


def test_sam_is_the_one_that_setup_installs() -> None:
    assert deploy_module.SAM.parts[-4:] == (".tools", "sam", "bin", "sam")

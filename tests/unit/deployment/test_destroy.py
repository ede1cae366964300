"""`make destroy` deletes a stack and says how to drop what stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.deployment.stubs import ACCOUNT, REGION, StubbedSession, no_stack, stack
from tools.deployment.destroy import destroy
from tools.deployment.errors import DeploymentError
from tools.deployment.settings import environment

NAME = "windows-push-dev"
STACK_ID = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{NAME}/1"
LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:CoreLayer1a2b:7"
RESOURCES = {
    "AppsTable": ("AWS::DynamoDB::Table", "apps-1", "DELETE_SKIPPED"),
    "RatesTable": ("AWS::DynamoDB::Table", "rates-1", "DELETE_COMPLETE"),
    "CoreLayer1a2b": ("AWS::Lambda::LayerVersion", LAYER, "DELETE_SKIPPED"),
}


def summaries(*, before: bool) -> dict[str, Any]:
    return {
        "StackResourceSummaries": [
            {
                "LogicalResourceId": name,
                "ResourceType": kind,
                "PhysicalResourceId": physical,
                "LastUpdatedTimestamp": 0,
                "ResourceStatus": "CREATE_COMPLETE" if before else status,
            }
            for name, (kind, physical, status) in RESOURCES.items()
        ]
    }


def test_what_stays_is_listed_with_the_line_that_drops_it() -> None:
    aws = StubbedSession()
    cloudformation = aws.stub("cloudformation")
    cloudformation.add_response("describe_stacks", stack(NAME, "CREATE_COMPLETE"))
    cloudformation.add_response("list_stack_resources", summaries(before=True), {"StackName": NAME})
    cloudformation.add_response("delete_stack", {}, {"StackName": STACK_ID})
    cloudformation.add_response("describe_stacks", stack(NAME, "DELETE_COMPLETE"))
    cloudformation.add_response(
        "list_stack_resources", summaries(before=False), {"StackName": STACK_ID}
    )
    names = [f"{NAME}/apps/my-game/credentials", f"{NAME}-other/apps/x/credentials"]
    aws.stub("secretsmanager").add_response(
        "list_secrets", {"SecretList": [{"Name": name} for name in names]}
    )
    lines = destroy(environment("dev"), account=aws.account, ask=lambda _: NAME, yes=False)
    assert lines == [
        "aws dynamodb delete-table --region eu-west-1 --table-name apps-1",
        (
            "aws lambda delete-layer-version --region eu-west-1 --layer-name CoreLayer1a2b"
            " --version-number 7"
        ),
        (
            "aws secretsmanager delete-secret --region eu-west-1"
            " --secret-id windows-push-dev/apps/my-game/credentials --force-delete-without-recovery"
        ),
    ]
    aws.assert_all_called()


def test_nothing_is_deleted_unless_the_name_is_typed() -> None:
    aws = StubbedSession()
    aws.stub("cloudformation").add_response("describe_stacks", stack(NAME, "CREATE_COMPLETE"))
    with pytest.raises(DeploymentError, match="nothing was deleted"):
        destroy(environment("dev"), account=aws.account, ask=lambda _: "yes", yes=False)


def test_stack_that_is_not_there_is_told_with_region_and_account() -> None:
    aws = StubbedSession()
    no_stack(aws, NAME)
    with pytest.raises(DeploymentError, match=f"{REGION} of account {ACCOUNT}"):
        destroy(environment("dev"), account=aws.account, ask=input, yes=True)

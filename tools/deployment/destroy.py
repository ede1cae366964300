"""`make destroy`: deletes a stack, and says what stays and how to drop that too.

    python -m tools.deployment.destroy ENV

Reads YES (1: do not ask) from the environment.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from botocore.exceptions import WaiterError

from tools.deployment.account import failure_reasons, find_stack, open_account
from tools.deployment.errors import DeploymentError
from tools.deployment.settings import environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.deployment.account import Account
    from tools.deployment.settings import Environment

DROPPING = {
    "AWS::DynamoDB::Table": "aws dynamodb delete-table --region {region} --table-name {id}",
    "AWS::Cognito::UserPool": (
        "aws cognito-idp delete-user-pool --region {region} --user-pool-id {id}"
    ),
    "AWS::Lambda::LayerVersion": (
        "aws lambda delete-layer-version --region {region} --layer-name {layer}"
        " --version-number {version}"
    ),
}
REMOVAL = (
    "aws secretsmanager delete-secret --region {region} --secret-id {id}"
    " --force-delete-without-recovery"
)


def destroy(
    env: Environment, *, account: Account, ask: Callable[[str], str], yes: bool
) -> list[str]:
    """Delete a stack and return the lines that drop what stays of it.

    Raises:
        DeploymentError: there is no such stack, the name was not confirmed, or deleting failed.
    """
    cloudformation = account.client("cloudformation")
    stack = find_stack(cloudformation, env.stack)
    if stack is None:
        raise DeploymentError(
            f"There is no stack {env.stack} in {account.region} of account {account.id}; set"
            " AWS_REGION or AWS_PROFILE if it is elsewhere."
        )
    question = f"Delete the stack {env.stack} in {account.region}? Type its name: "
    if not yes and ask(question).strip() != env.stack:
        raise DeploymentError(f"The name is not {env.stack}; nothing was deleted.")
    resources = _resources(cloudformation, env.stack)
    # By its id: a deleted stack is not found by its name.
    stack_id = stack["StackId"]
    cloudformation.delete_stack(StackName=stack_id)
    try:
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack_id)
    except WaiterError as error:
        reasons = "\n".join(f"  {each}" for each in failure_reasons(cloudformation, stack_id))
        raise DeploymentError(f"{env.stack} was not deleted: see below.\n{reasons}") from error
    kept = _kept(cloudformation, stack_id, resources)
    return kept + _secrets(account, env.stack)


def _resources(cloudformation: Any, stack: str) -> list[dict[str, Any]]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return [each for page in pages for each in page["StackResourceSummaries"]]


def _kept(cloudformation: Any, stack_id: str, before: list[dict[str, Any]]) -> list[str]:
    """Return a line for each resource that CloudFormation left in the account."""
    left = {
        each["LogicalResourceId"]
        for each in _resources(cloudformation, stack_id)
        if each["ResourceStatus"] == "DELETE_SKIPPED"
    }
    region = stack_id.split(":")[3]
    lines = []
    for each in before:
        if each["LogicalResourceId"] in left and each["ResourceType"] in DROPPING:
            name = each["PhysicalResourceId"]
            parts = {"layer": "", "version": ""}
            if each["ResourceType"] == "AWS::Lambda::LayerVersion":
                *_, parts["layer"], parts["version"] = name.split(":")
            lines.append(DROPPING[each["ResourceType"]].format(region=region, id=name, **parts))
    return lines


def _secrets(account: Account, stack: str) -> list[str]:
    """Return a line for each secret of the stack's apps, which the stack does not own."""
    pages = account.client("secretsmanager").get_paginator("list_secrets")
    prefix = f"{stack}/apps/"
    found = [
        each["Name"]
        for page in pages.paginate(Filters=[{"Key": "name", "Values": [prefix]}])
        for each in page["SecretList"]
        if each["Name"].startswith(prefix)
    ]
    return [REMOVAL.format(region=account.region, id=name) for name in found]


def main(env: str) -> int:
    try:
        left = destroy(
            environment(env),
            account=open_account(),
            ask=input,
            yes=os.environ.get("YES") == "1",
        )
    except DeploymentError as error:
        print(f"make destroy: {error}", file=sys.stderr)
        return 1
    except EOFError:
        print("make destroy: there is nobody to ask; set YES=1.", file=sys.stderr)
        return 1
    print("The stack is deleted.")
    if left:
        print("Its data stays. Tables, players and secrets are gone for good with these lines:\n")
        print("\n".join(left))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if sys.argv[1:] else "dev"))

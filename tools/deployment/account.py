"""The AWS account and region that the caller's credentials lead to, and the stack there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.deployment.errors import DeploymentError

ABSENT = "does not exist"
REJECTED = {"ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch", "AccessDenied"}
SIGN_IN = "sign in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and the like"


@dataclass(frozen=True, slots=True)
class Account:
    """AWS as the caller's credentials see it."""

    id: str
    region: str
    session: Any

    def client(self, service: str) -> Any:
        return self.session.client(service, region_name=self.region)


def open_account(session: Any = None) -> Account:
    """Find credentials and region as the AWS CLI does, and verify the credentials.

    Raises:
        DeploymentError: there are none, or AWS rejects them.
    """
    try:
        session = session or boto3.Session()
        region = os.environ.get("AWS_REGION") or session.region_name
    except BotoCoreError as error:  # a profile that the AWS CLI's files do not have
        raise DeploymentError(f"{error}; correct AWS_PROFILE.") from error
    if not region:
        raise DeploymentError("No AWS region is set; set AWS_REGION, for example to eu-west-1.")
    try:
        identity = session.client("sts", region_name=region).get_caller_identity()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in REJECTED:
            raise
        raise DeploymentError(f"AWS rejects the credentials ({code}); {SIGN_IN}.") from error
    except BotoCoreError as error:
        raise DeploymentError(f"No usable AWS credentials ({error}); {SIGN_IN}.") from error
    return Account(identity["Account"], region, session)


def find_stack(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """Return the stack's description; None if there is no such stack."""
    try:
        stacks = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if ABSENT in error.response["Error"]["Message"]:
            return None
        raise
    found: dict[str, Any] = stacks[0]
    return found


def check_deployable(stack: dict[str, Any] | None, env: str) -> None:
    """Check that CloudFormation would accept a change of the stack.

    Raises:
        DeploymentError: it would not.
    """
    status = stack["StackStatus"] if stack else "ABSENT"
    name = stack["StackName"] if stack else ""
    if status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}:
        raise DeploymentError(
            f"The stack {name} is {status}: it was never completed, or not quite removed, and"
            f" cannot be updated; run make destroy ENV={env}, then make deploy ENV={env} again."
        )
    if status == "UPDATE_ROLLBACK_FAILED":
        raise DeploymentError(
            f"The stack {name} is {status}; run aws cloudformation continue-update-rollback"
            f" --stack-name {name}, then make deploy ENV={env} again."
        )
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise DeploymentError(
            f"The stack {name} is {status}; wait until that has ended, then run make deploy"
            f" ENV={env} again."
        )


def failure_reasons(cloudformation: Any, stack: str) -> list[str]:
    """Return why the last change of a stack failed, first reason first."""
    reasons: list[str] = []
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    for event in (event for page in pages for event in page["StackEvents"]):
        reason = event.get("ResourceStatusReason", "")
        starts = event["ResourceStatus"] in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}
        if event["LogicalResourceId"] == stack and starts and "User Initiated" in reason:
            break
        if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
            reasons.insert(0, f"{event['LogicalResourceId']}: {reason}")
    return reasons

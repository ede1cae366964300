"""The deployment of artifacts and template to the AWS emulator."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from local.stack.aws import REGION
from local.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.stack.aws import Aws

BUCKET = "artifacts"
STACK_NAME = "push-laptop"
DEPLOY_SECONDS = 60.0


class Deployment(NamedTuple):
    outputs: dict[str, str]
    resources: dict[str, str]
    """Physical ids by logical id."""


def deploy(
    aws: Aws,
    template: Mapping[str, Any],
    artifacts: Mapping[str, bytes],
    parameters: Mapping[str, str],
) -> Deployment:
    """Create the stack, which must not exist yet.

    Raises:
        StackError: with CloudFormation's reasons.
    """
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    # By URL: the template is longer than the 51,200 bytes that may be passed by value.
    objects = {f"{logical_id}.zip": zipped for logical_id, zipped in artifacts.items()}
    objects["template.json"] = json.dumps(template).encode()
    with ThreadPoolExecutor() as uploads:
        list(
            uploads.map(
                lambda key: s3.put_object(Bucket=BUCKET, Key=key, Body=objects[key]), objects
            )
        )

    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK_NAME,
        TemplateURL=f"{aws.endpoint_url}/{BUCKET}/template.json",
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    stack = _created_stack(cloudformation)
    described = cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    resources = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in described}
    _set_recursive_loops(aws, template, resources)
    return Deployment(
        outputs={each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
        resources=resources,
    )


def _set_recursive_loops(
    aws: Aws, template: Mapping[str, Any], resources: Mapping[str, str]
) -> None:
    """Set what the emulator's CloudFormation leaves out: the functions' loop detection."""
    functions = aws.client("lambda")
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Function":
            setting = resource["Properties"].get("RecursiveLoop", "Terminate")
            functions.put_function_recursion_config(
                FunctionName=resources[logical_id], RecursiveLoop=setting
            )


def _created_stack(cloudformation: Any) -> dict[str, Any]:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        status = stack["StackStatus"]
        if status == "CREATE_COMPLETE":
            return stack
        if status != "CREATE_IN_PROGRESS":
            events = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
            reasons = [
                f"  {event['LogicalResourceId']}: {event['ResourceStatusReason']}"
                for event in reversed(events)
                if event["ResourceStatus"] == "CREATE_FAILED" and "ResourceStatusReason" in event
            ]
            raise StackError("\n".join(["template.yaml could not be deployed:", *reasons]))
        time.sleep(0.05)
    raise StackError(f"template.yaml was not deployed within {DEPLOY_SECONDS:g} s.")

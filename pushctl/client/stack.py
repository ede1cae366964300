"""The stack that a call is for: deployed on AWS, or the laptop stack of `make run`."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3
import botocore.session
import requests
from pydantic import BaseModel, Field, ValidationError

from push.aws.secret_store import SecretStore
from pushctl.client.api import Api, SignedApi
from pushctl.client.aws import Aws, map_aws_errors
from pushctl.client.errors import NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE_FOLDER = ".local"
STATE_FILE = "stack.json"
_NO_SETTINGS: dict[str, Any] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""Of botocore: neither AWS_PROFILE nor the files of the AWS CLI are read for the laptop stack."""


class LocalState(BaseModel, hide_input_in_errors=True):
    """What `make run` writes into `.local/NAME/stack.json`, readable by its owner only."""

    endpoint_url: str
    region: str
    stack: str
    access_key_id: str
    secret_access_key: str = Field(repr=False)


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack: its API, its resources, and AWS.

    Attributes:
        name: of the stack in CloudFormation.
        resources: physical ids by logical id; of a queue that is its URL, of a table, a function, a
            log group or an alarm its name.
    """

    name: str
    api: Api
    resources: Mapping[str, str]
    aws: Aws

    @classmethod
    def deployed(cls, name: str, *, profile: str | None = None, region: str | None = None) -> Self:
        """Return a stack on AWS; credentials and region are found as the AWS CLI finds them.

        Raises:
            NotFoundError: no stack has this name in the region.
            NotAllowedError: there are no credentials, or they may not describe it.
        """
        with map_aws_errors("open an AWS session"):
            session = boto3.Session(profile_name=profile, region_name=region)
        return cls._of(name, Aws(session), requests.Session())

    @classmethod
    def local(cls, name: str = "run", *, start: Path | None = None) -> Self:
        """Return the laptop stack that `make run` keeps running.

        Its state file is searched for in the folder `start`, the current one by default, and those
        above it.

        Raises:
            NotFoundError: no such laptop stack runs.
        """
        state = _find_state(name, start or Path.cwd())
        session = boto3.Session(
            botocore_session=botocore.session.Session(session_vars=_NO_SETTINGS),
            aws_access_key_id=state.access_key_id,
            aws_secret_access_key=state.secret_access_key,
            region_name=state.region,
        )
        http = requests.Session()
        http.trust_env = False  # no proxy leads to this machine
        try:
            return cls._of(state.stack, Aws(session, state.endpoint_url), http)
        except UnavailableError:
            raise NotFoundError(
                f"the laptop stack '{name}' does not respond at {state.endpoint_url}; start it with"
                " make run"
            ) from None

    @classmethod
    def _of(cls, name: str, aws: Aws, http: requests.Session) -> Self:
        with map_aws_errors(f"read the stack '{name}'"):
            cloudformation = aws.client("cloudformation")
            try:
                described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
            except cloudformation.exceptions.ClientError as error:
                if error.response["Error"]["Code"] == "ValidationError":
                    region = aws.session.region_name
                    raise NotFoundError(f"there is no stack '{name}' in {region}") from None
                raise
            # Describing the resources returns no more than 100 (AWS CloudFormation API reference,
            # DescribeStackResources); listing them has pages.
            pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
            resources = {
                each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
                for page in pages
                for each in page["StackResourceSummaries"]
            }
        outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
        if "ApiUrl" not in outputs:
            raise NotFoundError(f"the stack '{name}' is not a push backend: it has no ApiUrl")
        return cls(
            name, SignedApi(outputs["ApiUrl"].rstrip("/"), aws, session=http), resources, aws
        )

    def physical(self, logical_id: str) -> str:
        """Return the physical id of a resource.

        Raises:
            NotFoundError: the stack has no such resource; it may be of another version.
        """
        found = self.resources.get(logical_id)
        if not found:
            raise NotFoundError(f"the stack '{self.name}' has no {logical_id}")
        return found

    def having(self, suffix: str) -> dict[str, str]:
        """Return the physical ids of resources by logical id, of those that end with a suffix,
        which is left out."""
        return {
            logical_id.removesuffix(suffix): physical
            for logical_id, physical in self.resources.items()
            if logical_id.endswith(suffix) and physical
        }

    def client(self, service: str) -> Any:
        """Create a boto3 client."""
        return self.aws.client(service)

    def table(self, logical_id: str) -> Any:
        """Return a table of DynamoDB."""
        return self.aws.table(self.physical(logical_id))

    def secrets(self) -> SecretStore:
        """Return the apps' secrets."""
        return SecretStore(self.client("secretsmanager"), f"{self.name}/apps")


def _find_state(name: str, start: Path) -> LocalState:
    given = os.environ.get("PUSHCTL_LOCAL_STATE")
    places = (
        [Path(given)]
        if given
        else [folder / STATE_FOLDER / name / STATE_FILE for folder in (start, *start.parents)]
    )
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise NotFoundError(
            f"no laptop stack '{name}' runs here: start it with make run"
            f"{'' if name == 'run' else f' NAME={name}'}, and call pushctl in the repository's"
            " folder"
        )
    try:
        return LocalState.model_validate(json.loads(found.read_text("utf-8")))
    except (OSError, ValueError, ValidationError):
        raise NotFoundError(f"{found} is not the state of a laptop stack; start make run") from None

"""The stack that is checked, and how its API is called."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT_S = 30


class SmokeError(Exception):
    """Raised when the stack does not do what it should; says what was expected."""


class NotHereError(Exception):
    """Raised when a check does not apply to this stack; says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A deployed stack."""

    stack: str
    region: str
    api_url: str
    outputs: dict[str, str]
    resources: dict[str, str]
    """Physical ids by logical id."""
    client: Callable[[str], Any]
    credentials: Any

    def operator(self, method: str, path: str, body: object = None) -> requests.Response:
        """Call an operator or game server route, signed."""
        data = b"" if body is None else json.dumps(body).encode()
        url = f"{self.api_url}{path}"
        request = AWSRequest(method, url, data=data, headers={"Content-Type": "application/json"})
        SigV4Auth(self.credentials, "execute-api", self.region).add_auth(request)
        return self._send(method, url, data, dict(request.headers))

    def player(self, method: str, path: str, token: str, body: object) -> requests.Response:
        """Call a player route with a player's token."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self._send(method, f"{self.api_url}{path}", json.dumps(body).encode(), headers)

    @staticmethod
    def _send(method: str, url: str, data: bytes, headers: dict[str, str]) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = "127.0.0.1" not in url  # no proxy to this machine, nor ~/.netrc
            return session.request(method, url, data=data, headers=headers, timeout=TIMEOUT_S)


def open_target(stack: str, region: str, session: Any) -> Target:
    """Look up a stack.

    Raises:
        SmokeError: it is not deployed.
    """

    def client(service: str) -> Any:
        return session.client(service, region_name=region)

    cloudformation = client("cloudformation")
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    if "ApiUrl" not in outputs:
        raise SmokeError(f"the stack {stack} is {found['StackStatus']} and has no ApiUrl")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for page in pages
        for each in page["StackResourceSummaries"]
    }
    credentials = session.get_credentials().get_frozen_credentials()
    return Target(stack, region, outputs["ApiUrl"], outputs, resources, client, credentials)

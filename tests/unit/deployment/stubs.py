"""AWS for the deployment tools: boto3 clients that answer from a script and send nothing."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.stub import Stubber

from tools.deployment.account import Account

ACCOUNT = "111122223333"
REGION = "eu-west-1"


class StubbedSession:
    """A boto3 session whose clients are stubbed; `stub` scripts a service's next response."""

    region_name: str | None = REGION

    def __init__(self) -> None:
        self._session = boto3.Session("key", "secret", region_name=REGION)
        self._clients: dict[str, Any] = {}
        self._stubs: dict[str, Stubber] = {}

    def client(self, service: str, region_name: str | None = None) -> Any:
        if service not in self._clients:
            make: Any = self._session.client
            self._clients[service] = make(service, region_name=region_name)
            self._stubs[service] = Stubber(self._clients[service])
            self._stubs[service].activate()
        return self._clients[service]

    def stub(self, service: str) -> Stubber:
        self.client(service, REGION)
        return self._stubs[service]

    @property
    def account(self) -> Account:
        return Account(ACCOUNT, REGION, self)

    def assert_all_called(self) -> None:
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()


def stack(name: str, status: str, **outputs: str) -> dict[str, Any]:
    """A response of describe_stacks."""
    return {
        "Stacks": [
            {
                "StackName": name,
                "StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/1",
                "CreationTime": 0,
                "StackStatus": status,
                "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
            }
        ]
    }


def no_stack(session: StubbedSession, name: str) -> None:
    session.stub("cloudformation").add_client_error(
        "describe_stacks", "ValidationError", f"Stack with id {name} does not exist"
    )

"""The AWS emulator and the operator's credentials."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from local import direct_http
from local.stack.aws_settings import no_aws_settings
from local.stack.ports import HOST
from local.stack.processes import responds

if TYPE_CHECKING:
    import requests

    from local.stack.processes import Processes
    from local.stack.run_files import OperatorKey

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".tools/ministack/bin/python"
REGION = "eu-west-1"
START_SECONDS = 30.0
REQUEST_SECONDS = 30.0
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Aws:
    """The AWS emulator with the credentials of one identity."""

    port: int
    access_key_id: str
    secret_access_key: str = field(repr=False)

    @property
    def endpoint_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def client(self, service: str) -> Any:
        """Create a boto3 client; the developer's own AWS settings are ignored."""
        with no_aws_settings():
            session = boto3.Session(
                aws_access_key_id=self.access_key_id,
                aws_secret_access_key=self.secret_access_key,
                region_name=REGION,
            )
            make: Any = session.client
            return make(
                service,
                endpoint_url=self.endpoint_url,
                config=Config(
                    proxies={}, s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}
                ),
            )

    def signed_request(
        self, method: str, url: str, json_body: object = None, *, service: str = "execute-api"
    ) -> requests.Response:
        """Send a request signed with Signature Version 4."""
        data = b"" if json_body is None else json.dumps(json_body).encode()
        request = AWSRequest(method, url, data=data, headers={"Content-Type": "application/json"})
        credentials = Credentials(self.access_key_id, self.secret_access_key)
        SigV4Auth(credentials, service, REGION).add_auth(request)
        return direct_http.request(
            method, url, data=data, headers=dict(request.headers), timeout=REQUEST_SECONDS
        )


def start_aws(
    processes: Processes, port: int, *, directory: Path, key: OperatorKey | None = None
) -> None:
    """Start the emulator; `wait_for_aws` waits until it is ready.

    Args:
        key: of the operator; None: a new one.
    """
    kept = (
        {}
        if key is None
        else {
            "LAPTOP_ACCESS_KEY_ID": key.access_key_id,
            "LAPTOP_SECRET_ACCESS_KEY": key.secret_access_key,
        }
    )
    processes.start(
        "aws",
        [str(PYTHON), str(Path(__file__).with_name("emulator.py"))],
        directory=directory,
        settings={
            "AUTH": "true",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            **kept,
        },
    )


def wait_for_aws(processes: Processes, port: int) -> Aws:
    """Wait until the emulator is ready, and return it with the operator's credentials.

    The operator is an IAM user; creating it is the only use of the emulator's unverified `test`
    key.
    """
    health = f"http://{HOST}:{port}/_ministack/health"
    processes.wait_until_ready("aws", lambda: responds(health), seconds=START_SECONDS)
    iam = Aws(port, "test", "test").client("iam")
    iam.create_user(UserName=OPERATOR)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_user_policy(
        UserName=OPERATOR,
        PolicyName="everything",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )
    key = iam.create_access_key(UserName=OPERATOR)["AccessKey"]
    return Aws(port, key["AccessKeyId"], key["SecretAccessKey"])

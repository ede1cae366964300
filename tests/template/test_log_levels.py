"""The SDK's debug lines, which hold secrets, tokens and channel URIs, are never logged: whatever
LogLevel says, under the logging set-up of Lambda's Python runtime."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tools.template_yaml import ROOT, environment_of, functions

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "CANARY-in-a-request"

# As awslambdaric sets logging up before it imports the handler (bootstrap.py, `_setup_logging`): a
# handler that writes JSON on the root logger, and the root logger at AWS_LAMBDA_LOG_LEVEL.
RUN = f"""
import json, logging, os, sys

class JsonFormatter(logging.Formatter):
    def format(self, record):
        return json.dumps({{"level": record.levelname, "logger": record.name,
                           "message": record.getMessage()}})

handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(JsonFormatter())
logging.getLogger().setLevel(os.environ["AWS_LAMBDA_LOG_LEVEL"])
logging.getLogger().addHandler(handler)

from moto import mock_aws
with mock_aws():
    import app, boto3, requests
    secrets, tables = boto3.client("secretsmanager"), boto3.resource("dynamodb")
    secrets.create_secret(Name="a", SecretString={CANARY!r})
    secrets.get_secret_value(SecretId="a")
    tables.create_table(
        TableName="T", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{{"AttributeName": "pk", "AttributeType": "S"}}],
        KeySchema=[{{"AttributeName": "pk", "KeyType": "HASH"}}],
    )
    tables.Table("T").put_item(Item={{"pk": {CANARY!r}}})
    tables.Table("T").get_item(Key={{"pk": {CANARY!r}}})
try:
    requests.get("http://127.0.0.1:9/?token={CANARY}", timeout=1)
except requests.RequestException:
    pass
app.logger.debug("a line of the function's own")
"""


def run(function: str, level: str, home: Path) -> str:
    environment = {
        variable: value if isinstance(value, str) else f"{variable.lower()}-of-the-stack"
        for variable, value in environment_of(function).items()
    }
    code = ROOT / functions()[function]["CodeUri"]
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        env=environment
        | {
            "AWS_LAMBDA_LOG_LEVEL": level,
            "POWERTOOLS_LOG_LEVEL": level,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "PYTHONPATH": f"{code}:{ROOT / 'layers/core'}",
            "HOME": str(home),
        },
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("function", functions())
def test_no_request_of_the_sdk_is_logged_at_debug_level(function: str, tmp_path: Path) -> None:
    output = run(function, "DEBUG", tmp_path)
    own = [line for line in lines(output) if line["message"] == "a line of the function's own"]
    assert [line["level"] for line in own] == ["DEBUG"]
    assert CANARY not in output

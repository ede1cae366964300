"""What Lambda gives a function: its environment, by template.yaml, and its triggers' events."""

from __future__ import annotations

import json
import os
import uuid
from typing import TYPE_CHECKING, Any

from benchmarks.aws_stub.control import ACCOUNT, REGION, ROOT, AwsStub
from benchmarks.wns_sink.process import HOST
from tools import template_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.wns_sink.process import WnsSink


def environment_of(function: str, stub: AwsStub, sink: WnsSink | None) -> dict[str, str]:
    """Return the environment variables of a function on the stub, as template.yaml gives them."""
    logical_id = "".join(part.capitalize() for part in function.split("_")) + "Function"
    given = template_yaml.environment_of(logical_id)
    settings = {name: _resolve(value, stub.url) for name, value in given.items()}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    aws = {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_ENDPOINT_URL": stub.url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_SERVICE_NAME": function,
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "NO_PROXY": "127.0.0.1",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}",
    }
    return kept | settings | aws | ({} if sink is None else sink_environment(sink))


def sink_environment(sink: WnsSink) -> dict[str, str]:
    """Return variables that lead a sender to the sink, with the authority to trust."""
    return {
        "HTTPS_PROXY": f"http://127.0.0.1:{sink.port}",
        "SSL_CERT_FILE": str(sink.ca_file),
        "REQUESTS_CA_BUNDLE": str(sink.ca_file),
        "NODE_EXTRA_CA_CERTS": str(sink.ca_file),
        "SINK_PORT": str(sink.port),
        "WNS_HOST": HOST,
    }


def _resolve(value: Any, url: str) -> str:
    resources = template_yaml.load()["Resources"]
    match value:
        case {"Ref": name} if name in resources and resources[name]["Type"] == "AWS::SQS::Queue":
            return f"{url}/{ACCOUNT}/{name}"
        case {"Ref": "LogLevel"}:
            return "INFO"
        case {"Ref": name}:
            return str(name)
        case {"Fn::GetAtt": [name, "Arn"]}:
            return queue_arn(name)
        case {"Fn::Sub": text}:
            return str(text).replace("${AWS::StackName}", "bench")
        case _:
            return str(value)


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def sqs_event(queue: str, bodies: Iterable[str]) -> dict[str, Any]:
    """Return the event that Lambda's poller makes of messages."""
    return {
        "Records": [
            {
                "messageId": str(uuid.uuid4()),
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn(queue),
                "awsRegion": REGION,
            }
            for body in bodies
        ]
    }


def http_event(method: str, path: str, body: Any) -> dict[str, Any]:
    """Return the event that API Gateway makes of a signed request."""
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }

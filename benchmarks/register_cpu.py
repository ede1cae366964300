"""What registering a channel costs in CPU: the handler of channels_api alone, warm.

    python -m benchmarks.register_cpu [--requests N]

AWS is moto, in this process, and its time is taken out; so is the network's, which Lambda does not
count as CPU either but for TLS. What remains is Powertools, pydantic, boto3 and our own code.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import io
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from tools import template_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
PLAYERS = 20  # few, because moto copies the whole table for each transaction
APP = {"app_id": "my-game", "name": "My Game", "token_audiences": ["windows-game"]}


class MotoTime:
    """CPU seconds that moto used."""

    def __init__(self) -> None:
        self.seconds = 0.0
        respond = BotocoreStubber.__call__

        def timed(stubber: BotocoreStubber, event_name: str, request: Any, **more: Any) -> Any:
            began = time.process_time()
            try:
                return respond(stubber, event_name, request, **more)
            finally:
                self.seconds += time.process_time() - began

        BotocoreStubber.__call__ = timed  # type: ignore[assignment, method-assign]


class Context:
    function_name = "channels_api"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:channels_api"
    aws_request_id = "00000000-0000-0000-0000-000000000000"


def load_handler() -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the handler, on tables created from template.yaml."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "POWERTOOLS_METRICS_NAMESPACE": "WindowsPush",
        "POWERTOOLS_SERVICE_NAME": "channels_api",
    }
    dynamodb = boto3.resource("dynamodb")
    for name in ("AppsTable", "ChannelsTable", "TopicsTable"):
        properties = template_yaml.resources_of_type("AWS::DynamoDB::Table")[name]["Properties"]
        wanted = {"BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes"}
        dynamodb.create_table(
            TableName=name, **{key: properties[key] for key in wanted & properties.keys()}
        )
    dynamodb.Table("AppsTable").put_item(Item={"pk": "my-game", "app": json.dumps(APP)})
    tables = {"APPS": "AppsTable", "CHANNELS": "ChannelsTable", "TOPICS": "TopicsTable"}
    os.environ |= {f"{name}_TABLE": table for name, table in tables.items()}
    handler: Callable[..., dict[str, Any]] = importlib.import_module(
        "functions.channels_api.app"
    ).lambda_handler
    return handler


def remove_all() -> None:
    for name in ("ChannelsTable", "TopicsTable"):
        table = boto3.resource("dynamodb").Table(name)
        for item in table.scan()["Items"]:
            table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})


def players() -> list[dict[str, Any]]:
    """The sample event (two topics), once for each player."""
    return [request(number) for number in range(PLAYERS)]


def request(number: int) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events/channels_api-register.json").read_text())
    event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = f"player-{number}"
    body = json.loads(event["body"])
    body["channel_uri"] += str(number)
    return event | {"body": json.dumps(body)}


def measure(
    handler: Callable[..., dict[str, Any]],
    moto: MotoTime,
    requests: list[dict[str, Any]],
    status: int,
) -> list[float]:
    """CPU milliseconds of each request.

    The garbage collector is off meanwhile: nearly all it would look at is moto's.
    """
    spent = []
    gc.collect()
    gc.disable()
    for event in requests:
        began, moto_before = time.process_time(), moto.seconds
        with contextlib.redirect_stdout(io.StringIO()):
            answer = handler(event, Context())
        spent.append((time.process_time() - began - (moto.seconds - moto_before)) * 1000)
        if answer["statusCode"] != status:
            sys.exit(f"register_cpu: {answer}")
    gc.enable()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.register_cpu")
    parser.add_argument("--requests", type=int, default=500)
    count = parser.parse_args().requests
    moto = MotoTime()
    with mock_aws():
        handler = load_handler()
        measure(handler, moto, players(), 201)
        new, renewed = [], []
        for _ in range(count // PLAYERS):
            remove_all()
            new += measure(handler, moto, players(), 201)
            renewed += measure(handler, moto, players(), 200)
        for name, spent in (("new", new), ("renewed", renewed)):
            percentile = statistics.quantiles(spent, n=100)
            print(
                f"register, {name:8} {count} requests: CPU ms mean {statistics.fmean(spent):.2f},"
                f" median {statistics.median(spent):.2f}, p99 {percentile[98]:.2f}"
            )


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "layers/core"))
    main()

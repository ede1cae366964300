"""The backend on moto: handlers between the tables and queues of template.yaml.

Requests to WNS go over real TLS to the WNS emulator. Time can be advanced.
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import re
import sys
import time
from typing import TYPE_CHECKING, Any

import boto3
from moto.core.utils import unix_time_millis
from moto.sqs.models import sqs_backends

from push.aws import clients
from tests.integration import moto_fixes, moto_sqs  # noqa: F401
from tests.integration.clock import Clock, swap_clock
from tools import template_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import pytest

    from local.wns_emulator import WnsEmulator
    from push.aws.table import Table
    from tests.aws_limits.limits import AwsLimits
    from tests.integration.iam_policy import RecordedCalls

REGION = "eu-west-1"
ACCOUNT = "123456789012"
STACK = "windows-push-test"
PACKAGE_SID = "ms-app://S-1-15-2-2972962901-2322836549-3722629029-1345238579-3987825745"
CLIENT_SECRET = "Vex8L9WOFZuj95euaLrvSH7XyoDhLJc7"
AUDIENCE = "windows-game"


TRIGGERS = {
    "RequestQueue": "dispatcher",
    "BroadcastQueue": "dispatcher",
    "DeliveryQueue": "notification_sender",
    "BulkDeliveryQueue": "notification_sender",
}


class Context:
    """The context that Lambda passes to a handler."""

    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:function"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends_at - time.monotonic()) * 1000)


class Backend:
    """Tables, queues and bus of template.yaml, and the handlers between them."""

    triggers = TRIGGERS

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        wns: WnsEmulator,
        calls: RecordedCalls,
        limits: AwsLimits,
    ) -> None:
        self.wns = wns
        self.calls = calls
        self.limits = limits
        self.clock = Clock()
        self.dynamodb = boto3.resource("dynamodb")
        self.sqs: Any = boto3.client("sqs")
        self.events = boto3.client("events")
        self.secrets = boto3.client("secretsmanager")
        self._monkeypatch = monkeypatch
        self._names = {"AWS::StackName": STACK, "LogLevel": "INFO"}
        self._modules: dict[str, ModuleType] = {}
        self._make_resources()

    def _make_resources(self) -> None:
        self._make_tables()
        self._make_queues()
        self._make_bus()
        boto3.client("scheduler").create_schedule_group(Name="RequestSchedules")
        self._names["RequestSchedules"] = "RequestSchedules"

    def _make_tables(self) -> None:
        for name, resource in template_yaml.resources_of_type("AWS::DynamoDB::Table").items():
            properties = resource["Properties"]
            made = {"BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes"}
            self.dynamodb.create_table(
                TableName=name, **{key: properties[key] for key in made & properties.keys()}
            )
            self._names[name] = name

    def _make_queues(self) -> None:
        queues = template_yaml.resources_of_type("AWS::SQS::Queue")
        for name in queues:
            self._names[name] = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        for name, resource in queues.items():
            redrive = resource["Properties"].get("RedrivePolicy")
            if redrive:
                target = redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]
                policy = {
                    "deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{target}",
                    "maxReceiveCount": redrive["maxReceiveCount"],
                }
                self.sqs.set_queue_attributes(
                    QueueUrl=self._names[name], Attributes={"RedrivePolicy": json.dumps(policy)}
                )

    def _make_bus(self) -> None:
        bus = self._names["GameEventBus"] = f"{STACK}-game-events"
        self.events.create_event_bus(Name=bus)
        rule = template_yaml.load()["Resources"]["GameEventsRule"]["Properties"]
        self.events.put_rule(
            Name="GameEventsRule", EventBusName=bus, EventPattern=json.dumps(rule["EventPattern"])
        )
        self.events.put_targets(
            Rule="GameEventsRule",
            EventBusName=bus,
            Targets=[{"Id": "queue", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:RequestQueue"}],
        )
        # Stands in for the rule AccessTokenRejected, whose target moto cannot invoke.
        self._names["own-events"] = self.sqs.create_queue(QueueName="own-events")["QueueUrl"]
        self.events.put_rule(
            Name="own",
            EventBusName=bus,
            EventPattern=json.dumps({"source": ["windows-push-backend"]}),
        )
        self.events.put_targets(
            Rule="own",
            EventBusName=bus,
            Targets=[{"Id": "queue", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:own-events"}],
        )

    def table(self, name: str) -> Any:
        return self.dynamodb.Table(name)

    def own_table(self, name: str) -> Table:
        """Return a table as the functions have it."""
        return clients.dynamodb().table(name)

    def items(self, table: str) -> list[dict[str, Any]]:
        paginator = self.dynamodb.meta.client.get_paginator("scan")
        pages = paginator.paginate(TableName=table, ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]

    def channels(self) -> list[dict[str, Any]]:
        """Return the items of ChannelsTable that are channels, dead or alive."""
        return [item for item in self.items("ChannelsTable") if "channel_uri" in item]

    def handler(self, function: str) -> ModuleType:
        """Return a function's module, imported in the environment that template.yaml gives it."""
        if function not in self._modules:
            for variable, value in template_yaml.environment_of(_logical_id(function)).items():
                self._monkeypatch.setenv(variable, self._resolve(value))
            self._monkeypatch.setenv("SSL_CERT_FILE", str(self.wns.ca_file))
            name = f"functions.{function}.app"
            sys.modules.pop(name, None)
            module = importlib.import_module(name)
            gc.unfreeze()  # here, unlike on Lambda, a function's module becomes garbage
            swap_clock(module, self.clock)
            self._modules[function] = module
        return self._modules[function]

    def _resolve(self, value: Any) -> str:
        match value:
            case {"Ref": name}:
                return self._names[name]
            case {"Fn::GetAtt": [name, "Arn"]}:
                kind = template_yaml.load()["Resources"][name]["Type"]
                if kind == "AWS::SQS::Queue":
                    return queue_arn(name)
                return f"arn:aws:iam::{ACCOUNT}:role/{name}"
            case {"Fn::Sub": text}:
                for name, known in self._names.items():
                    text = text.replace(f"${{{name}}}", known)
                return text
            case _:
                return str(value)

    def invoke(self, function: str, event: dict[str, Any], *, seconds: float = 60) -> Any:
        handler = self.handler(function).lambda_handler
        with self.calls.of(_logical_id(function)), self.limits.loops.invocation(function, event):
            return handler(event, Context(seconds))

    def call(
        self,
        function: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        claims: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Call a route as API Gateway would; return status and parsed body. `body` may be text."""
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        given = {"content-type": "application/json"} | (headers or {})
        event = http_event(method, path, text, headers=given, claims=claims)
        answer = self.invoke(function, event)
        return answer["statusCode"], json.loads(answer["body"]) if answer.get("body") else None

    def call_as_player(
        self, player: str, method: str, path: str, body: Any = None, *, audience: str = AUDIENCE
    ) -> tuple[int, Any]:
        claims = {"sub": player, "aud": audience}
        function = function_of_route(method, path)
        function = "channels_api" if function == "operator_api" else function
        return self.call(function, method, path, body, claims=claims)

    def call_as_operator(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return self.call(function_of_route(method, path), method, path, body)

    def advance(self, seconds: float) -> None:
        """Advance the time of handlers, of the queues' delays and time-outs, and of WNS."""
        self.clock.ahead += seconds
        for queue in sqs_backends[ACCOUNT][REGION].queues.values():
            for message in queue._messages:
                message.delayed_until -= int(seconds * 1000)
                if message.visible_at > unix_time_millis():
                    message.visible_at -= int(seconds * 1000)
        self.wns.advance_clock(seconds)

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Receive and delete every visible message of a queue; return them."""
        return list(self._take(queue))

    def _take(self, queue: str) -> Iterator[dict[str, Any]]:
        url = self._names[queue]
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                return
            for message in answer["Messages"]:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield message

    def work(self) -> None:
        """Run the queues' triggers until no message is visible."""
        while self.work_once():
            pass

    def work_once(self) -> bool:
        """Run each queue's trigger on one batch; return whether there was any."""
        return sum(self._work_on(queue) for queue in self.triggers) > 0

    def handle(self, queue: str, messages: list[dict[str, Any]] | None = None) -> Any:
        """Run a queue's trigger on messages, by default all that are visible, as one batch; return
        its response."""
        batch = self.messages(queue) if messages is None else messages
        return self.invoke(self.triggers[queue], sqs_event(batch, queue))

    def _work_on(self, queue: str) -> bool:
        event = self.receive(queue)
        if event is None:
            return False
        failed = self.invoke(self.triggers[queue], event)["batchItemFailures"]
        self.delete(event, {failure["itemIdentifier"] for failure in failed})
        return True

    def receive(self, queue: str) -> dict[str, Any] | None:
        """Receive a batch as Lambda's poller does; return the event, None if no message is
        visible."""
        answer = self.sqs.receive_message(
            QueueUrl=self._names[queue],
            MaxNumberOfMessages=10,
            VisibilityTimeout=360,
            MessageSystemAttributeNames=["All"],
        )
        messages = self.limits.loops.admit(self.triggers[queue], answer.get("Messages", []))
        return sqs_event(messages, queue) if messages else None

    def delete(self, event: dict[str, Any], kept: set[str]) -> None:
        """Delete a batch's messages, except those that the handler keeps."""
        for record in event["Records"]:
            if record["messageId"] not in kept:
                queue = record["eventSourceARN"].rpartition(":")[2]
                self.sqs.delete_message(
                    QueueUrl=self._names[queue], ReceiptHandle=record["receiptHandle"]
                )

    def url(self, queue: str) -> str:
        return self._names[queue]

    def put(self, queue: str, body: Any) -> None:
        """Put a message on a queue; `body` may be text."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.sqs.send_message(QueueUrl=self._names[queue], MessageBody=text)

    def send_request(self, body: Any) -> None:
        """Put a message on RequestQueue; `body` may be text."""
        self.put("RequestQueue", body)

    def publish(self, detail_type: str, detail: dict[str, Any], source: str = "game") -> None:
        self.events.put_events(
            Entries=[
                {
                    "EventBusName": self._names["GameEventBus"],
                    "Source": source,
                    "DetailType": detail_type,
                    "Detail": json.dumps(detail),
                }
            ]
        )

    def refresh(self) -> dict[str, str]:
        """Run the refresher as its schedule does."""
        return self.invoke("token_refresher", {"refresh": "due"})


def _logical_id(function: str) -> str:
    return "".join(part.capitalize() for part in function.split("_")) + "Function"


def _any(variable: re.Match[str]) -> str:
    """Return the pattern of a path variable; a greedy one holds slashes too."""
    return ".+" if variable[1] else "[^/]+"


@functools.cache
def _routes() -> list[tuple[str, str, str]]:
    """Return function, method and pattern of the path of every route of template.yaml."""
    return [
        (
            properties["CodeUri"].removeprefix("functions/"),
            event["Properties"]["Method"],
            re.sub(r"\{\w+(\+?)\}", _any, event["Properties"]["Path"]),
        )
        for properties in template_yaml.functions().values()
        for event in properties["Events"].values()
        if event["Type"] == "HttpApi"
    ]


def function_of_route(method: str, path: str) -> str:
    """Return the function that API Gateway calls; the operator's where there is no such route."""
    found = [name for name, m, pattern in _routes() if m == method and re.fullmatch(pattern, path)]
    return found[0] if found else "operator_api"


CALLER_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/operations/somebody"


def http_event(
    method: str,
    path: str,
    body: str | None,
    *,
    headers: dict[str, str],
    claims: dict[str, Any] | None,
    query: str = "",
    is_base64: bool = False,
) -> dict[str, Any]:
    """Return the event that API Gateway makes of a request; `claims` are a player token's."""
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": query,
        "pathParameters": dict(zip(("app_id",), path.split("/")[2:], strict=False)),
        "headers": headers,
        "requestContext": {
            "http": {"method": method, "path": path},
            "stage": "$default",
            "authorizer": (
                {"jwt": {"claims": claims, "scopes": None}}
                if claims
                else {"iam": {"userArn": CALLER_ARN}}
            ),
        },
        "body": body,
        "isBase64Encoded": is_base64,
    }


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def sqs_event(messages: list[dict[str, Any]], queue: str = "queue") -> dict[str, Any]:
    """Return the event that Lambda's poller makes of messages."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": {"ApproximateReceiveCount": "1"} | message.get("Attributes", {}),
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn(queue),
                "awsRegion": REGION,
            }
            for message in messages
        ]
    }

"""The place where the limits of AWS meet a call: each HTTP request of botocore, before an emulator.

`Endpoint._do_get_response` is the one function of botocore that every request passes, retries
included, whether moto answers it in this process or ministack over HTTP. What is refused here is
refused to the SDK, which then retries or raises as it does on AWS.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

import boto3
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.config import Config
from botocore.endpoint import Endpoint
from botocore.exceptions import BotoCoreError, ClientError

from push.aws import dynamodb_wire
from tests.aws_limits.statements import statements_of, target_of
from tests.aws_limits.wire import BotocoreConnections
from tests.aws_limits.wire_server import OVER_HTTP, ServedConnections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Parsed = dict[str, Any]
Result = tuple[tuple[Any, Parsed] | None, Exception | None]
"""What botocore makes of a request: response and parsed response, or an exception."""

WATCHED = frozenset({"dynamodb", "sqs", "events", "secretsmanager", "scheduler"})

_ENDPOINT: Any = Endpoint  # botocore is not typed in full
_REAL = _ENDPOINT._do_get_response
_WIRE: Any = dynamodb_wire
_CONNECTIONS = _WIRE.KeptConnections
_ON_LIMITS: Any = ServedConnections if OVER_HTTP else BotocoreConnections
_thread = threading.local()


@dataclass(slots=True)
class Call:
    """One request to AWS.

    Attributes:
        parameters: as sent, so DynamoDB's values are in its JSON (`{"S": "text"}`).
    """

    service: str
    operation: str
    parameters: dict[str, Any]
    request: Any
    endpoint: Any
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.service} {self.operation}"

    def tables(self) -> set[str]:
        """Return the tables that the call names."""
        given = self.parameters
        if "TableName" in given:
            return {given["TableName"]}
        if isinstance(given.get("RequestItems"), dict):
            return set(given["RequestItems"])
        if statements := statements_of(given):
            return {target_of(each["Statement"])[1] for each in statements}
        actions = given.get("TransactItems", ())
        return {part["TableName"] for action in actions for part in action.values()}

    def queue(self) -> str:
        """Return the name of the queue, empty if there is none."""
        return str(self.parameters.get("QueueUrl", "")).rpartition("/")[2]

    def rewrite(self) -> None:
        """Send the parameters as they are now."""
        body = json.dumps(self.parameters).encode()
        self.request.body = body
        if "Content-Length" in self.request.headers:
            del self.request.headers["Content-Length"]
        self.request.headers["Content-Length"] = str(len(body))


class Limits(Protocol):
    """What decides about calls."""

    def handle(self, call: Call, send: Callable[[], Result]) -> Result: ...


class _NoBody:
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield b""


class AwsError(Exception):
    """Raised to answer a call with an error of AWS: its code, message and HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = 400, **details: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.details = details

    def result(self, url: str) -> Result:
        error = {"Code": self.code, "Message": self.message}
        if self.status < 500:
            error["Type"] = "Sender"
        return response(url, {"Error": error} | self.details, self.status)


def invalid(message: str) -> AwsError:
    """Return DynamoDB's answer to what it does not accept."""
    return AwsError("ValidationException", message)


def response(url: str, parsed: Parsed, status: int = 200) -> Result:
    """Return what botocore would make of a response."""
    headers = {"x-amzn-requestid": "LIMITS"}
    metadata = {"RequestId": "LIMITS", "HTTPStatusCode": status, "HTTPHeaders": headers}
    answer = AWSResponse(url, status, HTTPHeaders(), _NoBody())
    return (answer, parsed | {"ResponseMetadata": metadata}), None


def parsed_of(result: Result) -> Parsed | None:
    """Return the parsed response, None if AWS refused or did not answer."""
    success, _ = result
    return None if success is None or "Error" in success[1] else success[1]


def response_length(result: Result) -> int:
    """Return the bytes of the response's body."""
    success, _ = result
    return 0 if success is None else len(success[0].content)


def error_code(result: Result) -> str:
    """Return the code of the error with which AWS answered, empty if it did not."""
    success, _ = result
    return "" if success is None else str(success[1].get("Error", {}).get("Code", ""))


class _Installed:
    limits: Limits | None = None


def install(limits: Limits | None) -> None:
    """Pass every call of this process through the limits; None ends that."""
    _Installed.limits = limits
    _ENDPOINT._do_get_response = _REAL if limits is None else _limited
    _WIRE.KeptConnections = _CONNECTIONS if limits is None else _ON_LIMITS


def _limited(endpoint: Any, request: Any, operation_model: Any, context: Any) -> Any:
    limits = _Installed.limits
    service = operation_model.service_model.service_name
    if limits is None or service not in WATCHED or getattr(_thread, "unlimited", False):
        return _REAL(endpoint, request, operation_model, context)
    call = Call(service, operation_model.name, _parameters(service, request), request, endpoint)

    def send() -> Result:
        return _REAL(endpoint, request, operation_model, context)

    try:
        return limits.handle(call, send)
    except AwsError as error:
        return error.result(request.url)
    except ClientError as error:  # of a call of the limits' own, as for a table that is not there
        status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        return response(request.url, {"Error": error.response["Error"]}, status)
    except BotoCoreError as error:
        return None, error


def _parameters(service: str, request: Any) -> dict[str, Any]:
    body = request.body
    parameters: dict[str, Any] = json.loads(body) if body else {}
    if service == "scheduler":  # the only one here whose names travel in the path
        parameters["Name"] = unquote(urlsplit(request.url).path.rpartition("/")[2])
    return parameters


@contextmanager
def unlimited() -> Iterator[None]:
    """Let this thread's calls pass: the limits' own."""
    before = getattr(_thread, "unlimited", False)
    _thread.unlimited = True
    try:
        yield
    finally:
        _thread.unlimited = before


@dataclass(frozen=True)
class OwnClient:
    """A client of DynamoDB for the limits' own calls, which nothing limits or counts."""

    client: Any

    def __call__(self, operation: str, **parameters: Any) -> Parsed:
        with unlimited():
            return dict(self.client._make_api_call(operation, parameters))


def own_dynamodb(region: str | None = None) -> OwnClient:
    """Return the limits' own client for the emulator that the environment names."""
    home = region or os.environ.get("AWS_DEFAULT_REGION", "eu-west-1")
    key = os.environ.get("AWS_ACCESS_KEY_ID", "testing")
    return OwnClient(_client(home, os.environ.get("AWS_ENDPOINT_URL"), key))


@cache
def _client(region: str, endpoint_url: str | None, key: str) -> Any:
    return boto3.session.Session().client(
        "dynamodb",
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=key,
        aws_secret_access_key="testing",
        config=Config(parameter_validation=False, retries={"mode": "standard"}),
    )

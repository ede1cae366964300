"""The DynamoDB wire over a real connection: what it sends, and what it makes of any answer."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ReadTimeoutError,
)

from push.aws.clients import Patience
from push.aws.dynamodb import ConditionFailedError
from push.aws.dynamodb_wire import DynamoDBWire, endpoint_url
from push.aws.table import DynamoDB
from tests.unit.push.scripted_dynamodb import (
    BREAK,
    SILENCE,
    ScriptedDynamoDB,
    answer,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.enable_socket

TRIES = 3
QUICK = Patience(connect_s=2, read_s=2, attempts=TRIES)
OK = answer({})
KEY = {"pk": {"S": "a"}}
SESSION = botocore.session.Session()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "session-token",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("push.aws.dynamodb_wire.random.random", lambda: 0.0)


@pytest.fixture
def server() -> Iterator[ScriptedDynamoDB]:
    with ScriptedDynamoDB() as server:
        yield server


@pytest.fixture
def connect(
    server: ScriptedDynamoDB, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., DynamoDBWire]:
    """Return a function that makes a wire to the server, which gives these answers."""

    def connect(*answers: bytes, patience: Patience = QUICK) -> DynamoDBWire:
        server.answers.extend(answers)
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.url)
        return DynamoDBWire(botocore.session.Session(), patience)

    return connect


# ---------------------------------------------------------------- requests


def test_request_is_signed_as_botocore_signs_it(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(OK).call("GetItem", {"TableName": "T", "Key": KEY})
    (sent,) = server.requests
    assert json.loads(sent.body) == {"TableName": "T", "Key": KEY}
    assert sent.headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert sent.headers["content-type"] == "application/x-amz-json-1.0"
    assert sent.headers["x-amz-security-token"] == "session-token"
    signed = sent.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    again = AWSRequest(
        "POST",
        f"{server.url}/",
        headers={name: sent.headers[name] for name in signed if name != "host"},
        data=sent.body,
    )
    again.context["timestamp"] = sent.headers["x-amz-date"]
    signer: Any = SigV4Auth(
        Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session-token"),
        "dynamodb",
        "eu-west-1",
    )
    text = signer.string_to_sign(again, signer.canonical_request(again))
    assert sent.headers["authorization"].endswith(f"Signature={signer.signature(text, again)}")
    assert {"host", "x-amz-date", "x-amz-target", "x-amz-security-token"} <= set(signed)


def test_endpoint_is_the_one_that_botocore_takes() -> None:
    session = boto3.session.Session()
    regions = [
        region
        for partition in ("aws", "aws-cn", "aws-us-gov")
        for region in session.get_available_regions("dynamodb", partition)
        if not region.startswith("fips")
    ]
    assert len(regions) > 30
    config = Config(account_id_endpoint_mode="disabled")
    for region in ("us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1"):
        client = session.client("dynamodb", region_name=region, config=config)
        assert endpoint_url(SESSION, region) == f"{client.meta.endpoint_url}/"
    own: Any = session._session
    resolver = own._get_internal_component("endpoint_resolver")
    for region in regions:
        host = resolver.construct_endpoint("dynamodb", region)["hostname"]
        assert endpoint_url(SESSION, region) == f"https://{host}/"


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"])
def test_environment_may_name_another_endpoint(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:4566")
    assert endpoint_url(botocore.session.Session(), "eu-west-1") == "http://127.0.0.1:4566/"


def test_missing_region_or_credentials_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(NoRegionError):
        DynamoDBWire(botocore.session.Session(), QUICK)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    wire = DynamoDBWire(botocore.session.Session(), QUICK)
    with pytest.raises(NoCredentialsError):
        wire.call("GetItem", {})


def test_connection_is_kept_between_calls(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire]
) -> None:
    wire = connect(OK)
    for _ in range(3):
        wire.call("GetItem", {})
    assert {each.connection for each in server.requests} == {1}


def test_threads_have_a_connection_each(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire]
) -> None:
    wire = connect(OK)
    barrier = threading.Barrier(4)

    def call() -> None:
        barrier.wait()
        for _ in range(5):
            wire.call("GetItem", {})

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.requests) == 20
    assert len({each.connection for each in server.requests}) == 4


# ---------------------------------------------------------------- what is tried again


@pytest.mark.parametrize(
    "trouble",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("ThrottlingException"),
        refusal("RequestLimitExceeded"),
        refusal("TransactionInProgressException"),
        refusal("InternalServerError", 500),
        refusal("ServiceUnavailable", 503),
        answer(b"<html>bad gateway</html>", 502),
        answer(b"", 504),
        answer(b"<html>sign in</html>"),
        BREAK,
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    ],
)
def test_transient_trouble_is_tried_again(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire], trouble: bytes
) -> None:
    server.closes = True
    assert connect(trouble, trouble, answer({"Count": 1})).call("Query", {})["Count"] == 1
    assert len(server.requests) == TRIES


@pytest.mark.parametrize(
    "code",
    [
        "ConditionalCheckFailedException",
        "TransactionCanceledException",
        "ValidationException",
        "ResourceNotFoundException",
        "AccessDeniedException",
        "ExpiredTokenException",
        "UnrecognizedClientException",
        "InvalidSignatureException",  # also a clock that is wrong: "Signature not yet current"
        "SomethingNewException",
    ],
)
def test_refusal_is_raised_at_once_with_its_code(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire], code: str
) -> None:
    with pytest.raises(ClientError) as raised:
        connect(refusal(code)).call("PutItem", {})
    assert raised.value.response["Error"] == {"Code": code, "Message": "because"}
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert raised.value.operation_name == "PutItem"
    assert len(server.requests) == 1


def test_trouble_that_lasts_is_raised_after_the_last_try(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire]
) -> None:
    with pytest.raises(ClientError, match="ThrottlingException"):
        connect(refusal("ThrottlingException")).call("PutItem", {})
    assert len(server.requests) == TRIES


def test_each_try_is_signed_anew(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = connect(refusal("ThrottlingException"), OK)
    monkeypatch.setattr("push.aws.dynamodb_wire.random.random", lambda: 1.0)
    monkeypatch.setattr("push.aws.dynamodb_wire._FIRST_PAUSE_S", 1.1)  # dates have seconds
    wire.call("PutItem", {})
    first, second = (each.headers["x-amz-date"] for each in server.requests)
    assert first < second


def test_call_without_an_answer_ends_as_a_time_out(connect: Callable[..., DynamoDBWire]) -> None:
    wire = connect(SILENCE, patience=Patience(connect_s=1, read_s=0.2, attempts=1))
    with pytest.raises(ReadTimeoutError):
        wire.call("GetItem", {})


def test_connection_that_breaks_is_an_error_of_its_own(
    connect: Callable[..., DynamoDBWire],
) -> None:
    with pytest.raises(ConnectionClosedError):
        connect(BREAK).call("GetItem", {})


def test_server_that_is_not_there_is_an_error_of_its_own(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire]
) -> None:
    wire = connect(OK)
    server.__exit__()
    with pytest.raises(EndpointConnectionError):
        wire.call("GetItem", {})


def test_connection_that_was_closed_while_idle_is_opened_again(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire]
) -> None:
    server.closes = True
    wire = connect(OK, patience=Patience(connect_s=2, read_s=2, attempts=1))
    for _ in range(3):
        wire.call("GetItem", {})
    assert [each.connection for each in server.requests] == [1, 2, 3]


def test_request_that_libcurl_has_sent_again_by_itself_is_reported(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire]
) -> None:
    wire = connect(OK, BREAK, OK, patience=Patience(connect_s=2, read_s=2, attempts=1))
    assert wire.call("PutItem", {})["ResponseMetadata"]["RetryAttempts"] == 0
    assert wire.call("PutItem", {})["ResponseMetadata"]["RetryAttempts"] == 1
    assert [each.connection for each in server.requests] == [1, 1, 2]
    assert wire.call("PutItem", {})["ResponseMetadata"]["RetryAttempts"] == 0


@pytest.mark.parametrize(
    ("code", "status", "cost"), [("InternalServerError", 500, 14), ("ThrottlingException", 400, 5)]
)
def test_table_that_fails_for_long_gets_few_more_tries(
    server: ScriptedDynamoDB,
    connect: Callable[..., DynamoDBWire],
    code: str,
    status: int,
    cost: int,
) -> None:
    wire = connect(refusal(code, status))
    for _ in range(200):
        with pytest.raises(ClientError):
            wire.call("GetItem", {})
    assert len(server.requests) == 200 + 500 // cost  # the quota of the standard retry mode


def test_retries_that_help_use_up_nothing(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire]
) -> None:
    wire = connect(*[refusal("InternalServerError", 500), OK] * 200)
    for _ in range(200):
        assert wire.call("GetItem", {})["ResponseMetadata"]["RetryAttempts"] == 1


def test_errors_name_neither_parameters_nor_credentials(
    connect: Callable[..., DynamoDBWire],
) -> None:
    for trouble in (BREAK, refusal("ValidationException"), answer(b"?", 500)):
        with pytest.raises((ClientError, BotoCoreError)) as raised:
            connect(trouble).call("PutItem", {"Item": {"channel_uri": {"S": "CANARY"}}})
        assert "CANARY" not in repr(raised.value) + str(raised.value)
        assert "AKID" not in repr(raised.value) + str(raised.value)


# ---------------------------------------------------------------- tables


def test_values_travel_there_and_back(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire]
) -> None:
    item = {
        "text": "ä€😀",
        "int": -12345678901234567890,
        "float": 0.5,
        "yes": True,
        "none": None,
        "bytes": b"\x00\xff",
        "list": ["a", 1, [False]],
        "map": {"a": {"b": 2}},
    }
    table = DynamoDB(connect(OK)).table("T")
    table.put_item(Item=item)
    stored = json.loads(server.requests[0].body)["Item"]
    assert stored["int"] == {"N": "-12345678901234567890"}
    assert stored["yes"] == {"BOOL": True}
    assert stored["bytes"] == {"B": "AP8="}
    server.answers.extend([answer({"Item": stored})] * 2)
    server.answers.popleft()
    found = table.get_item(Key={"pk": "a"})["Item"]
    assert found == item
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in item.items()
    }


def test_value_without_a_type_of_dynamodb_is_refused(connect: Callable[..., DynamoDBWire]) -> None:
    with pytest.raises(TypeError, match="object"):
        DynamoDB(connect(OK)).table("T").put_item(Item={"pk": object()})


def test_condition_that_does_not_hold_returns_the_item(
    connect: Callable[..., DynamoDBWire],
) -> None:
    stored = {"pk": {"S": "a"}, "n": {"N": "1"}}
    table = DynamoDB(connect(refusal("ConditionalCheckFailedException", Item=stored))).table("T")
    with pytest.raises(ConditionFailedError) as raised:
        table.update_item(Key={"pk": "a"})
    assert raised.value.item == {"pk": "a", "n": 1}


def test_query_goes_on_until_the_last_page(
    server: ScriptedDynamoDB, connect: Callable[..., DynamoDBWire]
) -> None:
    wire = connect(
        answer({"Items": [KEY], "LastEvaluatedKey": KEY}),
        answer({"Items": []}),
    )
    assert list(DynamoDB(wire).table("T").query_all()) == [{"pk": "a"}]
    assert json.loads(server.requests[1].body)["ExclusiveStartKey"] == KEY

"""Calls that a rule strikes are slow, hang, lose their response or are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.aws_limits.calls import install
from tests.aws_limits.limits import AwsLimits, SharedLimits

if TYPE_CHECKING:
    from pathlib import Path

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}


def put(client: Any) -> None:
    client.put_item(TableName="Things", Item=KEY)


def is_there(client: Any) -> bool:
    return "Item" in client.get_item(TableName="Things", Key=KEY, ConsistentRead=True)


@pytest.fixture
def impatient(dynamodb: Any) -> Any:
    """A client that waits two seconds for a response and does not retry."""
    settings = Config(read_timeout=2, retries={"total_max_attempts": 1})
    return boto3.client("dynamodb", config=settings)


def test_slow_call_takes_its_time_on_the_clock_of_the_test(
    impatient: Any, limits: AwsLimits
) -> None:
    slept: list[float] = []
    rule = limits.slow_calls(1.5, operation="PutItem", sleep=slept.append)
    put(impatient)
    assert is_there(impatient)
    assert (slept, rule.struck) == ([1.5], 1)


def test_call_slower_than_the_clients_time_out_is_done_without_an_answer(
    impatient: Any, limits: AwsLimits
) -> None:
    slept: list[float] = []
    limits.slow_calls(70, operation="PutItem", sleep=slept.append)
    with pytest.raises(ReadTimeoutError):
        put(impatient)
    assert slept == [2]
    assert is_there(impatient)


def test_hanging_call_ends_with_the_clients_time_out_and_is_not_done(
    impatient: Any, limits: AwsLimits
) -> None:
    slept: list[float] = []
    limits.hanging_calls(operation="PutItem", sleep=slept.append)
    with pytest.raises(ReadTimeoutError):
        put(impatient)
    assert slept == [2]
    assert not is_there(impatient)


def test_lost_response_belongs_to_a_call_that_was_done(impatient: Any, limits: AwsLimits) -> None:
    limits.lost_responses(service="dynamodb", resource="Things", operation="PutItem")
    with pytest.raises(ConnectionClosedError):
        put(impatient)
    assert is_there(impatient)


def test_refused_call_is_not_done(impatient: Any, limits: AwsLimits) -> None:
    limits.refused_calls("InternalServerError", 500, operation="PutItem", count=1)
    with pytest.raises(ClientError, match="InternalServerError"):
        put(impatient)
    assert not is_there(impatient)
    put(impatient)


def test_sdk_retries_what_it_retries_on_aws(things: Any, limits: AwsLimits) -> None:
    rule = limits.refused_calls(operation="GetItem", count=2)
    things.get_item(Key={"pk": "p", "sk": "s"})
    assert (rule.struck, rule.seen) == (2, 2)


def test_rule_strikes_its_service_resource_function_and_share_only(
    impatient: Any, limits: AwsLimits
) -> None:
    others: list[dict[str, Any]] = [
        {"service": "sqs"},
        {"resource": "Other"},
        {"function": "dispatcher"},
    ]
    for other in others:
        limits.refused_calls(**other)
    put(impatient)
    rule = limits.refused_calls(chance=0.3, seed=1)
    refused = 0
    for _ in range(200):
        try:
            put(impatient)
        except ClientError:
            refused += 1
    assert rule.struck == refused
    assert 40 <= refused <= 80


def test_rules_of_a_file_hold_in_a_process_that_reads_it(impatient: Any, tmp_path: Path) -> None:
    shared = SharedLimits(tmp_path / "rules")
    install(AwsLimits(rules=shared.file))
    put(impatient)
    shared.fault("refused", service="dynamodb", count=1)
    with pytest.raises(ClientError, match="ThrottlingException"):
        put(impatient)
    put(impatient)
    shared.fault("refused", service="dynamodb")
    shared.clear()
    put(impatient)

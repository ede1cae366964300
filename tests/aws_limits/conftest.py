"""A table with an index and a queue on moto, behind the limits."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from tests.aws_limits.fixtures import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.aws_limits.limits import AwsLimits

__all__ = ["limits"]

REGION = "eu-west-1"


@pytest.fixture
def aws(limits: AwsLimits, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(aws: None) -> Any:
    """A client without retries, and the table `Things`: keys `pk` and `sk`, index `ByOwner`."""
    client = boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1}))
    client.create_table(
        TableName="Things",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "owner")
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "ByOwner",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["colour"]},
            }
        ],
    )
    return client


@pytest.fixture
def things(dynamodb: Any) -> Any:
    """The table `Things` as a resource, whose client has the SDK's retries."""
    return boto3.resource("dynamodb").Table("Things")


@pytest.fixture
def sqs(aws: None) -> Any:
    return boto3.client("sqs", config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture
def queue_url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="queue")["QueueUrl"])

"""What EventBridge, EventBridge Scheduler and Secrets Manager refuse is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("aws")
EVENT: Any = {"Source": "game", "DetailType": "Won", "Detail": "{}"}


def is_refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] == "ValidationException"
    return False


@pytest.mark.parametrize(
    ("count", "size", "refused"), [(10, 9, False), (11, 9, True), (2, 140_000, True)]
)
def test_events_are_ten_and_256_kb_at_most(count: int, size: int, refused: bool) -> None:
    events = boto3.client("events")
    entries = [EVENT | {"Detail": f'{{"x":"{"x" * (size - 8)}"}}'} for _ in range(count)]
    assert is_refused(lambda: events.put_events(Entries=entries)) is refused


def test_secret_has_64_kb_at_most() -> None:
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name="short", SecretString="x" * 65_536)
    assert is_refused(lambda: secrets.create_secret(Name="long", SecretString="x" * 65_537))
    assert is_refused(lambda: secrets.put_secret_value(SecretId="short", SecretString="é" * 40_000))


@pytest.mark.parametrize(
    ("name", "payload", "refused"),
    [("n" * 64, "x", False), ("n" * 65, "x", True), ("a#b", "x", True), ("n", "x" * 262_145, True)],
)
def test_schedule_has_a_short_name_and_256_kb_of_input_at_most(
    name: str, payload: str, refused: bool
) -> None:
    scheduler = boto3.client("scheduler")
    target: Any = {
        "Arn": "arn:aws:sqs:eu-west-1:123456789012:queue",
        "RoleArn": "arn:aws:iam::123456789012:role/role",
        "Input": payload,
    }
    assert is_refused(
        lambda: scheduler.create_schedule(
            Name=name,
            ScheduleExpression="at(2030-01-01T00:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )
    ) is refused  # fmt: skip

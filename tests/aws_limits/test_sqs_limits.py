"""What SQS refuses is refused, with SQS's errors, counted as SQS counts.

Source: Amazon SQS Developer Guide, "Amazon SQS message quotas".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.aws_limits.sqs_limits import MESSAGE_BYTES, message_size

if TYPE_CHECKING:
    from collections.abc import Callable


def refusal(call: Callable[[], Any]) -> str:
    """Return the code with which a call is refused."""
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def test_message_has_256_kb_at_most_in_utf_8(sqs: Any, queue_url: str) -> None:
    sqs.send_message(QueueUrl=queue_url, MessageBody="x" * MESSAGE_BYTES)
    code = refusal(
        lambda: sqs.send_message(QueueUrl=queue_url, MessageBody="é" * (MESSAGE_BYTES // 2 + 1))
    )
    assert code == "InvalidParameterValue"


def test_attributes_count_with_name_type_and_value(sqs: Any, queue_url: str) -> None:
    attributes = {"reason": {"DataType": "String", "StringValue": "none"}}
    assert message_size({"MessageBody": "x", "MessageAttributes": attributes}) == 1 + 6 + 6 + 4
    code = refusal(
        lambda: sqs.send_message(
            QueueUrl=queue_url,
            MessageBody="x" * (MESSAGE_BYTES - 15),
            MessageAttributes=attributes,
        )
    )
    assert code == "InvalidParameterValue"


def test_batch_has_256_kb_at_most_together(sqs: Any, queue_url: str) -> None:
    entries = [{"Id": str(n), "MessageBody": "x" * (MESSAGE_BYTES // 2)} for n in range(2)]
    assert not sqs.send_message_batch(QueueUrl=queue_url, Entries=entries).get("Failed")
    entries[0]["MessageBody"] += "x"
    code = refusal(lambda: sqs.send_message_batch(QueueUrl=queue_url, Entries=entries))
    assert code == "AWS.SimpleQueueService.BatchRequestTooLong"


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([{"Id": str(n), "MessageBody": "x"} for n in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": "1", "MessageBody": "x"}] * 2, "BatchEntryIdsNotDistinct"),
        ([{"Id": "a#b", "MessageBody": "x"}], "InvalidBatchEntryId"),
        ([], "EmptyBatchRequest"),
    ],
)
def test_batch_has_ten_entries_with_ids_of_their_own(
    sqs: Any, queue_url: str, entries: list[dict[str, str]], code: str
) -> None:
    found = refusal(lambda: sqs.send_message_batch(QueueUrl=queue_url, Entries=entries))
    assert found == f"AWS.SimpleQueueService.{code}"


@pytest.mark.parametrize("body", ["\x00", "a\x1b", "\ufffe"])
def test_body_has_legal_characters_only(sqs: Any, queue_url: str, body: str) -> None:
    assert refusal(lambda: sqs.send_message(QueueUrl=queue_url, MessageBody=body)) == (
        "InvalidMessageContents"
    )
    sqs.send_message(QueueUrl=queue_url, MessageBody="\t\r\n é 🎮")


def test_delay_and_visibility_have_their_limits(sqs: Any, queue_url: str) -> None:
    sqs.send_message(QueueUrl=queue_url, MessageBody="x", DelaySeconds=900)
    assert refusal(
        lambda: sqs.send_message(QueueUrl=queue_url, MessageBody="x", DelaySeconds=901)
    ) == "InvalidParameterValue"  # fmt: skip
    assert refusal(
        lambda: sqs.receive_message(QueueUrl=queue_url, VisibilityTimeout=43_201)
    ) == "InvalidParameterValue"  # fmt: skip

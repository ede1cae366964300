"""SQS's limits on messages, always on.

Sources: Amazon SQS Developer Guide, "Amazon SQS message quotas"; API reference, `SendMessage`,
`SendMessageBatch`, `ReceiveMessage`, `ChangeMessageVisibility`.
"""

from __future__ import annotations

import re
from typing import Any

from tests.aws_limits.calls import AwsError, Call
from tests.aws_limits.sizes import KB, text_size

MESSAGE_BYTES = 256 * KB
"""The most that a message, and a batch, may have. SQS has taken 1 MiB since August 2025,
EventBridge and asynchronous invocations since January 2026 (AWS Compute Blog, "More room to build:
serverless services now support payloads up to 1 MB"). The service was designed for the older quota
and stays within it; SQS bills each 64 KB as a request."""
BATCH_ENTRIES = 10
DELAY_S = 900
VISIBILITY_S = 43_200
WAIT_S = 20
ATTRIBUTES = 10
PREFIX = "AWS.SimpleQueueService"

# "Amazon SQS message quotas", message content.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def check(call: Call) -> None:
    """Check a call.

    Raises:
        AwsError: SQS would refuse it.
    """
    given = call.parameters
    match call.operation:
        case "SendMessage":
            _check_message(given)
            if message_size(given) > MESSAGE_BYTES:
                raise _invalid(f"Message must be shorter than {MESSAGE_BYTES} bytes.")
        case "SendMessageBatch":
            _check_messages(given["Entries"])
        case "DeleteMessageBatch" | "ChangeMessageVisibilityBatch":
            _check_batch(given["Entries"])
            for entry in given["Entries"]:
                _check_range("VisibilityTimeout", entry.get("VisibilityTimeout"), VISIBILITY_S)
        case "ChangeMessageVisibility" | "ReceiveMessage":
            _check_range("VisibilityTimeout", given.get("VisibilityTimeout"), VISIBILITY_S)
            _check_range("WaitTimeSeconds", given.get("WaitTimeSeconds"), WAIT_S)
            _check_range("MaxNumberOfMessages", given.get("MaxNumberOfMessages"), 10, least=1)


def _check_messages(entries: list[dict[str, Any]]) -> None:
    _check_batch(entries)
    for entry in entries:
        _check_message(entry)
    size = sum(map(message_size, entries))
    if size > MESSAGE_BYTES:
        raise AwsError(
            f"{PREFIX}.BatchRequestTooLong",
            f"Batch requests cannot be longer than {MESSAGE_BYTES} bytes. You have sent"
            f" {size} bytes.",
        )


def message_size(message: dict[str, Any]) -> int:
    """Return a message's size: the body, and names, types and values of its attributes, in UTF-8.
    System attributes, such as the trace header, do not count."""
    size = text_size(message["MessageBody"])
    for name, attribute in message.get("MessageAttributes", {}).items():
        value = attribute.get("StringValue", attribute.get("BinaryValue", ""))
        size += text_size(name) + text_size(attribute["DataType"]) + text_size(value)
    return size


def _check_message(message: dict[str, Any]) -> None:
    body = message["MessageBody"]
    attributes = message.get("MessageAttributes", {})
    if not body:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    texts = [body, *(str(each.get("StringValue", "")) for each in attributes.values())]
    if any(not text.isascii() or not text.isprintable() for text in texts) and any(
        _ILLEGAL.search(text) for text in texts
    ):
        raise AwsError(
            "InvalidMessageContents", "Invalid characters found. Valid unicode characters are"
            " #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
        )  # fmt: skip
    if len(attributes) > ATTRIBUTES:
        raise _invalid(f"Number of message attributes [{len(attributes)}] exceeds the allowed"
                       f" maximum [{ATTRIBUTES}].")  # fmt: skip
    for name, attribute in attributes.items():
        if attribute.get("StringValue") == "":
            raise _invalid(f"Message (user) attribute '{name}' must contain a non-empty value.")
    _check_range("DelaySeconds", message.get("DelaySeconds"), DELAY_S)


def _check_batch(entries: list[dict[str, Any]]) -> None:
    if not entries:
        raise AwsError(
            f"{PREFIX}.EmptyBatchRequest",
            "There should be at least one SendMessageBatchRequestEntry in the request.",
        )
    if len(entries) > BATCH_ENTRIES:
        raise AwsError(
            f"{PREFIX}.TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {BATCH_ENTRIES}."
            f" You have sent {len(entries)}.",
        )
    ids = [entry["Id"] for entry in entries]
    for each in ids:
        if not _ENTRY_ID.fullmatch(each):
            raise AwsError(
                f"{PREFIX}.InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and"
                " underscores. It can be at most 80 letters long.",
            )
    if len(set(ids)) < len(ids):
        raise AwsError(f"{PREFIX}.BatchEntryIdsNotDistinct", "Id is repeated.")


def _check_range(name: str, value: int | None, most: int, *, least: int = 0) -> None:
    if value is not None and not least <= value <= most:
        raise _invalid(
            f"Value {value} for parameter {name} is invalid. Reason: Must be >= {least} and <="
            f" {most}, if provided."
        )


def _invalid(reason: str) -> AwsError:
    return AwsError(
        "InvalidParameterValue", f"One or more parameters are invalid. Reason: {reason}"
    )

"""Messages of the dead-letter queues: received, read and released again."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pushctl.client.stack import Stack

QueueName = Literal["request", "broadcast", "delivery", "bulk-delivery", "refresh", "refused"]
QUEUES: dict[QueueName, str] = {
    "request": "RequestDlq",
    "broadcast": "BroadcastDlq",
    "delivery": "DeliveryDlq",
    "bulk-delivery": "BulkDeliveryDlq",
    "refresh": "RefreshDlq",
    "refused": "RefusedDlq",
}
FAILED_REPEATEDLY = "failed at every try; the function's log has the error"
_REFRESH_FAILED = "the token refresher failed after all retries"
_HELD_S = 120
"""How long a message that is read is hidden from other readers, in seconds."""
_EVENT_KEYS = {"id", "detail-type", "detail", "source"}


class DeadLetter(BaseModel):
    """A message of a dead-letter queue, without its body."""

    model_config = ConfigDict(frozen=True)

    queue: QueueName
    message_id: str
    reason: str
    was_refused: bool = Field(
        description="Whether the service refused it for what it says; it would refuse it again"
    )
    app_id: str | None = None
    notification_id: str | None = None
    template: str | None = None
    recipients: int | None = None
    since: int = Field(description="When it was put on its first queue, in epoch seconds")


class Message(NamedTuple):
    """A received message of a dead-letter queue."""

    letter: DeadLetter
    body: str
    attributes: dict[str, Any]
    receipt: str


def receive(stack: Stack, name: QueueName, *, limit: int) -> Iterator[Message]:
    """Yield up to `limit` messages, hidden from other readers for two minutes."""
    sqs, url = stack.client("sqs"), stack.physical(QUEUES[name])
    seen: set[str] = set()
    deadline = time.monotonic() + _HELD_S - 30
    while len(seen) < limit and time.monotonic() < deadline:
        # A long poll asks all of SQS's servers, so an empty response means an empty queue (Amazon
        # SQS, "Short and long polling").
        messages = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(10, limit - len(seen)),
            VisibilityTimeout=_HELD_S,
            WaitTimeSeconds=1 if stack.aws.endpoint_url is None else 0,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return
        for message in messages:
            if message["MessageId"] not in seen:
                seen.add(message["MessageId"])
                yield _read(name, message)


def release(stack: Stack, name: QueueName, messages: list[Message]) -> None:
    """Make messages visible to other readers again."""
    sqs, url = stack.client("sqs"), stack.physical(QUEUES[name])
    for start in range(0, len(messages), 10):
        sqs.change_message_visibility_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": each.receipt, "VisibilityTimeout": 0}
                for number, each in enumerate(messages[start : start + 10])
            ],
        )


def _read(name: QueueName, message: dict[str, Any]) -> Message:
    attributes = message.get("MessageAttributes", {})
    system = message.get("Attributes", {})
    reason = attributes.get("reason", {}).get("StringValue")
    body = str(message["Body"])
    known = _fields(parse(body))
    if reason is None and name == "refresh":
        reason, was_refused = _error_of_invocation(attributes), False
    else:
        was_refused = reason is not None
    letter = DeadLetter(
        queue=name,
        message_id=message["MessageId"],
        reason=reason or FAILED_REPEATEDLY,
        was_refused=was_refused,
        since=int(int(system.get("SentTimestamp", 0)) / 1000),
        **known,
    )
    return Message(letter, body, attributes, message["ReceiptHandle"])


def _error_of_invocation(attributes: dict[str, Any]) -> str:
    # Lambda and EventBridge Scheduler put the error into attributes of the message (AWS Lambda,
    # "Capturing records of Lambda asynchronous invocations": ErrorCode, ErrorMessage).
    said = [
        attributes[key]["StringValue"]
        for key in ("ErrorMessage", "ERROR_MESSAGE", "ErrorCode", "ERROR_CODE")
        if "StringValue" in attributes.get(key, {})
    ]
    return said[0] if said else _REFRESH_FAILED


def _fields(document: Any) -> dict[str, Any]:
    """Return what a dead letter's body says of itself, whatever its form."""
    if not isinstance(document, dict):
        return {}
    if document.keys() >= _EVENT_KEYS:
        detail = document["detail"] if isinstance(document["detail"], dict) else {}
        document = {"template": document["detail-type"], **detail}
    texts = ("app_id", "notification_id", "template")
    known: dict[str, Any] = {
        key: document[key] for key in texts if isinstance(document.get(key), str)
    }
    channels = document.get("channels")
    if isinstance(channels, list):
        known["recipients"] = len(channels)
    return known


_ORIGINS: dict[QueueName, str] = {
    "request": "RequestQueue",
    "broadcast": "BroadcastQueue",
    "delivery": "DeliveryQueue",
    "bulk-delivery": "BulkDeliveryQueue",
}


def origin(stack: Stack, message: Message) -> str | None:
    """Return the logical id of the queue that a dead letter came from, None if from none.

    A message that a function refused says it in the attribute `queue`, by ARN.
    """
    known = _ORIGINS.get(message.letter.queue)
    if known is not None:
        return known
    arn = message.attributes.get("queue", {}).get("StringValue", "")
    name = arn.rpartition(":")[2]
    urls = {each: stack.physical(each) for each in _ORIGINS.values()}
    return next((each for each, url in urls.items() if name and url.endswith(f"/{name}")), None)


def group_of(letter: DeadLetter) -> dict[str, str]:
    """Return the message group to queue a message in: the queues are fair among apps."""
    is_id = letter.app_id is not None and re.fullmatch(r"[a-z0-9-]{1,63}", letter.app_id)
    return {"MessageGroupId": str(letter.app_id)} if is_id else {}


def body_to_queue(message: Message, target: str) -> str:
    """Return the body to queue on the queue with this logical id.

    A plain request without an id is known by the id of its message. A redriven message gets another
    one (Amazon SQS, "Configure a dead-letter queue redrive": a new messageID is assigned), so the
    old one is written into the body: it stays the same request.
    """
    document = parse(message.body)
    is_request = target == "RequestQueue" and isinstance(document, dict)
    if not is_request or document.keys() >= _EVENT_KEYS:
        return message.body
    if "request_id" in document:
        return message.body
    return json.dumps(document | {"request_id": message.letter.message_id})


def parse(body: str) -> Any:
    """Return a body's JSON, the text itself if it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return body

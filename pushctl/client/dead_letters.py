"""The dead-letter queues: what is in them and why, back to the queue it came from, or away."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from pushctl.client.aws import map_aws_errors
from pushctl.client.errors import NotFoundError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from pushctl.client.stack import Stack

QueueName = Literal["request", "broadcast", "delivery", "refresh"]
QUEUES: dict[QueueName, str] = {
    "request": "RequestDlq",
    "broadcast": "BroadcastDlq",
    "delivery": "DeliveryDlq",
    "refresh": "RefreshDlq",
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


class DeadLetterList(BaseModel):
    """Dead letters. `is_complete` is false if more are there than were read."""

    model_config = ConfigDict(frozen=True)

    dead_letters: list[DeadLetter]
    is_complete: bool = True


class Moved(BaseModel):
    """What a redrive or a purge did."""

    model_config = ConfigDict(frozen=True)

    moved: int = 0
    deleted: int = 0
    kept_refused: int = 0
    kept: int = 0
    problems: list[str] = []


class _Message(NamedTuple):
    letter: DeadLetter
    body: str
    attributes: dict[str, Any]
    receipt: str


def list_dead_letters(
    stack: Stack, queues: Collection[QueueName] = tuple(QUEUES), *, limit: int = 1000
) -> DeadLetterList:
    """Return the dead letters of some queues. They stay where they are."""
    letters: list[DeadLetter] = []
    is_complete = True
    with map_aws_errors("read the dead-letter queues"):
        for name in queues:
            messages = list(_receive(stack, name, limit=limit))
            _release(stack, name, messages)
            letters += [each.letter for each in messages]
            is_complete = is_complete and len(messages) < limit
    return DeadLetterList(dead_letters=letters, is_complete=is_complete)


def get_body(stack: Stack, message_id: str) -> tuple[DeadLetter, Any]:
    """Return a dead letter and its body, parsed if it is JSON.

    Raises:
        NotFoundError: no queue has it.
    """
    with map_aws_errors("read the dead-letter queues"):
        for name in QUEUES:
            messages = list(_receive(stack, name, limit=10_000))
            _release(stack, name, messages)
            for each in messages:
                if each.letter.message_id == message_id:
                    return each.letter, _parse(each.body)
    raise NotFoundError(f"no dead-letter queue has the message '{message_id}'")


def redrive(
    stack: Stack,
    queues: Collection[QueueName],
    *,
    message_ids: Collection[str] | None = None,
    include_refused: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Moved:
    """Move dead letters back to the queue that they came from.

    Nobody is notified twice: a request keeps its id, deliveries and pages keep their claims. A
    message is deleted only after its copy is queued; both may exist for a moment, and are one
    request.

    Args:
        message_ids: which ones; None: all that were not refused.
        include_refused: also those that the service refused for what they say.
    """
    done = {"moved": 0, "kept_refused": 0, "kept": 0}
    problems: list[str] = []
    sqs = stack.client("sqs")
    with map_aws_errors("redrive dead letters"):
        for name in queues:
            dlq_url = stack.physical(QUEUES[name])
            kept: list[_Message] = []
            # All are read before any is moved: one that fails again at once is not read twice.
            for each in list(_receive(stack, name, limit=100_000)):
                letter = each.letter
                if message_ids is not None and letter.message_id not in message_ids:
                    kept.append(each)
                    continue
                if letter.was_refused and not include_refused:
                    kept.append(each)
                    done["kept_refused"] += 1
                    continue
                target = _origin(name, each.body)
                if target is None:
                    kept.append(each)
                    done["kept"] += 1
                    continue
                sqs.send_message(
                    QueueUrl=stack.physical(target), MessageBody=_with_request_id(name, each)
                )
                sqs.delete_message(QueueUrl=dlq_url, ReceiptHandle=each.receipt)
                done["moved"] += 1
                progress(done["moved"])
            _release(stack, name, kept)
    if "refresh" in queues and done["kept"]:
        problems.append(
            "invocations of the token refresher are not messages of a queue: run pushctl token"
            " refresh, then pushctl dlq purge --queue refresh"
        )
    return Moved(**done, problems=problems)


def purge(
    stack: Stack, queues: Collection[QueueName], *, message_ids: Collection[str] | None = None
) -> Moved:
    """Delete dead letters for good.

    Args:
        message_ids: which ones; None: all of these queues.
    """
    if not queues:
        raise RefusedError("name the queue to purge")
    sqs = stack.client("sqs")
    deleted = 0
    with map_aws_errors("purge a dead-letter queue"):
        for name in queues:
            kept: list[_Message] = []
            for each in list(_receive(stack, name, limit=100_000)):
                if message_ids is not None and each.letter.message_id not in message_ids:
                    kept.append(each)
                    continue
                sqs.delete_message(
                    QueueUrl=stack.physical(QUEUES[name]), ReceiptHandle=each.receipt
                )
                deleted += 1
            _release(stack, name, kept)
    return Moved(deleted=deleted)


def _receive(stack: Stack, name: QueueName, *, limit: int) -> Iterator[_Message]:
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


def _release(stack: Stack, name: QueueName, messages: list[_Message]) -> None:
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


def _read(name: QueueName, message: dict[str, Any]) -> _Message:
    attributes = message.get("MessageAttributes", {})
    system = message.get("Attributes", {})
    reason = attributes.get("reason", {}).get("StringValue")
    body = str(message["Body"])
    known = _fields(name, _parse(body))
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
    return _Message(letter, body, attributes, message["ReceiptHandle"])


def _error_of_invocation(attributes: dict[str, Any]) -> str:
    # Lambda and EventBridge Scheduler put the error into attributes of the message (AWS Lambda,
    # "Capturing records of Lambda asynchronous invocations": ErrorCode, ErrorMessage).
    said = [
        attributes[key]["StringValue"]
        for key in ("ErrorMessage", "ERROR_MESSAGE", "ErrorCode", "ERROR_CODE")
        if "StringValue" in attributes.get(key, {})
    ]
    return said[0] if said else _REFRESH_FAILED


def _fields(name: QueueName, document: Any) -> dict[str, Any]:
    """Return what a dead letter's body says of itself, whatever its form."""
    if not isinstance(document, dict):
        return {}
    if name == "request" and document.keys() >= _EVENT_KEYS:
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


def _origin(name: QueueName, body: str) -> str | None:
    """Return the logical id of the queue that a dead letter came from, None if from none."""
    match name:
        case "request":
            return "RequestQueue"
        case "broadcast":
            return "BroadcastQueue"
        case "delivery":
            document = _parse(body)
            lane = document.get("lane") if isinstance(document, dict) else None
            return "BulkDeliveryQueue" if lane == "bulk" else "DeliveryQueue"
        case _:
            return None


def _with_request_id(name: QueueName, message: _Message) -> str:
    """Return the body to queue.

    A plain request without an id is known by the id of its message. A redriven message gets another
    one (Amazon SQS, "Configure a dead-letter queue redrive": a new messageID is assigned), so the
    old one is written into the body: it stays the same request.
    """
    document = _parse(message.body)
    if name != "request" or not isinstance(document, dict) or document.keys() >= _EVENT_KEYS:
        return message.body
    if "request_id" in document:
        return message.body
    return json.dumps(document | {"request_id": message.letter.message_id})


def _parse(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body

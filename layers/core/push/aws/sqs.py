"""SQS: batches of messages, dead-letter queues, and botocore's errors as one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import BotoCoreError, ClientError

from push.aws.error_codes import error_code
from push.errors import QueueUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Executor

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef


LONGEST_DELAY_S = 900
"""The longest delay of a message, in seconds (Amazon SQS, "Delay queues")."""

_ENTRIES = 10
_BYTES = 250_000


def send_batches(
    client: SQSClient, queue_url: str, bodies: Iterable[str], group: str, *, delay_s: int = 0
) -> None:
    """Send messages, up to ten per call. Bodies are ASCII, so that a character is a byte.

    Args:
        group: whose messages they are, the app's id. A standard queue with such groups is a fair
            queue: the backlog of one group does not delay the others ("Amazon SQS fair queues",
            Amazon SQS developer guide).
        delay_s: seconds until they can be received, at most `LONGEST_DELAY_S`.

    Raises:
        QueueUnavailableError: SQS did not accept some of them.
    """
    batch: list[str] = []
    size = 0
    for body in bodies:
        if batch and (len(batch) == _ENTRIES or size + len(body) > _BYTES):
            _send(client, queue_url, batch, group, delay_s)
            batch, size = [], 0
        batch.append(body)
        size += len(body)
    if batch:
        _send(client, queue_url, batch, group, delay_s)


def _send(
    client: SQSClient, queue_url: str, bodies: Sequence[str], group: str, delay_s: int
) -> None:
    entries: list[SendMessageBatchRequestEntryTypeDef] = [
        {
            "Id": str(number),
            "MessageBody": body,
            "MessageGroupId": group,
            "DelaySeconds": delay_s,
        }
        for number, body in enumerate(bodies)
    ]
    with map_sqs_errors():
        answer = client.send_message_batch(QueueUrl=queue_url, Entries=entries)
    refused = answer.get("Failed")
    if refused:
        reasons = ", ".join(sorted({entry["Code"] for entry in refused}))
        raise QueueUnavailableError(
            f"SQS refused {len(refused)} messages: {reasons}", f"SQS {reasons}"
        )


def send_each(
    client: SQSClient, queue_url: str, messages: Sequence[tuple[str, str]], pool: Executor
) -> list[QueueUnavailableError | None]:
    """Send messages, up to ten per call, in concurrent calls; return for each the error by which it
    is not sent, or not known to be, None if it is sent.

    Args:
        messages: of each its group and its body in ASCII; see `send_batches`.
        pool: runs the calls.
    """
    batches: list[list[tuple[str, str]]] = []
    size = 0
    for message in messages:
        more = len(message[1])
        if not batches or len(batches[-1]) == _ENTRIES or size + more > _BYTES:
            batches.append([])
            size = 0
        batches[-1].append(message)
        size += more
    run = pool.map if len(batches) > 1 else map
    return [
        error
        for errors in run(lambda batch: _errors_of(client, queue_url, batch), batches)
        for error in errors
    ]


def _errors_of(
    client: SQSClient, queue_url: str, messages: Sequence[tuple[str, str]]
) -> list[QueueUnavailableError | None]:
    entries: list[SendMessageBatchRequestEntryTypeDef] = [
        {"Id": str(number), "MessageBody": body, "MessageGroupId": group}
        for number, (group, body) in enumerate(messages)
    ]
    errors: list[QueueUnavailableError | None] = [None] * len(messages)
    try:
        with map_sqs_errors():
            answer = client.send_message_batch(QueueUrl=queue_url, Entries=entries)
    except QueueUnavailableError as error:
        return [error] * len(messages)
    for entry in answer.get("Failed", ()):
        code = entry["Code"]
        errors[int(entry["Id"])] = QueueUnavailableError(
            f"SQS refused a message: {code}", f"SQS {code}"
        )
    return errors


@contextmanager
def map_sqs_errors() -> Iterator[None]:
    """Map botocore's SQS errors to `QueueUnavailableError`."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        code = error_code(error)
        raise QueueUnavailableError(f"SQS is unavailable: {code}", f"SQS {code}") from error


def message_count(client: SQSClient, queue_url: str) -> int:
    """Return about how many messages wait on a queue, without those in flight.

    Raises:
        QueueUnavailableError: SQS failed.
    """
    name: Literal["ApproximateNumberOfMessages"] = "ApproximateNumberOfMessages"
    with map_sqs_errors():
        found = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])
        return int(found["Attributes"][name])


_MAX_REASON = 1000


class DeadLetterQueue:
    """A dead-letter queue. The reason and the queue that a message came from travel as the message
    attributes `reason` and `queue`."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, body: str, reason: str, queue_arn: str) -> None:
        """Send a message to the dead-letter queue unchanged, with the reason.

        A reason may repeat a field's name; characters that SQS does not accept are replaced.

        Raises:
            QueueUnavailableError: the message was not sent.
        """
        shown = "".join(each if each.isprintable() else "?" for each in reason)
        with map_sqs_errors():
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=body,
                MessageAttributes={
                    "reason": {"DataType": "String", "StringValue": shown[:_MAX_REASON]},
                    "queue": {"DataType": "String", "StringValue": queue_arn},
                },
            )

"""Dead-letter queues: where a message goes that no second try would help, with the reason beside
it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_MAX_REASON = 1000


class DeadLetterQueue:
    """One dead-letter queue. The reason travels as the message attribute `reason`."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def set_aside(self, body: str, reason: str) -> None:
        """Put a message aside as it came, with why it could not be worked on.

        A reason may repeat a field's name, and so what SQS does not take.
        """
        shown = "".join(each if each.isprintable() else "?" for each in reason)
        self._client.send_message(
            QueueUrl=self._queue_url,
            MessageBody=body,
            MessageAttributes={
                "reason": {"DataType": "String", "StringValue": shown[:_MAX_REASON]}
            },
        )

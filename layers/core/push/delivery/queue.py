"""The queues that carry deliveries."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from pydantic import ValidationError

from push.aws.sqs import LONGEST_DELAY_S, map_sqs_errors, send_batches
from push.delivery.models import Delivery
from push.errors import MalformedMessageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_sqs import SQSClient


def read_delivery(body: str) -> Delivery:
    """Read a message of a delivery queue.

    Raises:
        MalformedMessageError: it is no delivery.
    """
    try:
        delivery = Delivery.model_validate_json(body)
    except ValidationError as error:
        fields = sorted(
            {".".join(str(part) for part in error["loc"]) or "body" for error in error.errors()}
        )
        raise MalformedMessageError(f"the message is no delivery: {', '.join(fields)}") from None
    if any(channel.payload >= len(delivery.payloads) for channel in delivery.channels):
        raise MalformedMessageError(
            "the message is no delivery: a channel names a payload that is not there"
        )
    return delivery


class DeliveryQueue:
    """The queue of deliveries."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, delivery: Delivery, now: float) -> None:
        """Queue a delivery, to be seen when its `not_before` has come or after 15 minutes, what SQS
        allows at most.

        Raises:
            QueueUnavailableError: SQS did not take it.
        """
        with map_sqs_errors():
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=_body(delivery),
                DelaySeconds=min(max(math.ceil(delivery.not_before - now), 0), LONGEST_DELAY_S),
            )

    def put_all(self, deliveries: Iterable[Delivery]) -> None:
        """Queue many deliveries, to be seen at once.

        Raises:
            QueueUnavailableError: SQS did not take some; the caller's own message comes again.
        """
        send_batches(self._client, self._queue_url, map(_body, deliveries))


def _body(delivery: Delivery) -> str:
    # In ASCII a character is a byte, which is what SQS counts.
    return json.dumps(
        delivery.model_dump(mode="json", exclude_defaults=True), separators=(",", ":")
    )

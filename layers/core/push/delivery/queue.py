"""The queues that carry deliveries."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from pydantic import ValidationError

from push.aws.sqs import LONGEST_DELAY_S, map_sqs_errors, send_batches, send_each
from push.delivery.models import Delivery
from push.errors import MalformedMessageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from mypy_boto3_sqs import SQSClient

    from push.errors import QueueUnavailableError


def read_delivery(body: str) -> Delivery:
    """Read a message of a delivery queue.

    Raises:
        MalformedMessageError: the message is not a delivery.
    """
    try:
        delivery = Delivery.model_validate_json(body)
    except RecursionError:
        raise MalformedMessageError("the message is nested too deep") from None
    except ValidationError as error:
        fields = sorted(
            {".".join(str(part) for part in error["loc"]) or "body" for error in error.errors()}
        )
        raise MalformedMessageError(f"the message is not a delivery: {', '.join(fields)}") from None
    if any(channel.payload >= len(delivery.payloads) for channel in delivery.channels):
        raise MalformedMessageError(
            "the message is not a delivery: a channel names a payload that does not exist"
        )
    return delivery


def delivery_text(delivery: Delivery) -> str:
    """Return a delivery as a queue carries it, with `channels` as the last field.

    In ASCII a character is a byte, which is what SQS counts.
    """
    return json.dumps(
        delivery.model_dump(mode="json", exclude_defaults=True), separators=(",", ":")
    )


class DeliveryQueue:
    """The queue of deliveries."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, delivery: Delivery, now: float) -> None:
        """Queue a delivery with a delay until its `not_before`, or of 15 minutes, the most that SQS
        allows. The sender queues it again if that is too early.

        Raises:
            QueueUnavailableError: the delivery was not queued.
        """
        with map_sqs_errors():
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=delivery_text(delivery),
                DelaySeconds=_delay_s(delivery, now),
                MessageGroupId=delivery.app_id,
            )

    def put_all(
        self, messages: Sequence[tuple[str, str]], pool: Executor
    ) -> list[QueueUnavailableError | None]:
        """Queue many deliveries, given as app and text, without delay, in concurrent calls.

        Return for each the error by which it is not queued, or not known to be.
        """
        return send_each(self._client, self._queue_url, messages, pool)

    def put_back(self, deliveries: Sequence[Delivery], now: float) -> None:
        """Queue deliveries, each with the delay that `put` gives it: a call for up to ten with the
        same app and delay.

        Raises:
            QueueUnavailableError: some were not queued.
        """
        groups: dict[tuple[str, int], list[Delivery]] = {}
        for each in deliveries:
            groups.setdefault((each.app_id, _delay_s(each, now)), []).append(each)
        for (app_id, delay_s), some in groups.items():
            bodies = map(delivery_text, some)
            send_batches(self._client, self._queue_url, bodies, app_id, delay_s=delay_s)


def _delay_s(delivery: Delivery, now: float) -> int:
    return min(max(math.ceil(delivery.not_before - now), 0), LONGEST_DELAY_S)

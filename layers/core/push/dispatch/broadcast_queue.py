"""BroadcastQueue: pages of broadcasts, and searches for channels that expire soon."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from push.aws.sqs import send_batches
from push.dispatch.expiring import ExpirySearch
from push.dispatch.pages import Page
from push.errors import MalformedMessageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs import SQSClient

_MESSAGE: TypeAdapter[Page | ExpirySearch] = TypeAdapter(Page | ExpirySearch)


def read_message(body: str) -> Page | ExpirySearch:
    """Read a message of BroadcastQueue.

    Raises:
        MalformedMessageError: the message is neither a page nor a search.
    """
    try:
        return _MESSAGE.validate_json(body)
    except (ValidationError, RecursionError):
        raise MalformedMessageError(
            "the message is neither a page of a broadcast nor a search"
        ) from None


class BroadcastQueue:
    """The queue of pages and searches."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, messages: Sequence[Page | ExpirySearch]) -> None:
        """Queue messages.

        Raises:
            QueueUnavailableError: some were not queued; the caller's own message is retried.
        """
        for app_id, of_app in groupby(messages, key=lambda message: message.app_id):
            bodies = [message.model_dump_json() for message in of_app]
            send_batches(self._client, self._queue_url, bodies, str(app_id))

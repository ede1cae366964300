"""Messages of RequestQueue: each ends dispatched, refused, queued again, or is retried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from push.dispatch.tasks import Arrival, Dispatched
from push.errors import (
    NON_RETRYABLE,
    ForbiddenError,
    MalformedMessageError,
    PushError,
    RequestIdReusedError,
)
from push.requests.intake import entry_of
from push.requests.queue import read_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from push.aws.sqs import DeadLetterQueue
    from push.dispatch.direct import Dispatcher
    from push.notifications.record import Notifications
    from push.requests.models import Request
    from push.requests.queue import RequestMessage, RequestQueue

    Record = Mapping[str, Any]

PLAYERS_AT_ONCE = 1000
"""Requests are dispatched side by side up to so many players: the most that one request has."""


class NoTimeLeftError(Exception):
    """Raised when too little time of the invocation is left to start anything."""


class Ended(NamedTuple):
    """How a message ended.

    Attributes:
        way: `retried` stays on its queue; `queued again` is a new message with the request's id.
        request: the request in it, None if it could not be read.
        result: of its dispatch, None if it was not tried.
    """

    message_id: str
    way: Literal["dispatched", "refused", "queued again", "retried"]
    request: Request | None
    result: Dispatched | Exception | None = None


@dataclass(frozen=True, slots=True)
class RequestMessages:
    """Processes messages of RequestQueue as Lambda delivers them."""

    dispatcher: Dispatcher
    notifications: Notifications
    requests: RequestQueue
    refused: DeadLetterQueue

    def process(
        self, records: Sequence[Record], clock: Callable[[], float], has_time: Callable[[], bool]
    ) -> Iterator[list[Ended]]:
        """Dispatch a batch, side by side as far as `PLAYERS_AT_ONCE` goes; yield how messages
        ended, those that were dispatched side by side together. What fails for one fails no other.

        Args:
            clock: gives epoch seconds.
            has_time: whether more may be started; the rest are retried.
        """
        together: list[tuple[Record, RequestMessage]] = []
        players = 0
        for record in records:
            message = self._read(record)
            if isinstance(message, Ended):
                yield [message]
                continue
            # A broadcast is many calls, one after the other: it is dispatched alone.
            more = len(message.request.audience.players or ()) or PLAYERS_AT_ONCE
            if together and players + more > PLAYERS_AT_ONCE:
                yield self._dispatch(together, clock, has_time)
                together, players = [], 0
            together.append((record, message))
            players += more
        if together:
            yield self._dispatch(together, clock, has_time)

    def _read(self, record: Record) -> RequestMessage | Ended:
        """Return the request in a message.

        One whose message names no id keeps the id of its first reading: with that it is queued
        again after a failure, or when it is received a second time, because SQS gives it another
        message id when it is moved back from the dead-letter queue.
        """
        message_id = record["messageId"]
        try:
            message = read_request(record["body"], message_id)
        except MalformedMessageError as error:
            return self._refuse(record, record["body"], None, error)
        is_kept = message.has_own_id or _is_first_receipt(record)
        return message if is_kept else self._queue_again(record, message)

    def _dispatch(
        self,
        together: Sequence[tuple[Record, RequestMessage]],
        clock: Callable[[], float],
        has_time: Callable[[], bool],
    ) -> list[Ended]:
        if not has_time():
            return [
                Ended(record["messageId"], "retried", message.request, NoTimeLeftError())
                for record, message in together
            ]
        arrivals = [
            Arrival(
                message.request,
                message.origin(record["attributes"]),
                is_first=message.source is not None and _is_first_receipt(record),
            )
            for record, message in together
        ]
        results = self.dispatcher.dispatch(arrivals, clock())
        return [
            self._conclude(record, message, result)
            for (record, message), result in zip(together, results, strict=True)
        ]

    def _conclude(
        self, record: Record, message: RequestMessage, result: Dispatched | Exception
    ) -> Ended:
        if isinstance(result, Dispatched):
            return Ended(record["messageId"], "dispatched", message.request, result)
        if isinstance(result, PushError) and isinstance(result, NON_RETRYABLE):
            return self._refuse(record, message.text, message.request, result)
        if message.has_own_id:
            return Ended(record["messageId"], "retried", message.request, result)
        return self._queue_again(record, message, result)

    def _refuse(
        self, record: Record, text: str, request: Request | None, reason: PushError
    ) -> Ended:
        try:
            # A request with another's id, or from a source that is not accepted, changes no record.
            if request and not isinstance(reason, RequestIdReusedError | ForbiddenError):
                self.notifications.fail(entry_of(request))
            self.refused.put(text, reason.reason, record["eventSourceARN"])
        except Exception as error:  # noqa: BLE001 - handed over
            return Ended(record["messageId"], "retried", request, error)
        return Ended(record["messageId"], "refused", request, reason)

    def _queue_again(
        self, record: Record, message: RequestMessage, result: Exception | None = None
    ) -> Ended:
        try:
            self.requests.put_text(message.text, message.request.app_id)
        except Exception as error:  # noqa: BLE001 - handed over
            return Ended(record["messageId"], "retried", message.request, error)
        return Ended(record["messageId"], "queued again", message.request, result)


def _is_first_receipt(record: Record) -> bool:
    return int(record["attributes"]["ApproximateReceiveCount"]) <= 1

"""Transactions over several DynamoDB items, and boto3's errors in the service's own words."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from push.aws.error_codes import error_code
from push.errors import TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient


_DESERIALIZER = TypeDeserializer()

# Another transaction holds an item for some tens of milliseconds. The pauses are at most 50, 100,
# 200 and 400 ms; a conflict that outlasts them is left to the caller's own retry (its queue message
# or its client), so that one busy item does not use up an invocation.
_TRIES = 5
# Reasons for a cancellation that another try may not meet. The SDK's retry modes know the like of
# them as errors of a call, but do not look into a TransactionCanceledException.
_RETRIED = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_FIRST_PAUSE_S = 0.05


# Another transaction holds the item that a single write names.
_NOT_AS_READ = {"ConditionalCheckFailedException", "TransactionConflictException"}


class ConditionFailedError(Exception):
    """Raised when a write's condition did not hold; nothing was written."""


@dataclass(frozen=True, slots=True)
class Transactions:
    """Writes transactions; retries those that conflict with another one.

    `sleep` takes seconds; `jitter` returns a random number in [0, 1).
    """

    client: DynamoDBClient
    sleep: Callable[[float], None]
    jitter: Callable[[], float]

    def write(self, items: Sequence[Any]) -> None:
        """Write the items of a `TransactWriteItems` call, all or none.

        Raises:
            ConditionFailedError: a condition did not hold.
            ClientError, BotoCoreError: anything else; whether the items are written is not known.
        """
        # Who retries what:
        #
        #   throttling, 5xx, time-outs, connection errors  the SDK, by its retry mode
        #   a conflict with another transaction, and an    this loop; the SDK does not
        #   item throttled within a transaction
        #   a condition that does not hold                 nobody; the caller reads and decides
        #   any other cancellation or error                nobody here
        #
        # One idempotency token for all requests, the SDK's included: a committed transaction whose
        # response was lost is not applied twice. It ends with this call, so a caller that writes
        # again must recognize by a condition what it has written already.
        token = "-".join(f"{int(self.jitter() * 2**48):012x}" for _ in range(2))
        for attempt in range(_TRIES):
            try:
                self.client.transact_write_items(TransactItems=items, ClientRequestToken=token)
            except self.client.exceptions.TransactionCanceledException as error:
                codes = {reason.get("Code") for reason in error.response["CancellationReasons"]}
                # Checked first: if a condition does not hold, no retry makes it hold.
                if "ConditionalCheckFailed" in codes:
                    raise ConditionFailedError from None
                if not codes & _RETRIED or attempt == _TRIES - 1:
                    raise
            else:
                return
            self.pause(attempt)

    def pause(self, attempt: int) -> None:
        """Wait before another try, `attempt` of which have failed before the last one."""
        # Full jitter, so that the two that met do not meet again.
        self.sleep(self.jitter() * _FIRST_PAUSE_S * 2.0**attempt)


@contextmanager
def map_dynamodb_errors() -> Iterator[None]:
    """Map boto3's DynamoDB errors to TablesUnavailableError; also a decorator."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise tables_unavailable(error) from error


def tables_unavailable(error: BotoCoreError | ClientError) -> TablesUnavailableError:
    """Return the service's own error for one of boto3's."""
    code = error_code(error)
    return TablesUnavailableError(f"DynamoDB is unavailable: {code}", f"DynamoDB {code}")


@contextmanager
def map_failed_conditions() -> Iterator[None]:
    """Map a single write's error to ConditionFailedError if the item was not as it was read, or is
    being written by a transaction; also a decorator."""
    try:
        yield
    except ClientError as error:
        if error_code(error) in _NOT_AS_READ:
            raise ConditionFailedError from None
        raise


def was_repeated(response: Mapping[str, Any]) -> bool:
    """Return whether the SDK sent a write more than once, so that it may have been carried out
    twice, with others' writes in between. True if the response does not say."""
    return bool(response.get("ResponseMetadata", {}).get("RetryAttempts", 1))


def failed_item(error: ClientError) -> dict[str, Any]:
    """Return the item that did not meet a condition, read with `ConsistentRead`'s guarantee.

    The write must ask for it with `ReturnValuesOnConditionCheckFailure="ALL_OLD"`, which costs no
    read unit (Amazon DynamoDB API reference, `UpdateItem`).
    """
    item: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
    return {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}

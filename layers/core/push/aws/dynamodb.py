"""Writes to several DynamoDB items that stand or fall together."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from push.errors import TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient


_DESERIALIZER = TypeDeserializer()
_TRIES = 10
_FIRST_PAUSE_S = 0.02
_WORTH_ANOTHER_TRY = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_OUTAGES = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionInProgressException",
}


class ConditionFailedError(Exception):
    """When a transaction's condition did not hold; nothing was written."""


@dataclass(frozen=True, slots=True)
class Transactions:
    """Writes transactions. Those that meet another's, or an outage, are tried again after a while.

    `sleep` takes seconds; `jitter` gives a random number in [0, 1).
    """

    client: DynamoDBClient
    sleep: Callable[[float], None]
    jitter: Callable[[], float]

    def write(self, items: Sequence[Any]) -> None:
        """Write the items of a `TransactWriteItems` call.

        Raises:
            ConditionFailedError: a condition did not hold.
        """
        # One token for all tries: what a try has done without our hearing of it is not done again.
        token = "-".join(f"{int(self.jitter() * 2**48):012x}" for _ in range(2))
        for attempt in range(_TRIES):
            try:
                self.client.transact_write_items(TransactItems=items, ClientRequestToken=token)
            except self.client.exceptions.TransactionCanceledException as error:
                codes = {reason.get("Code") for reason in error.response["CancellationReasons"]}
                if "ConditionalCheckFailed" in codes:
                    raise ConditionFailedError from None
                if not codes & _WORTH_ANOTHER_TRY or attempt == _TRIES - 1:
                    raise
            except (ClientError, BotoCoreError) as error:
                if not _is_outage(error) or attempt == _TRIES - 1:
                    raise
            else:
                return
            self.sleep(self.jitter() * _FIRST_PAUSE_S * 2.0**attempt)


def _is_outage(error: ClientError | BotoCoreError) -> bool:
    """Return whether DynamoDB is at fault, not what it was asked for."""
    if isinstance(error, BotoCoreError):
        return isinstance(error, (HTTPClientError, BotoConnectionError))
    code, answer = error.response["Error"]["Code"], error.response["ResponseMetadata"]
    return code in _OUTAGES or answer["HTTPStatusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR


@contextmanager
def map_dynamodb_errors() -> Iterator[None]:
    """Turn what boto3 raises into TablesUnavailableError; serves as a decorator, too."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no reason")
        raise TablesUnavailableError(f"DynamoDB does not answer: {code}") from error
    except BotoCoreError as error:
        raise TablesUnavailableError(f"DynamoDB does not answer: {type(error).__name__}") from error


def failed_item(error: ClientError) -> dict[str, Any]:
    """Return the item that did not meet a condition, read with `ConsistentRead`'s guarantee.

    The write must ask for it with `ReturnValuesOnConditionCheckFailure="ALL_OLD"`, which costs no
    read unit (Amazon DynamoDB API reference, `UpdateItem`).
    """
    item: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
    return {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}

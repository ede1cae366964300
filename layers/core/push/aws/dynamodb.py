"""Transactions over several DynamoDB items, and errors in the service's own words."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from push.aws.error_codes import error_code
from push.errors import TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from push.aws.attribute_values import Item
    from push.aws.table import DynamoDB


# Another transaction holds an item for some tens of milliseconds. The pauses are at most 50, 100,
# 200 and 400 ms; a conflict that outlasts them is left to the caller's own retry (its queue message
# or its client), so that one busy item does not use up an invocation.
_TRIES = 5
# Reasons for a cancellation that another try may not meet. The SDK's retry rules know the like of
# them as errors of a call, but do not look into a TransactionCanceledException.
_RETRIED = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_FIRST_PAUSE_S = 0.05


# Another transaction holds the item that a single write names.
_HELD = "TransactionConflictException"


class ConditionFailedError(Exception):
    """Raised when a write's condition does not hold; nothing was written.

    Attributes:
        item: the one that does not meet the condition, as a consistent read would return it, if the
            write asked for it with `ReturnValuesOnConditionCheckFailure="ALL_OLD"`, which costs no
            read unit (Amazon DynamoDB API reference, `UpdateItem`). Empty otherwise.
    """

    def __init__(self, item: Item | None = None) -> None:
        super().__init__("a condition does not hold")
        self.item: Item = item or {}


@dataclass(frozen=True, slots=True)
class Transactions:
    """Writes transactions; retries those that conflict with another one.

    `sleep` takes seconds; `jitter` returns a random number in [0, 1).
    """

    dynamodb: DynamoDB
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
        #   throttling, 5xx, time-outs, connection errors  the wire, by the SDK's rules
        #   a conflict with another transaction, and an    this loop; the wire does not
        #   item throttled within a transaction
        #   a condition that does not hold                 nobody; the caller reads and decides
        #   any other cancellation or error                nobody here
        #
        # One idempotency token for all requests, the wire's included: a committed transaction whose
        # response was lost is not applied twice. It ends with this call, so a caller that writes
        # again must recognize by a condition what it has written already.
        token = "-".join(f"{int(self.jitter() * 2**48):012x}" for _ in range(2))
        for attempt in range(_TRIES):
            try:
                self.dynamodb.transact_write_items(items, token)
            except ClientError as error:
                # Only a canceled transaction has reasons.
                reasons: Any = error.response.get("CancellationReasons", ())
                codes = {reason.get("Code") for reason in reasons}
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
    """Map errors of calls to TablesUnavailableError; also a decorator."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise tables_unavailable(error) from error


def tables_unavailable(error: BotoCoreError | ClientError) -> TablesUnavailableError:
    """Return the service's own error for one of a call."""
    code = error_code(error)
    return TablesUnavailableError(f"DynamoDB is unavailable: {code}", f"DynamoDB {code}")


@contextmanager
def map_failed_conditions() -> Iterator[None]:
    """Map a single write's error to ConditionFailedError if a transaction is writing the item, as
    if that were done; also a decorator."""
    try:
        yield
    except ClientError as error:
        if error_code(error) == _HELD:
            raise ConditionFailedError from None
        raise


def was_repeated(response: Mapping[str, Any]) -> bool:
    """Return whether a write was sent more than once, so that it may have been carried out
    twice, with others' writes in between. True if the response does not say."""
    return bool(response.get("ResponseMetadata", {}).get("RetryAttempts", 1))

"""Writes to several DynamoDB items that stand or fall together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

_TRIES = 10
_FIRST_PAUSE_S = 0.02


class ConditionFailedError(Exception):
    """When a transaction's condition did not hold; nothing was written."""


@dataclass(frozen=True, slots=True)
class Transactions:
    """Writes transactions. Those that meet another's are tried again after a while.

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
        for attempt in range(_TRIES):
            try:
                self.client.transact_write_items(TransactItems=items)
            except self.client.exceptions.TransactionCanceledException as error:
                codes = {reason.get("Code") for reason in error.response["CancellationReasons"]}
                if "ConditionalCheckFailed" in codes:
                    raise ConditionFailedError from None
                if "TransactionConflict" not in codes or attempt == _TRIES - 1:
                    raise
                self.sleep(self.jitter() * _FIRST_PAUSE_S * 2.0**attempt)
            else:
                return

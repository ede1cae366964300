"""Writes of many items in a few calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from push.errors import TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from push.aws.table import Table


_ITEMS = 25  # Amazon DynamoDB API reference, BatchWriteItem
# Items are left unprocessed if the table throttles; "use an exponential backoff algorithm" (ibid.).
_TRIES = 5


def batch_put(
    table: Table, items: Sequence[dict[str, Any]], *, pause: Callable[[int], None]
) -> None:
    """Put items, of different keys, into a table, without a condition.

    Each costs what a `PutItem` costs; a transaction would double it.

    Args:
        pause: waits before another try, from 1.

    Raises:
        TablesUnavailableError: DynamoDB left items unprocessed at every try.
        ClientError, BotoCoreError: anything else; some items may be written.
    """
    for start in range(0, len(items), _ITEMS):
        left: Any = [{"PutRequest": {"Item": each}} for each in items[start : start + _ITEMS]]
        for attempt in range(_TRIES):
            if attempt:
                pause(attempt)
            left = table.dynamodb.batch_write_item({table.name: left}).get(table.name)
            if not left:
                break
        else:
            raise TablesUnavailableError(
                "DynamoDB is unavailable: it left items unprocessed", "DynamoDB UnprocessedItems"
            )

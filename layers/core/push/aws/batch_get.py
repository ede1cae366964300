"""Reads of many items by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from push.errors import TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from push.aws.table import Table


_KEYS = 100
# Keys are left unprocessed if the table throttles or a response would be over 16 MB; "we strongly
# recommend that you use an exponential backoff algorithm" (Amazon DynamoDB API reference,
# BatchGetItem). The pauses are at most 50, 100, 200 and 400 ms.
_TRIES = 5
_FIRST_PAUSE_S = 0.05


def batch_get(
    table: Table,
    keys: Sequence[dict[str, str]],
    *,
    sleep: Callable[[float], None],
    jitter: Callable[[], float],
    attributes: Sequence[str] = (),
) -> Iterator[Mapping[str, Any]]:
    """Yield the items of a table that have these keys, read consistently, in any order.

    Args:
        sleep: takes seconds.
        jitter: returns a random number in [0, 1).
        attributes: which to return; none stands for all.

    Raises:
        TablesUnavailableError: DynamoDB left keys unprocessed at every try.
        ClientError, BotoCoreError: anything else.
    """
    read: dict[str, Any] = {"ConsistentRead": True}
    if attributes:
        read["ProjectionExpression"] = ", ".join(attributes)
    for start in range(0, len(keys), _KEYS):
        left = list(keys[start : start + _KEYS])
        for attempt in range(_TRIES):
            if attempt:
                sleep(jitter() * _FIRST_PAUSE_S * 2.0 ** (attempt - 1))
            response = table.dynamodb.batch_get_item({table.name: read | {"Keys": left}})
            yield from response["Responses"].get(table.name, [])
            if table.name not in response["UnprocessedKeys"]:
                break
            left = response["UnprocessedKeys"][table.name]["Keys"]
        else:
            raise TablesUnavailableError(
                "DynamoDB is unavailable: it left keys unprocessed", "DynamoDB UnprocessedKeys"
            )

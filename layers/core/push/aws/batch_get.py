"""Reads of many items by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from push.errors import TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef


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
    read: KeysAndAttributesTypeDef = {"Keys": [], "ConsistentRead": True}
    if attributes:
        read["ProjectionExpression"] = ", ".join(attributes)
    for start in range(0, len(keys), _KEYS):
        left = list(keys[start : start + _KEYS])
        for attempt in range(_TRIES):
            if attempt:
                sleep(jitter() * _FIRST_PAUSE_S * 2.0 ** (attempt - 1))
            response = table.meta.client.batch_get_item(
                RequestItems={table.name: read | {"Keys": left}}
            )
            yield from response["Responses"].get(table.name, [])
            unprocessed = response.get("UnprocessedKeys", {}).get(table.name)
            if unprocessed is None:
                break
            left = cast("list[dict[str, str]]", unprocessed["Keys"])
        else:
            raise TablesUnavailableError(
                "DynamoDB is unavailable: it left keys unprocessed", "DynamoDB UnprocessedKeys"
            )


def get_together(
    client: DynamoDBClient,
    keys: Mapping[str, Sequence[dict[str, str]]],
    *,
    sleep: Callable[[float], None],
    jitter: Callable[[], float],
) -> dict[str, list[Mapping[str, Any]]]:
    """Return the items of several tables, read consistently in one call, in any order.

    Args:
        client: takes and returns Python's values.
        keys: by table, a hundred at most in all.
        sleep: takes seconds.
        jitter: returns a random number in [0, 1).

    Raises:
        TablesUnavailableError: DynamoDB left keys unprocessed at every try.
        ClientError, BotoCoreError: anything else.
    """
    found: dict[str, list[Mapping[str, Any]]] = {table: [] for table in keys}
    left: Mapping[str, Any] = {
        table: {"Keys": some, "ConsistentRead": True} for table, some in keys.items() if some
    }
    for attempt in range(_TRIES):
        if not left:
            return found
        if attempt:
            sleep(jitter() * _FIRST_PAUSE_S * 2.0 ** (attempt - 1))
        response = client.batch_get_item(RequestItems=left)
        for table, items in response["Responses"].items():
            found[table] += items
        left = response.get("UnprocessedKeys", {})
    if left:
        raise TablesUnavailableError(
            "DynamoDB is unavailable: it left keys unprocessed", "DynamoDB UnprocessedKeys"
        )
    return found

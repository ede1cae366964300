"""Reads of many items by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from push.errors import TablesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from push.aws.table import DynamoDB, Table


_KEYS = 100
# Keys are left unprocessed if the table throttles or a response would be over 16 MB; "we strongly
# recommend that you use an exponential backoff algorithm" (Amazon DynamoDB API reference,
# BatchGetItem). The pauses are at most 50, 100, 200 and 400 ms.
_TRIES = 5
_FIRST_PAUSE_S = 0.05


class Wanted(NamedTuple):
    """What is read of a table: items by their keys, and which of their attributes; none stands for
    all."""

    keys: Sequence[dict[str, str]]
    attributes: Sequence[str] = ()


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
        attributes: which to return; none stands for all.

    Raises: as `batch_get_of_tables`.
    """
    wanted = {table.name: Wanted(keys, attributes)}
    found = batch_get_of_tables(table.dynamodb, wanted, sleep=sleep, jitter=jitter)
    yield from found[table.name]


def batch_get_of_tables(
    dynamodb: DynamoDB,
    wanted: Mapping[str, Wanted],
    *,
    sleep: Callable[[float], None],
    jitter: Callable[[], float],
) -> dict[str, list[Mapping[str, Any]]]:
    """Return items of several tables, by table and in any order, read consistently: a hundred keys
    a call, whatever their tables.

    Args:
        wanted: by table.
        sleep: takes seconds.
        jitter: returns a random number in [0, 1).

    Raises:
        TablesUnavailableError: DynamoDB left keys unprocessed at every try.
        ClientError, BotoCoreError: anything else.
    """
    reads = {table: _read(each.attributes) for table, each in wanted.items()}
    found: dict[str, list[Mapping[str, Any]]] = {table: [] for table in wanted}
    for some in _portions(wanted):
        left: Mapping[str, Any] = {
            table: reads[table] | {"Keys": keys} for table, keys in some.items()
        }
        for attempt in range(_TRIES):
            if attempt:
                sleep(jitter() * _FIRST_PAUSE_S * 2.0 ** (attempt - 1))
            response = dynamodb.batch_get_item(left)
            for table, items in response["Responses"].items():
                found[table] += items
            unprocessed = response["UnprocessedKeys"]
            if not unprocessed:
                break
            left = {
                table: reads[table] | {"Keys": each["Keys"]} for table, each in unprocessed.items()
            }
        else:
            raise TablesUnavailableError(
                "DynamoDB is unavailable: it left keys unprocessed", "DynamoDB UnprocessedKeys"
            )
    return found


def _read(attributes: Sequence[str]) -> dict[str, Any]:
    read: dict[str, Any] = {"ConsistentRead": True}
    if attributes:
        # Names have placeholders, because DynamoDB reserves words such as `state`.
        names = {f"#{number}": name for number, name in enumerate(attributes)}
        read |= {
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
        }
    return read


def _portions(wanted: Mapping[str, Wanted]) -> Iterator[dict[str, list[dict[str, str]]]]:
    """Yield the keys of each call, by table."""
    portion: dict[str, list[dict[str, str]]] = {}
    room = _KEYS
    for table, each in wanted.items():
        keys = list(each.keys)
        while keys:
            portion[table], keys = keys[:room], keys[room:]
            room -= len(portion[table])
            if not room:
                yield portion
                portion, room = {}, _KEYS
    if portion:
        yield portion

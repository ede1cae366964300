"""Items of tables that this version of the code may not be able to read.

A newer version may have written them, before it was rolled back, or somebody by hand. Such an item
is reported, for the alarm DataRefused, and affects nothing but what it stands for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from aws_lambda_powertools import Logger
from pydantic import ValidationError

from push.aws.alarm_counts import count_for_alarm
from push.errors import UnreadableItemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Item = Mapping[str, Any]

T = TypeVar("T")


def read_item(kind: str, item: Item, read: Callable[[Item], T]) -> T:
    """Return what `read` makes of an item.

    Args:
        kind: what the item stands for, such as `app`.

    Raises:
        UnreadableItemError: `read` raised an error; the item is reported.
    """
    problems: list[str]
    try:
        return read(item)
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        problems = _problems(error)
    # Out of reach of the error, whose text may repeat a channel URI.
    key = {name: str(item[name]) for name in ("pk", "sk") if name in item}
    logger = Logger()  # that of the function: Powertools has one per service
    logger.error("stored item cannot be read", kind=kind, key=key, problems=problems)
    count_for_alarm("ItemsUnreadable")
    count_for_alarm("DataRefused")
    raise UnreadableItemError(
        f"{kind} '{' '.join(key.values())}' is stored in a form that this version cannot read;"
        " store it again"
    )


def readable_items(kind: str, items: Iterable[Item], read: Callable[[Item], T]) -> Iterator[T]:
    """Yield what `read` makes of each item; report and skip those that it cannot read."""
    for item in items:
        try:
            yield read_item(kind, item, read)
        except UnreadableItemError:
            continue


def _problems(error: Exception) -> list[str]:
    """Return the fields and kinds of errors, never a value: it may be a channel URI."""
    if not isinstance(error, ValidationError):
        return [type(error).__name__]
    return [
        f"{'.'.join(map(str, each['loc']))}: {each['type']}"
        for each in error.errors(include_url=False, include_input=False, include_context=False)
    ]

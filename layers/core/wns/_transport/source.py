"""An iterable of sends, read as fast as they can be sent."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


class Source(Generic[T]):
    """Reads sends a few at a time. An exception ends it and is kept, so that the results of what is
    in flight are not lost."""

    def __init__(self, sends: Iterable[T]) -> None:
        self._sends = iter(sends)
        self.is_exhausted = False
        self.error: Exception | None = None

    def take(self, count: int) -> list[T]:
        """Return the next `count` sends, or fewer if there are no more."""
        taken: list[T] = []
        if not self.is_exhausted:
            try:
                taken.extend(islice(self._sends, count))  # keeps what came before an exception
            except Exception as error:  # noqa: BLE001 - raised at the end of send_all
                self.error = error
            self.is_exhausted = len(taken) < count
        return taken

"""An iterable of sends, read as fast as they can be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")


class Source(Generic[T]):
    """Reads sends a few at a time. An exception ends it and is kept, so that the results of what is
    in flight are not lost."""

    def __init__(self, sends: Iterable[T]) -> None:
        self._sends = iter(sends)
        self.is_exhausted = False
        self.error: Exception | None = None

    def take(self, count: int) -> Iterator[T]:
        """Yield the next `count` sends, or fewer if there are no more."""
        for _ in range(count if not self.is_exhausted else 0):
            try:
                yield next(self._sends)
            except StopIteration:
                self.is_exhausted = True
                return
            except Exception as error:  # noqa: BLE001 - raised at the end of send_all
                self.error, self.is_exhausted = error, True
                return

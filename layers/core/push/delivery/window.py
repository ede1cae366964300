"""How many sends may be in doubt: started, and their outcome not recorded.

A worker that is killed leaves no trace of the responses that it had not recorded. So a send may
only start if a record says so: each claim, and each record of outcomes after it, stores the name of
the recipient through which sends may have started. The window bounds how many recipients lie
between what is recorded and that name; the deliveries of a batch share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from push.delivery.models import Lane

SIZES: dict[Lane, int] = {"direct": 16, "bulk": 64}
"""The most sends in doubt by lane. If the process is killed, no more are perhaps sent twice."""


class Window:
    """The sends that a process may have in doubt at once."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.free = size

    def take(self, wanted: int) -> int:
        """Take up to `wanted` sends; return how many."""
        taken = max(min(wanted, self.free), 0)
        self.free -= taken
        return taken

    def give_back(self, count: int) -> None:
        """Give back sends that are recorded, or that were not started."""
        self.free += count


class WindowShare:
    """What one delivery has of the window: the names of its recipients that are in doubt.

    Attributes:
        through: name of the last recipient that may be started.
        names: of the recipients in doubt.
    """

    def __init__(self, window: Window, through: str, names: Iterable[str]) -> None:
        """`names`: of the recipients that have no outcome."""
        self.through = through
        self.names = {name for name in names if name <= through}
        self._window = window
        self._extended = set[str]()
        self._to_give_back = (0, 0)
        window.give_back(-len(self.names))

    def room_with(self, outcomes: Collection[str]) -> int:
        """Return how many more sends could start if these outcomes were recorded."""
        return len(outcomes) + self._window.free

    def begin_record(self, outcomes: Collection[str], ready: Iterable[str]) -> str:
        """Return the name through which sends may start once outcomes are recorded. `end_record`
        must follow.

        Args:
            outcomes: names of the recipients whose outcomes are recorded.
            ready: names of the recipients that are yet to be started, in their order.
        """
        freed = len(self.names & set(outcomes))
        beyond: Sequence[str] = [name for name in ready if name > self.through]
        taken = self._window.take(len(beyond) - freed)
        extended = beyond[: freed + taken]
        self._extended = set(extended)
        self._to_give_back = (freed - len(extended) + taken, taken)  # if it is written, if not
        return extended[-1] if extended else self.through

    def end_record(self, outcomes: Collection[str], through: str, *, is_written: bool) -> None:
        """Note whether the record is written."""
        if_written, if_not = self._to_give_back
        if is_written:
            self.names = self.names.difference(outcomes) | self._extended
            self.through = through
            self._window.give_back(if_written)
        else:
            self._window.give_back(if_not)

    def end(self) -> None:
        """Give everything back: the delivery is closed, or left to another worker."""
        self._window.give_back(len(self.names))
        self.names = set()

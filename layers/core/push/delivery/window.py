"""How many sends may be in doubt: started, and their outcome not recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from push.delivery.models import Lane

SIZES: dict[Lane, int] = {"direct": 16, "bulk": 64}
"""The most sends in doubt by lane. If the process is killed, no more are perhaps sent twice."""


class Window:
    """The sends that a process may have in doubt at once. Deliveries take from it and give back."""

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

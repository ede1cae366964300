"""What calls cost: capacity units by table, billed requests, calls and bytes.

The rules of sizes are those that the tests enforce (`tests.aws_limits.sizes`). Amazon DynamoDB
Developer Guide, "DynamoDB read and write operations": a write costs the larger of the item before
and after, a failed condition costs too, a transaction costs double, an index is written apart.
Amazon SQS pricing: each 64 KB of a request is billed as one request; Amazon EventBridge pricing:
each 64 KB of an event as one event.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from tests.aws_limits.sizes import item_size, read_units, write_units

if TYPE_CHECKING:
    from benchmarks.aws_stub.scope import Item
    from benchmarks.aws_stub.tables import Table

_BILLED_BYTES = 64 * 1024


class Usage:
    """Counts since the last reset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.calls: Counter[str] = Counter()
        self.request_bytes: Counter[str] = Counter()
        self.response_bytes: Counter[str] = Counter()
        self.writes: Counter[str] = Counter()
        self.index_writes: Counter[str] = Counter()
        self.reads: Counter[str] = Counter()
        self.billed: Counter[str] = Counter()

    def as_json(self) -> dict[str, dict[str, float]]:
        """Return the counts. Reads are in half units, so that they stay whole numbers."""
        return {name: dict(counter) for name, counter in vars(self).items()}

    def note_call(self, name: str, request: int, response: int) -> None:
        self.calls[name] += 1
        self.request_bytes[name] += request
        self.response_bytes[name] += response

    def note_billed(self, service: str, size: int) -> None:
        """Note a request (SQS) or an event (EventBridge) of so many bytes."""
        self.billed[service] += max(math.ceil(size / _BILLED_BYTES), 1)

    def note_write(self, table: Table, old: Item | None, new: Item | None, factor: int = 1) -> None:
        """Note a write that was done; `factor` is 2 in a transaction."""
        units = write_units(max(item_size(old), item_size(new)))
        self.writes[table.name] += factor * units
        for index in table.indexes.values():
            was, now = index.entry(old), index.entry(new)
            if was == now:
                continue
            keys = (index.hash, index.range)
            moved = was and now and any(was.get(str(key)) != now.get(str(key)) for key in keys)
            for pair in ((was, None), (None, now)) if moved else ((was, now),):
                self.index_writes[table.name] += write_units(max(map(item_size, pair)))

    def note_failed(self, table: Table, old: Item | None, factor: int = 1) -> None:
        """Note a write, or a check, whose condition did not hold, or that was only a check."""
        self.writes[table.name] += factor * write_units(item_size(old))

    def note_read(self, table: Table, size: int, *, consistent: bool, factor: int = 1) -> None:
        """Note a read of so many bytes."""
        self.reads[table.name] += int(2 * factor * read_units(size, consistent=consistent))

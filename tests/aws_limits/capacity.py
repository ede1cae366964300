"""Capacity units, calls and bytes, counted by table and operation.

with limits.counting() as units:
    game.work()
assert units.writes <= 3
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.aws_limits.calls import Call, response_length

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tests.aws_limits.calls import Result
    from tests.aws_limits.meter import Meter, Use


class Units:
    """What calls have consumed while it counted.

    Attributes:
        by_write: write units of tables, by table and operation; those of indexes are not in it.
        by_index_write: write units of indexes, by `table/index` and operation.
        by_read: read units, by table or `table/index`, and operation.
        calls: requests to AWS, the SDK's retries included, by service and operation.
        bytes_sent, bytes_received: of their bodies, by service and operation.
    """

    def __init__(self, meter: Meter) -> None:
        self.by_write: Counter[tuple[str, str]] = Counter()
        self.by_index_write: Counter[tuple[str, str]] = Counter()
        self.by_read: dict[tuple[str, str], float] = {}
        self.calls: Counter[str] = Counter()
        self.bytes_sent: Counter[str] = Counter()
        self.bytes_received: Counter[str] = Counter()
        self._meter = meter

    @property
    def writes(self) -> int:
        return self.by_write.total()

    @property
    def index_writes(self) -> int:
        return self.by_index_write.total()

    @property
    def reads(self) -> float:
        return sum(self.by_read.values())

    def of_table(self, table: str) -> tuple[int, int, float]:
        """Return write units, index write units and read units of a table with its indexes."""

        def total(counts: dict[tuple[str, str], Any]) -> Any:
            return sum(
                units for (name, _), units in counts.items() if name.partition("/")[0] == table
            )

        return total(self.by_write), total(self.by_index_write), total(self.by_read)

    def line(self) -> str:
        """Return one line for a report."""
        tables = sorted({name.partition("/")[0] for name, _ in (*self.by_write, *self.by_read)})
        shown = ", ".join(
            f"{table} {writes} + {index} w {reads:g} r"
            for table in tables
            for writes, index, reads in [self.of_table(table)]
        )
        return (
            f"{self.writes} write units, {self.index_writes} of indexes, {self.reads:g} read units"
            f" ({shown}); {self.calls.total()} calls, {self.bytes_sent.total()} bytes sent,"
            f" {self.bytes_received.total()} received"
        )

    def admit(self, call: Call, expected: list[Use], send: Callable[[], Result]) -> Result:
        return send()

    def note(self, call: Call, uses: list[Use], result: Result) -> None:
        self.calls[call.name] += 1
        self.bytes_sent[call.name] += len(call.request.body or b"")
        self.bytes_received[call.name] += response_length(result)
        for use in uses:
            place = f"{use.table}/{use.index}" if use.index else use.table
            key = (place, call.operation)
            if not use.is_write:
                self.by_read[key] = self.by_read.get(key, 0) + use.units
            elif use.index:
                self.by_index_write[key] += int(use.units)
            else:
                self.by_write[key] += int(use.units)

    def stop(self) -> None:
        if self in self._meter.listeners:
            self._meter.listeners.remove(self)

    def __enter__(self) -> Units:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

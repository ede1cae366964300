"""Throughput of a partition: 1,000 write units and 3,000 read units a second, then throttling.

Source: Amazon DynamoDB Developer Guide, "Burst and adaptive capacity", "Best practices for
designing and using partition keys effectively"; on-demand tables have the same limit by partition.
Here, a partition is one value of the hash key: DynamoDB may split one further by sort key after
minutes of load, and may let a burst pass. Both are help that nobody can count on.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.aws_limits.calls import AwsError, Call, parsed_of, response
from tests.aws_limits.dynamodb_limits import cancelled, leave_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tests.aws_limits.calls import Result
    from tests.aws_limits.meter import Meter, Use

WRITE_UNITS = 1000
READ_UNITS = 3000


class Throughput:
    """Throttles partitions. A call is admitted while its partitions have units left in this second;
    what it consumes beyond them is not owed in the next."""

    def __init__(
        self,
        meter: Meter,
        *,
        write: float = WRITE_UNITS,
        read: float = READ_UNITS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.throttled = 0
        self._limits = {True: write, False: read}
        self._now = now
        self._second = 0
        self._used: dict[tuple[str, str, str, bool], float] = defaultdict(float)
        self._meter = meter

    def admit(self, call: Call, expected: list[Use], send: Callable[[], Result]) -> Result:
        if int(self._now()) != self._second:
            self._second = int(self._now())
            self._used.clear()
        full = [use for use in expected if self._is_full(use)]
        if not full:
            return send()
        self.throttled += 1
        if call.operation == "TransactWriteItems":
            partitions = {(use.table, use.partition) for use in full}
            raise cancelled(
                {"Code": "ProvisionedThroughputExceeded", "Message": _message(full[0])}
                if (use.table, use.partition) in partitions
                else {"Code": "None"}
                for use in expected
                if not use.index
            )
        if call.operation == "BatchGetItem" and len(full) < len(expected):
            return self._some_keys(call, expected, send)
        if call.operation == "BatchExecuteStatement":
            return self._some_statements(call, full, send)
        raise throttled(full[0])

    def _some_keys(self, call: Call, expected: list[Use], send: Callable[[], Result]) -> Result:
        asked: dict[str, Any] = call.parameters["RequestItems"]
        left: list[tuple[str, Any]] = []
        uses = iter(expected)
        some = {}
        for table, each in asked.items():
            allowed = []
            for key in each["Keys"]:
                if self._is_full(next(uses)):
                    left.append((table, key))
                else:
                    allowed.append(key)
            if allowed:
                some[table] = each | {"Keys": allowed}
        call.parameters = call.parameters | {"RequestItems": some}
        call.rewrite()
        result = send()
        parsed = parsed_of(result)
        if parsed is not None:
            for table, key in left:
                leave_key(asked, parsed, table, key)
        return result

    def _some_statements(self, call: Call, full: list[Use], send: Callable[[], Result]) -> Result:
        """Carry out the statements of a batch whose partitions have units left; the others have an
        error of their own (Amazon DynamoDB API reference, BatchStatementError)."""
        statements: list[dict[str, Any]] = call.parameters["Statements"]
        partitions = {(use.table, use.partition) for use in full}
        refused = {
            number
            for number, each in enumerate(statements)
            if self._meter.place_of(each) in partitions
        }
        error = {"Code": "ProvisionedThroughputExceeded", "Message": _message(full[0])}
        answers = {number: {"Error": error} for number in refused}
        if len(refused) < len(statements):
            some = [each for number, each in enumerate(statements) if number not in refused]
            call.parameters = call.parameters | {"Statements": some}
            call.rewrite()
            result = send()
            parsed = parsed_of(result)
            if parsed is None:
                return result
        else:
            result = response(call.request.url, {"Responses": []})
            parsed = parsed_of(result) or {}
        left = iter(parsed["Responses"])
        parsed["Responses"] = [
            answers[number] if number in refused else next(left)
            for number in range(len(statements))
        ]
        call.parameters = call.parameters | {"Statements": statements}
        return result

    def _is_full(self, use: Use) -> bool:
        used = self._used[use.table, use.index, use.partition, use.is_write]
        return bool(use.partition) and used >= self._limits[use.is_write]

    def note(self, call: Call, uses: list[Use], result: Result) -> None:
        for use in uses:
            self._used[use.table, use.index, use.partition, use.is_write] += use.units

    def stop(self) -> None:
        if self in self._meter.listeners:
            self._meter.listeners.remove(self)

    def __enter__(self) -> Throughput:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def throttled(use: Use) -> AwsError:
    """Return DynamoDB's answer to a call on a partition that has no units left."""
    kind = f"{'Index' if use.index else 'Table'}{'Write' if use.is_write else 'Read'}"
    return AwsError(
        "ProvisionedThroughputExceededException",
        _message(use),
        ThrottlingReasons=[{"reason": f"{kind}KeyRangeThroughputExceeded", "resource": use.table}],
    )


def _message(use: Use) -> str:
    return (
        "Throughput exceeds the current capacity of one or more key ranges of"
        f" {'index ' + use.index + ' of ' if use.index else ''}table {use.table}"
    )

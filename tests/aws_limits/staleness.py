"""Eventually consistent reads that return an earlier state, and indexes that lag.

A replica of the tables, in another region of the same emulator, gets each item's state one write
late (or a number of seconds late) and answers eventually consistent reads with a given chance. So
filters, projections, pages and indexes of a stale answer are the emulator's own.

Each process delays what it has written itself; what another process writes without a replica never
reaches the replica. In worker processes, switch it on in all of them (`SharedLimits`).

Source: Amazon DynamoDB Developer Guide, "DynamoDB read consistency".
"""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.aws_limits.calls import own_dynamodb, parsed_of, response
from tests.aws_limits.tables import Item, Schemas, read_item, writes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import TracebackType

    from tests.aws_limits.calls import Call, Result

_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan"})
_MADE = ("TableName", "AttributeDefinitions", "KeySchema")


class Replica:
    """Tables that lag.

    Args:
        chance: share of eventually consistent reads that the replica answers.
        tables: names of the tables; empty for all.
        lag_s: how old a write must be to be seen; None: until the item's next write.
        indexes_only: whether only queries of indexes are stale.
    """

    def __init__(
        self,
        schemas: Schemas,
        region: str,
        *,
        chance: float,
        seed: int,
        tables: Collection[str] = (),
        lag_s: float | None = None,
        indexes_only: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.stale = 0
        self.on = True
        self._schemas = schemas
        self._replica = own_dynamodb(region)
        self._chance = chance
        self._dice = random.Random(seed)
        self._lag_s = lag_s
        self._indexes_only = indexes_only
        self._now = now
        self._pending: dict[str, list[tuple[float, str, Item, Item | None]]] = {}
        self._lock = threading.RLock()
        self._tables = self._copy(tables)

    def _copy(self, tables: Collection[str]) -> set[str]:
        own = own_dynamodb()
        copied = set(tables) or set(own("ListTables")["TableNames"])
        for table in copied:
            description = own("DescribeTable", TableName=table)["Table"]
            made: dict[str, Any] = {name: description[name] for name in _MADE}
            if indexes := description.get("GlobalSecondaryIndexes"):
                made["GlobalSecondaryIndexes"] = [
                    {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
                    for index in indexes
                ]
            try:
                self._replica("CreateTable", BillingMode="PAY_PER_REQUEST", **made)
            except ClientError as error:  # another process has made it
                if error.response["Error"]["Code"] != "ResourceInUseException":
                    raise
                continue
            start: dict[str, Any] = {}
            while True:
                page = own("Scan", TableName=table, ConsistentRead=True, **start)
                for item in page["Items"]:
                    self._replica("PutItem", TableName=table, Item=item)
                if "LastEvaluatedKey" not in page:
                    break
                start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        return copied

    def handle(self, call: Call, send: Callable[[], Result]) -> Result:
        if not self.on or call.service != "dynamodb":
            return send()
        with self._lock:
            writes = [
                write
                for write in writes_of(call, self._schemas)
                if write.table in self._tables and write.kind != "ConditionCheck"
            ]
            if writes:
                return self._write(writes, send)
            return self._read(call) if self._is_stale(call) else send()

    def _write(self, writes: list[Any], send: Callable[[], Result]) -> Result:
        result = send()
        if parsed_of(result) is None:
            return result
        for write in writes:
            waiting = self._pending.setdefault(write.identity, [])
            item = read_item(write.table, write.key)
            if self._lag_s is None:
                for _, table, key, earlier in waiting:
                    self._apply(table, key, earlier)
                waiting.clear()
            waiting.append((self._now(), write.table, write.key, item))
        return result

    def _apply(self, table: str, key: Item, item: Item | None) -> None:
        if item is None:
            self._replica("DeleteItem", TableName=table, Key=key)
        else:
            self._replica("PutItem", TableName=table, Item=item)

    def _is_stale(self, call: Call) -> bool:
        given = call.parameters
        if call.operation not in _READS or not call.tables() <= self._tables:
            return False
        asked = given.get("RequestItems", {}).values() or [given]
        if any(each.get("ConsistentRead") for each in asked):
            return False
        if self._indexes_only and "IndexName" not in given:
            return False
        return self._dice.random() < self._chance

    def _read(self, call: Call) -> Result:
        if self._lag_s is not None:
            seen = self._now() - self._lag_s
            for waiting in self._pending.values():
                while waiting and waiting[0][0] <= seen:
                    _, table, key, item = waiting.pop(0)
                    self._apply(table, key, item)
        self.stale += 1
        parsed = self._replica(call.operation, **call.parameters)
        return response(call.request.url, parsed)

    def stop(self) -> None:
        self.on = False

    def __enter__(self) -> Replica:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

"""The limits of AWS as one object: always-on checks, and what a test switches on in one line."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any

from tests.aws_limits import other_limits, sqs_limits
from tests.aws_limits.calls import Call, parsed_of
from tests.aws_limits.capacity import Units
from tests.aws_limits.dynamodb_limits import DynamoDbLimits, leave_key
from tests.aws_limits.loops import Loops
from tests.aws_limits.meter import Meter
from tests.aws_limits.slow_calls import CallFault, for_this_process
from tests.aws_limits.staleness import Replica
from tests.aws_limits.throughput import Throughput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.aws_limits.calls import Result

# Regions of the emulator that no test uses.
_REPLICA_REGIONS = ("eu-central-1", "eu-north-1", "eu-south-1", "eu-west-2", "eu-west-3")
RULES_VARIABLE = "AWS_LIMITS_FILE"
"""Environment variable with the file in which a test leaves rules for its worker processes."""


class AwsLimits:
    """What stands between a process and the emulators of AWS.

    From the outside in: call faults, loop detection, checks of requests, stale reads, metering
    with throughput.

    Args:
        rules: file with rules of another process, read again whenever it changes.
    """

    def __init__(self, rules: Path | None = None) -> None:
        self.loops = Loops()
        self.faults: list[CallFault] = []
        self.replicas: list[Replica] = []
        self._dynamodb = DynamoDbLimits()
        self._meter = Meter(self._dynamodb.schemas)
        self._rules = rules
        self._rules_read = -1

    # ------------------------------------------------------------ the chain

    def handle(self, call: Call, send: Callable[[], Result]) -> Result:
        if self._rules is not None:
            self._read_rules()
        for fault in self.faults:
            if fault.strikes(call, self.loops.function):
                return fault.strike(call, lambda: self._checked(call, send))
        return self._checked(call, send)

    def _checked(self, call: Call, send: Callable[[], Result]) -> Result:
        match call.service:
            case "dynamodb":
                return self._dynamodb.handle(call, lambda: self._stale(call, send))
            case "sqs":
                sqs_limits.check(call)
                return self.loops.handle(call, lambda: self._meter.handle(call, send))
            case _:
                other_limits.check(call)
        return self._meter.handle(call, send)

    def _stale(self, call: Call, send: Callable[[], Result]) -> Result:
        for replica in self.replicas:
            send = _through(replica, call, send)
        return self._meter.handle(call, send)

    # ------------------------------------------------------------ one line each

    def stale_reads(self, *tables: str, chance: float = 1.0, seed: int = 0, **more: Any) -> Replica:
        """Let eventually consistent reads return the state before the item's last write, or with
        `lag_s` that of so many seconds ago."""
        return self._add_replica(tables=tables, chance=chance, seed=seed, **more)

    def lagging_indexes(
        self, *tables: str, chance: float = 1.0, seed: int = 0, **more: Any
    ) -> Replica:
        """Let queries of indexes return the state before the item's last write, or with `lag_s`
        that of so many seconds ago."""
        return self._add_replica(tables=tables, chance=chance, seed=seed, indexes_only=True, **more)

    def _add_replica(self, **settings: Any) -> Replica:
        region = _REPLICA_REGIONS[len(self.replicas)]
        replica = Replica(self._dynamodb.schemas, region, **settings)
        self.replicas.append(replica)
        return replica

    def partition_throughput(
        self,
        *,
        write: float = 1000,
        read: float = 3000,
        now: Callable[[], float] = time.time,
    ) -> Throughput:
        """Throttle partitions past their units in a second of the clock `now`."""
        throughput = Throughput(self._meter, write=write, read=read, now=now)
        self._meter.listeners.append(throughput)
        return throughput

    def counting(self) -> Units:
        """Count capacity units, calls and bytes from now on."""
        units = Units(self._meter)
        self._meter.listeners.append(units)
        return units

    def slow_calls(self, seconds: float, **which: Any) -> CallFault:
        """Let calls be answered late; see `CallFault` for what `which` may say."""
        return self._add_fault(CallFault("slow", seconds=seconds, **which))

    def hanging_calls(self, **which: Any) -> CallFault:
        """Let calls never be answered nor done."""
        return self._add_fault(CallFault("hang", **which))

    def lost_responses(self, **which: Any) -> CallFault:
        """Let calls be done and the connection break before the response."""
        return self._add_fault(CallFault("lost", **which))

    def refused_calls(
        self, code: str = "ThrottlingException", status: int = 400, **which: Any
    ) -> CallFault:
        """Let AWS refuse calls with an error."""
        return self._add_fault(CallFault("refused", code=code, status=status, **which))

    def _add_fault(self, fault: CallFault) -> CallFault:
        self.faults.append(fault)
        return fault

    def unprocessed_keys(self, *, chance: float, seed: int = 0) -> Unprocessed:
        """Let `BatchGetItem` leave keys unprocessed, each with a chance."""
        unprocessed = Unprocessed(chance, seed)
        self._meter.listeners.append(unprocessed)
        return unprocessed

    # ------------------------------------------------------------ rules of another process

    def _read_rules(self) -> None:
        assert self._rules is not None
        changed = self._rules.stat().st_mtime_ns
        if changed == self._rules_read:
            return
        self._rules_read = changed
        rules = json.loads(self._rules.read_text() or "{}")
        self.faults = [for_this_process(rule) for rule in rules.get("faults", ())]
        for replica in self.replicas:
            replica.stop()
        self.replicas = []
        for settings in rules.get("replicas", ()):
            self._add_replica(**settings)


class SharedLimits:
    """Rules for the worker processes of a test, left in a file that each of them reads.

    Counts and chances are each process's own.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._rules: dict[str, list[dict[str, Any]]] = {"faults": [], "replicas": []}
        self._write()

    def fault(self, kind: str, **which: Any) -> None:
        """Add a rule for calls; see `CallFault`."""
        self._rules["faults"].append({"kind": kind} | which)
        self._write()

    def stale_reads(self, *tables: str, chance: float = 1.0, seed: int = 0, **more: Any) -> None:
        """Let eventually consistent reads return the state before the item's last write. Call it
        before the first worker starts."""
        settings = {"tables": tables, "chance": chance, "seed": seed} | more
        self._rules["replicas"].append(settings)
        self._write()

    def clear(self) -> None:
        """Let calls pass again."""
        self._rules = {"faults": [], "replicas": []}
        self._write()

    def _write(self) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self._rules))
        new.replace(self.file)


class Unprocessed:
    """Leaves keys of `BatchGetItem` unprocessed, as DynamoDB does when a partition is throttled."""

    def __init__(self, chance: float, seed: int) -> None:
        self.left = 0
        self._chance = chance
        self._dice = random.Random(seed)

    def admit(self, call: Call, expected: Any, send: Callable[[], Result]) -> Result:
        if call.operation != "BatchGetItem":
            return send()
        asked, some, left = call.parameters["RequestItems"], {}, []
        for table, each in asked.items():
            kept = [key for key in each["Keys"] if self._dice.random() >= self._chance]
            left += [(table, key) for key in each["Keys"] if key not in kept]
            if kept:
                some[table] = each | {"Keys": kept}
        self.left += len(left)
        if not some:
            table, key = left.pop()
            some[table] = asked[table] | {"Keys": [key]}
        call.parameters = call.parameters | {"RequestItems": some}
        call.rewrite()
        result = send()
        if (parsed := parsed_of(result)) is not None:
            for table, key in left:
                leave_key(asked, parsed, table, key)
        return result

    def note(self, call: Call, uses: Any, result: Result) -> None:
        pass


def _through(replica: Replica, call: Call, send: Callable[[], Result]) -> Callable[[], Result]:
    return lambda: replica.handle(call, send)

"""Runs code that calls DynamoDB in any order of its calls, with deaths and repeated calls.

Actors run in threads of their own, one at a time: each stops before every call until the run lets
it go on. The tables are those of the benchmarks' stand-in for AWS, in memory.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from benchmarks.aws_stub.dynamodb import AwsError, DynamoDb
from benchmarks.aws_stub.tables import Table as StoredTable
from benchmarks.aws_stub.units import Usage
from push.aws.attribute_values import decode_item
from push.aws.table import DynamoDB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from push.aws.table import Table


class Died(BaseException):
    """Stands for the end of a worker: nothing catches it."""


class Database:
    """Tables whose calls go through the run."""

    def __init__(self, names: Sequence[str]) -> None:
        self._dynamodb = DynamoDb(Usage())
        self.gate: Callable[[Callable[[], Any]], Any] = lambda call: call()
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        for name in names:
            schema = [{"AttributeName": key, "KeyType": kind} for key, kind in keys]
            definition = {"TableName": name, "KeySchema": schema}
            self._dynamodb.tables[name] = StoredTable(definition)

    def table(self, name: str) -> Table:
        """Return a table as the functions have it."""
        return DynamoDB(self).table(name)

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out a call, as the wire does."""
        given = dict(parameters)
        return cast("dict[str, Any]", self.gate(lambda: self._call(operation, given)))

    def items(self, name: str) -> list[dict[str, Any]]:
        """Return all items of a table."""
        found = self._dynamodb.call("Scan", {"TableName": name})["Items"]
        return [decode_item(item) for item in found]

    def _call(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._dynamodb.call(operation, given)
        except AwsError as error:
            response: Any = {"Error": {"Code": error.code}, **error.details}
            raise ClientError(response, operation) from None
        return answer | {"ResponseMetadata": {"RetryAttempts": 0}}


class Actor:
    """One piece of code that makes calls.

    Attributes:
        result: what it returned, None before or if it raised an error.
        error: what it raised.
        span: the run's steps at which it started and ended.
    """

    def __init__(self, work: Callable[[], Any]) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self.span = [0, 1 << 30]
        self.is_done = False
        self.go, self.stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.go.acquire()
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001 (also Died)
            self.error = error
        self.is_done = True
        self.stopped.release()

    def start(self) -> None:
        self._thread.start()

    def advance(self) -> None:
        """Let it go on until its next call, or its end."""
        self.go.release()
        self.stopped.acquire()


class Run:
    """One order of calls.

    Args:
        choose: gets the number of alternatives, returns which to take.
        faults: what happens to the n-th call of all: `die before`, `die after`, `repeat`.
        after: is called after every call.
    """

    def __init__(
        self,
        database: Database,
        choose: Callable[[int], int],
        faults: dict[int, str],
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._choose = choose
        self._faults = faults
        self._after = after
        self._current: Actor | None = None
        self.steps = 0

    def execute(self, works: Sequence[Callable[[], Any]]) -> list[Actor]:
        """Run all until each has ended; return the actors."""
        actors = [Actor(work) for work in works]
        for actor in actors:
            actor.start()
        self._database.gate = self._gate
        waiting = list(actors)
        started: set[int] = set()
        while waiting:
            actor = waiting[self._choose(len(waiting)) if len(waiting) > 1 else 0]
            if id(actor) not in started:
                started.add(id(actor))
                actor.span[0] = self.steps
            self._current = actor
            actor.advance()
            self._after()
            if actor.is_done:
                actor.span[1] = self.steps
                waiting.remove(actor)
        self._database.gate = lambda call: call()
        return actors

    def pause(self, _: float) -> None:
        """Stand for `time.sleep`: others go on."""
        if self._current is not None:
            self._stop(self._current)

    def _stop(self, actor: Actor) -> None:
        actor.stopped.release()
        actor.go.acquire()

    def _gate(self, call: Callable[[], Any]) -> Any:
        actor = self._current
        assert actor is not None
        self._stop(actor)
        self.steps += 1
        match self._faults.get(self.steps):
            case "die before":
                raise Died
            case "die after":
                _try(call)
                raise Died
            case "repeat":
                # Carried out, but its response is lost: the SDK sends it again, some time later.
                _try(call)
                self._stop(actor)
                answer = call()
                answer["ResponseMetadata"] = {"RetryAttempts": 1}
                return answer
        return call()


def _try(call: Callable[[], Any]) -> None:
    try:
        call()
    except ClientError:
        return


class Choices:
    """All sequences of choices, one run after another."""

    def __init__(self) -> None:
        self._taken: list[list[int]] = []
        self._at = 0

    def choose(self, alternatives: int) -> int:
        if self._at == len(self._taken):
            self._taken.append([0, alternatives])
        choice = self._taken[self._at]
        choice[1] = alternatives
        self._at += 1
        return choice[0]

    def next(self) -> bool:
        """Go on to the next sequence; return whether there is one."""
        del self._taken[self._at :]
        self._at = 0
        while self._taken and self._taken[-1][0] + 1 >= self._taken[-1][1]:
            self._taken.pop()
        if not self._taken:
            return False
        self._taken[-1][0] += 1
        return True

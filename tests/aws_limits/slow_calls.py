"""Calls that are slow, hang, lose their response or are refused.

A rule strikes calls by service, operation, table or queue and by the function that makes them; all
of them, a number of them, or each with a chance. The client's own time-out holds: a call that takes
longer ends as a read time-out, after having been done.
"""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from tests.aws_limits.calls import AwsError, Call

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tests.aws_limits.calls import Result

Kind = Literal["slow", "hang", "lost", "refused"]


@dataclass
class CallFault:
    """A rule for calls.

    Attributes:
        kind: `slow`: done at once, answered after `seconds`. `hang`: not done, ends as the client's
            read time-out. `lost`: done, then the connection breaks. `refused`: not done, AWS
            answers with `code` and `status`.
        service, operation, resource, function: what it strikes; empty for any. The resource is a
            table's or a queue's name; functions are named like their folder.
        count: how many calls it strikes at most; None for all.
        chance: share of the calls that it strikes.
        sleep: takes the seconds that pass; a test may advance its clock instead.
        struck: how many calls it has struck.
        seen: how many calls it has considered.
    """

    kind: Kind
    service: str = ""
    operation: str = ""
    resource: str = ""
    function: str = ""
    seconds: float = 0.0
    code: str = "ThrottlingException"
    status: int = 400
    count: int | None = None
    chance: float = 1.0
    seed: int = 0
    sleep: Callable[[float], Any] = time.sleep
    on: bool = True
    struck: int = 0
    seen: int = 0
    _dice: random.Random | None = field(default=None, repr=False)

    def strikes(self, call: Call, function: str) -> bool:
        """Return whether the rule applies to a call; counts it."""
        if not self.on or (self.count is not None and self.struck >= self.count):
            return False
        if (
            (self.service and self.service != call.service)
            or (self.operation and self.operation != call.operation)
            or (self.function and self.function != function)
            or (self.resource and self.resource not in (call.queue(), *call.tables()))
        ):
            return False
        self.seen += 1
        if self._dice is None:
            self._dice = random.Random(self.seed)
        if self.chance < 1 and self._dice.random() >= self.chance:
            return False
        self.struck += 1
        return True

    def strike(self, call: Call, send: Callable[[], Result]) -> Result:
        url = call.request.url
        match self.kind:
            case "refused":
                raise AwsError(self.code, "refused by a rule of the test", status=self.status)
            case "lost":
                send()
                raise ConnectionClosedError(endpoint_url=url)
            case "hang":
                self.sleep(read_timeout(call))
                raise ReadTimeoutError(endpoint_url=url)
            case "slow":
                result = send()
                self.sleep(min(self.seconds, read_timeout(call)))
                if self.seconds > read_timeout(call):
                    raise ReadTimeoutError(endpoint_url=url)
                return result

    def stop(self) -> None:
        self.on = False

    def __enter__(self) -> CallFault:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def read_timeout(call: Call) -> float:
    """Return after how many seconds the client gives up waiting for a response."""
    timeout = getattr(call.endpoint.http_session, "_timeout", 60)
    return float(getattr(timeout, "read_timeout", timeout) or 60)


def for_this_process(rule: dict[str, Any]) -> CallFault:
    """Return a rule that was written for several processes: each strikes other calls."""
    return CallFault(**rule | {"seed": rule.get("seed", 0) * 100_003 + os.getpid()})

"""The processes that the measurements share: the stub of AWS, two sinks, and the measured ones."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from benchmarks.aws_stub.control import AwsStub
from benchmarks.lambda_events import environment_of
from benchmarks.processes import MeasuredProcess
from benchmarks.wns_sink.process import WnsSink
from benchmarks.world import CHANNELS, World

if TYPE_CHECKING:
    from types import TracebackType

    from benchmarks.processes import Spent

CALL_S = 0.005
WNS_MS = 50


class Lab:
    """Everything that runs while measuring; leaving it ends all of it.

    Attributes:
        sink: WNS that responds at once.
        slow_sink: WNS that responds after WNS_MS.
    """

    def __init__(self) -> None:
        self._open = ExitStack()
        self._processes: dict[tuple[str, ...], MeasuredProcess] = {}

    def __enter__(self) -> Self:
        self.stub = self._open.enter_context(AwsStub.start())
        self.sink = self._open.enter_context(WnsSink.start())
        self.slow_sink = self._open.enter_context(WnsSink.start(WNS_MS))
        self.world = World(self.stub, CHANNELS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def handler(self, function: str, *, slow: bool = False) -> MeasuredProcess:
        """Return the process of a function; `slow`: in front of the sink that responds late."""
        return self._process("handler", function, slow=slow)

    def plain(self, name: str) -> MeasuredProcess:
        """Return the process of `wns_client`, `libcurl` or `libcurl_status`."""
        return self._process(name, slow=False)

    def _process(self, *arguments: str, slow: bool) -> MeasuredProcess:
        key = (*arguments, str(slow))
        if key not in self._processes:
            sink = self.slow_sink if slow else self.sink
            environment = environment_of("notification_sender", self.stub, sink)
            if arguments[0] == "handler":
                environment = environment_of(arguments[1], self.stub, sink)
            process = MeasuredProcess.of_product(*arguments, environment=environment)
            self._processes[key] = self._open.enter_context(process)
        return self._processes[key]

    def on_slow_aws(self, function: str, events: list[object]) -> Spent:
        """Run a handler while each call of AWS takes CALL_S and WNS WNS_MS."""
        process = self.handler(function, slow=True)
        self.stub.delay(CALL_S)
        try:
            return process.run(events)
        finally:
            self.stub.delay(0)

    def forget(self) -> None:
        """Drop what the handlers have recorded, so that the stub stays small."""
        self.stub.clear("NotificationsTable")
        self.stub.clear("TopicsTable")
        for queue in ("RequestQueue", "BroadcastQueue", "DeliveryQueue", "BulkDeliveryQueue"):
            while self.stub.take(queue, 10_000):
                pass

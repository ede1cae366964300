"""Calls of AWS on threads of their own, for a loop that must never wait for one."""

from __future__ import annotations

import weakref
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from push.errors import AwsUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_LONGEST_CALL_S = 10.0


class _Call(NamedTuple):
    """A call, and who gets its result or error."""

    call: Callable[[], Any]
    then: Callable[[Any], None]
    failed: Callable[[AwsUnavailableError], None] | None


class _Completed(NamedTuple):
    """A call that has a result or has raised an error."""

    call: _Call
    result: Any
    error: BaseException | None


class Background:
    """Runs calls on threads; hands each result over on the thread that asks for it.

    So calls run concurrently, and everything that their results change is changed by one thread.
    Tables (`push.aws.table`) and botocore's clients may be shared between threads.

    Queues and threads only: for a call, a `ThreadPoolExecutor` takes twice the CPU.
    """

    def __init__(self, threads: int) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._completed: SimpleQueue[_Completed] = SimpleQueue()
        self.pending = 0
        """How many calls have a result that is yet to be handed over."""
        self._most = threads
        self._started = 0
        weakref.finalize(self, _end, self._calls, threads)

    def run(
        self,
        call: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[AwsUnavailableError], None] | None = None,
    ) -> None:
        """Run a call on a thread; `complete` passes its result to `then`.

        Args:
            failed: gets the error instead if AWS is unavailable. Without it, `complete` raises that
                as any other.
        """
        self.pending += 1
        if self._started < min(self.pending, self._most):
            self._start_thread()
        self._calls.put(_Call(call, then, failed))

    def complete(self, wait_s: float = 0.0) -> None:
        """Hand over the results that are there; if none is, wait up to `wait_s` seconds for one.

        Raises:
            Exception: what a call has raised.
        """
        is_first = True
        while self.pending:
            try:
                completed = (
                    self._completed.get(timeout=wait_s)
                    if is_first and wait_s > 0
                    else self._completed.get_nowait()
                )
            except Empty:
                return
            is_first = False
            self.pending -= 1
            _hand_over(completed)

    def drop(self) -> None:
        """Wait for all calls and drop their results. Calls end by their clients' time-outs."""
        with suppress(Empty):
            while self.pending:
                self._completed.get(timeout=_LONGEST_CALL_S)
                self.pending -= 1
        self.pending = 0

    def _start_thread(self) -> None:
        name = f"aws_{self._started}"
        self._started += 1
        queues = self._calls, self._completed
        Thread(target=_work, args=queues, name=name, daemon=True).start()


def _work(calls: SimpleQueue[_Call | None], completed: SimpleQueue[_Completed]) -> None:
    """Make calls until there is a None for one."""
    while (call := calls.get()) is not None:
        completed.put(_make(call))
        del call  # and what it refers to, while this waits for the next one


def _make(call: _Call) -> _Completed:
    try:
        return _Completed(call, call.call(), None)
    except BaseException as error:  # noqa: BLE001 - raised where the result is handed over
        return _Completed(call, None, error)


def _end(calls: SimpleQueue[_Call | None], threads: int) -> None:
    for _ in range(threads):
        calls.put(None)


def _hand_over(completed: _Completed) -> None:
    (_, then, failed), result, error = completed
    if error is None:
        then(result)
    elif failed is not None and isinstance(error, AwsUnavailableError):
        failed(error)
    else:
        raise error

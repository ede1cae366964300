"""Calls of AWS on threads of their own, for a loop that must never wait for one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from push.errors import AwsUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

T = TypeVar("T")

_LONGEST_CALL_S = 10.0


class Background:
    """Runs calls on threads; hands each result over on the thread that asks for it.

    So calls run concurrently, and everything that their results change is changed by one thread.
    Tables (`push.aws.table`) and botocore's clients may be shared between threads.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="aws")
        self._completed: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.pending = 0
        """How many calls have a result that is yet to be handed over."""

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

        def hand_over(future: Future[T]) -> None:
            self._completed.put(lambda: _pass_on(future, then, failed))

        self.pending += 1
        self._pool.submit(call).add_done_callback(hand_over)

    def complete(self, wait_s: float = 0.0) -> None:
        """Hand over the results that are there; if none is, wait up to `wait_s` seconds for one.

        Raises:
            Exception: what a call has raised.
        """
        is_first = True
        while self.pending:
            try:
                hand_over = (
                    self._completed.get(timeout=wait_s)
                    if is_first and wait_s > 0
                    else self._completed.get_nowait()
                )
            except Empty:
                return
            is_first = False
            self.pending -= 1
            hand_over()

    def drop(self) -> None:
        """Wait for all calls and drop their results. Calls end by their clients' time-outs."""
        with suppress(Empty):
            while self.pending:
                self._completed.get(timeout=_LONGEST_CALL_S)
                self.pending -= 1
        self.pending = 0


def _pass_on(
    future: Future[T],
    then: Callable[[T], None],
    failed: Callable[[AwsUnavailableError], None] | None,
) -> None:
    try:
        result = future.result()
    except AwsUnavailableError as error:
        if failed is None:
            raise
        failed(error)
    else:
        then(result)

"""Calls in the background: concurrent, handed over on the thread that asks."""

from __future__ import annotations

import threading
import time

import pytest

from push.aws.background import Background

DEADLINE_S = 10.0


def complete_all(background: Background) -> None:
    ends_at = time.monotonic() + DEADLINE_S
    while background.pending:
        assert time.monotonic() < ends_at
        background.complete(0.1)


def test_results_are_handed_over_on_the_thread_that_asks() -> None:
    background, threads = Background(2), []
    background.run(
        threading.current_thread,
        lambda ran_on: threads.append((ran_on, threading.current_thread())),
    )

    complete_all(background)

    ((ran_on, handed_over_on),) = threads
    assert handed_over_on is threading.current_thread()
    assert ran_on is not handed_over_on


def test_slow_call_holds_up_no_other() -> None:
    background, done, release = Background(2), [], threading.Event()
    background.run(lambda: release.wait(DEADLINE_S), lambda _: done.append("slow"))
    background.run(lambda: None, lambda _: done.append("quick"))
    ends_at = time.monotonic() + DEADLINE_S
    while not done:
        assert time.monotonic() < ends_at
        background.complete(0.1)

    assert (done, background.pending) == (["quick"], 1)
    release.set()
    complete_all(background)
    assert done == ["quick", "slow"]


def test_error_of_a_call_is_raised_where_its_result_is_asked_for() -> None:
    background = Background(1)

    def fail() -> None:
        raise LookupError("an item that cannot be read")

    background.run(fail, lambda _: None)
    with pytest.raises(LookupError):
        complete_all(background)
    assert background.pending == 0


def test_complete_does_not_wait_without_a_call() -> None:
    started = time.monotonic()
    Background(1).complete(5.0)
    assert time.monotonic() - started < 1


def test_dropped_results_are_not_handed_over() -> None:
    background = Background(2)
    done: list[None] = []
    for _ in range(3):
        background.run(lambda: time.sleep(0.01), done.append)

    background.drop()

    assert (background.pending, done) == (0, [])


def test_threads_are_started_when_needed_and_end_with_their_owner() -> None:
    background, meeting, threads = Background(2), threading.Barrier(2), set[threading.Thread]()

    def meet() -> threading.Thread:
        meeting.wait(DEADLINE_S)
        return threading.current_thread()

    background.run(threading.current_thread, threads.add)
    complete_all(background)
    assert len(threads) == 1
    for _ in range(4):
        background.run(meet, threads.add)
    complete_all(background)
    assert len(threads) == 2

    del background
    for each in threads:
        each.join(DEADLINE_S)
    assert not any(each.is_alive() for each in threads)

"""Work in processes of its own: what becomes of one of them is its own answer."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from netdsl.ir.dump import Json
from netdsl.testing.bounded import Bounds, Ended, Work, answers

BOUNDS = Bounds(processor=2, memory=2**30, patience=60.0)


def one(work: Work, bounds: Bounds = BOUNDS) -> object:
    (answer,) = answers([work], bounds, 1)
    return answer


def says(value: Json) -> Work:
    return lambda _lift: value


def test_answers_come_in_the_order_of_the_works() -> None:
    works = [says(number) for number in range(20)]
    assert list(answers(works, BOUNDS, 3)) == list(range(20))


def test_a_large_answer_is_whole() -> None:
    assert one(says("x" * 3_000_000)) == "x" * 3_000_000


@pytest.mark.slow
def test_an_endless_computation_ends_by_its_processor_time() -> None:
    def work(_lift: Callable[[], None]) -> Json:
        while True:
            pass

    assert one(work, Bounds(1, 2**30, 60.0)) == Ended("took more than 1 s of processor time")


def test_what_takes_all_memory_says_so() -> None:
    def work(_lift: Callable[[], None]) -> Json:
        taken: list[bytearray] = []
        while True:
            taken.append(bytearray(2**20))

    assert one(work, Bounds(20, 2**30, 60.0)) == Ended("needs more than 1024 MiB of memory")


def test_what_waits_for_ever_is_killed_though_it_ignores_the_interrupt() -> None:
    def work(_lift: Callable[[], None]) -> Json:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pause()
        return None

    assert one(work, Bounds(60, 2**30, 0.2, 0.2)) == Ended("took longer than 0.2 s")


def test_a_crash_and_an_error_are_answers() -> None:
    def crash(_lift: Callable[[], None]) -> Json:
        os.kill(os.getpid(), signal.SIGUSR1)
        return None

    def error(_lift: Callable[[], None]) -> Json:
        raise RuntimeError("x" * 1000)

    def leave(_lift: Callable[[], None]) -> Json:
        os._exit(0)

    found = list(answers([crash, error, leave, says(7)], BOUNDS, 2))
    assert found == [
        Ended("the process was ended by signal 10 (User defined signal 1)"),
        Ended(f"internal error: RuntimeError: {'x' * 200}"),
        Ended("the process ended without an answer"),
        7,
    ]


@pytest.mark.slow
def test_limits_are_lifted_for_what_is_no_computation() -> None:
    def work(lift: Callable[[], None]) -> Json:
        lift()
        return len(bytearray(2**30))

    assert one(work) == 2**30


def test_a_work_is_made_when_a_process_is_free_for_it() -> None:
    made: list[int] = []

    def works() -> Iterator[Work]:
        for number in range(10):
            made.append(number)
            yield says(number)

    found = answers(works(), BOUNDS, 2)
    assert next(found) == 0
    assert len(made) <= 5
    assert list(found) == list(range(1, 10))


def test_no_process_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    fork, made = os.fork, list[int]()

    def noted() -> int:
        pid = fork()
        made.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", noted)

    def work(_lift: Callable[[], None]) -> Json:
        signal.pause()
        return None

    found = answers([says(1), work, work], BOUNDS, 3)
    assert next(found) == 1
    found.close()
    assert len(made) == 3
    for pid in made:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def test_an_interrupt_before_the_work_begins_ends_the_process_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    fork = os.fork

    def interrupted() -> int:
        pid = fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGINT)
        return pid

    monkeypatch.setattr(os, "fork", interrupted)
    assert one(says(1)) == Ended("the process ended without an answer")

"""Whom a stop ends: what was started since, and nobody else; and who does not want to hear of it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from netdsl.measuring import stopping
from netdsl.measuring.stopping import children, end_children, stoppable
from netdsl.testing.pace import Pace


@contextmanager
def _sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "300"]) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(autouse=True)
def without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_has_terminal", lambda: False)


@pytest.mark.parametrize("rows", ["_rows_of_proc", pytest.param("_rows_of_ps", marks=pytest.mark.live)])
def test_children_are_those_that_have_not_ended(monkeypatch: pytest.MonkeyPatch, rows: str) -> None:
    if rows == "_rows_of_ps":
        monkeypatch.setattr(stopping, "_PROC", Path("/nowhere"))
    before = set(children())
    with _sleeper() as one:
        assert set(children()) - before == {one.pid}
        one.kill()
        os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOWAIT)
        assert set(children()) == before, "a zombie is no child any more"


def test_a_program_that_was_there_before_is_left_alone() -> None:
    with _sleeper() as before, stoppable() as stop, _sleeper() as since:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        assert since.wait(30) == -signal.SIGINT
        end_children(Pace(), 1.0, stop.others)
        assert before.poll() is None


def test_what_does_not_hear_is_ended() -> None:
    with _sleeper() as before, stoppable() as stop, _sleeper() as deaf:
        assert before.pid in stop.others
        ticks = iter(range(0, 10_000, 5))
        end_children(Pace(now=lambda: float(next(ticks)), sleep=lambda _: None), 1.0, stop.others)
        assert deaf.wait(30) == -signal.SIGTERM
        assert before.poll() is None


def test_with_nohup_the_end_of_the_terminal_stops_nothing() -> None:
    handler = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable() as stop:
            signal.raise_signal(signal.SIGHUP)
        assert not stop.is_asked
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, handler)

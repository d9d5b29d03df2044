"""One question to many nodes, and a Ctrl-C meanwhile."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from netdsl.runtime.output import output_of
from netdsl.runtime.together import together


def test_answers_come_in_the_order_of_the_items() -> None:
    gate = threading.Event()

    def call(item: int) -> int:
        if item == 1:
            gate.set()
        else:
            gate.wait(60)
        return 2 * item

    assert together(call, (0, 1, 2), 2) == [0, 2, 4]
    assert together(call, (), 2) == []


def test_all_are_called_before_an_error_is_raised() -> None:
    called = []

    def call(item: int) -> None:
        called.append(item)
        if item == 0:
            raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        together(call, range(5), 1)
    assert called == [0, 1, 2, 3, 4]


def test_an_interrupt_ends_commands_that_run_and_begins_no_more(tmp_path: Path) -> None:
    begun, main = tmp_path / "begun", threading.main_thread().ident
    called, answers = [], []
    assert main is not None

    def call(item: int) -> None:
        called.append(item)
        if item == 0:
            answers.append(output_of(("sh", "-c", f"echo $$ >'{begun}'; exec sleep 600"), timeout=600))
            return
        while not begun.exists() or not begun.read_text().strip():
            time.sleep(0.01)
        signal.pthread_kill(main, signal.SIGINT)
        output_of(("sleep", "600"), timeout=600)

    with pytest.raises(KeyboardInterrupt):
        together(call, range(4), 2)
    assert called == [0, 1]
    assert [answer.status for answer in answers] == [-signal.SIGKILL]
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)

"""What is being measured, for who waits: one live line on a terminal, a line for each step in a pipe."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from netdsl.cli.console import is_live, live_line, note
from netdsl.measuring.job import Said, Step, Watch

if TYPE_CHECKING:
    from rich.progress import Progress


@contextmanager
def watching() -> Iterator[Watch]:
    """Shows each event while the block runs; on a terminal nothing of it stays."""
    if not is_live():
        yield _Lines()
        return
    with live_line() as progress:
        yield _Live(progress)


class _Lines:
    """For files and CI: steps alone, when they begin."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, event: Step | Said) -> None:
        if isinstance(event, Step):
            passed = clock_text(time.monotonic() - self._began)
            left = _left(event.rest)
            note(f"[{passed}] {head_of(event)}{f' ({left})' if left else ''}")


class _Live:
    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._task = progress.add_task("…", total=None, left="")
        self._step = ""

    def __call__(self, event: Step | Said) -> None:
        if isinstance(event, Step):
            self._step = head_of(event)
            self._progress.update(self._task, description=self._step, left=_left(event.rest))
        else:
            self._progress.update(self._task, description=f"{self._step} · {' '.join(event.text.split())}")


def head_of(step: Step) -> str:
    return f"{step.target}, round {step.round} of {step.rounds}: {step.name}"


def _left(seconds: float | None) -> str:
    """Nothing where it is not known, or takes longer than was thought."""
    return f"about {clock_text(seconds)} left" if seconds else ""


def clock_text(seconds: float) -> str:
    """`0:07`, `12:40`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

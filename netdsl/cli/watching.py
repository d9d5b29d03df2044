"""Waiting for a lab's files to be saved."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from netdsl.disk.named import Stamp

Stamps = Mapping[Path, Stamp | None]


def wait_for_save(known: Stamps, look: Callable[[Iterable[Path]], Stamps], pause: Callable[[], None]) -> Stamps:
    """Until one of the files is another than `known`, and two looks in a row find the same: editors write a file in several
    steps, or replace it. What the last look found."""
    while look(known) == known:
        pause()
    now = look(known)
    while True:
        pause()
        before, now = now, look(known)
        if now == before:
            return now

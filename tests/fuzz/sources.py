"""A source through the whole of `compile`, bounded in time, and many mutated ones."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from netdsl.credentials import authority
from tests.compiling import Outcome, compiled_text
from tests.fuzz.mutation import SITE, Mutator, corpus
from tests.fuzz.slices import Found, Trouble
from tests.outputs import read_all

LONGEST = 30.0
"""Seconds of a processor for one case, however busy the machine is; the slowest known takes 6 (loops up to their limit)."""


class Hang(Exception):
    """A case took too long."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raises Hang where the body works longer, in seconds of a processor, or waits twenty times as long."""

    def stop(_: int, __: FrameType | None) -> None:
        raise Hang(f"more than {seconds} s")

    kinds = ((signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, 20 * seconds))
    before = [signal.signal(number, stop) for number, _, _ in kinds]
    for _, timer, limit in kinds:
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(kinds, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def make_keys_once() -> None:
    """Each algorithm's first key serves for all certificates: making them is most of the time, and not what is fuzzed."""
    for name, make in list(authority._KEYS.items()):
        authority._KEYS[name] = cache(make)


def tried(text: str) -> Outcome:
    """The lab through the whole of `compile`; what comes out is read back."""
    with TemporaryDirectory() as folder, bounded(LONGEST):
        outcome = compiled_text(text, Path(folder) / "credentials", files={"site.net": SITE})
        if outcome.files is not None:
            read_all(outcome.files)
            machines = compiled_text(text, Path(folder) / "others", files={"site.net": SITE}, target="vagrant")
            read_all(machines.files or {})
    return outcome


def mutated_sources(seed: int, count: int, _: Path) -> Found:
    """So many sources of a seed, `used` those past the parser, `done` those compiled."""
    mutator = Mutator(corpus(), seed)
    troubles, used, done = [], 0, 0
    for number in range(count):
        text = mutator.draw()
        try:
            outcome = tried(text)
        except Exception as error:
            troubles.append(Trouble(number, f"{type(error).__name__}: {error}", text))
            continue
        used += outcome.is_read
        done += outcome.files is not None
    return Found(count, used, done, tuple(troubles))

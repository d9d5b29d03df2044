"""A slice of a fuzzer's cases: those of one seed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong in a case, and what shows it: the source, or what was done."""

    case: int
    what: str
    shown: str


@dataclass(frozen=True, slots=True)
class Found:
    """Of a slice: its cases, how many were used and how many were done to the end, and the troubles."""

    cases: int
    used: int
    done: int
    troubles: tuple[Trouble, ...]


Slice = Callable[[int, int, Path], Found]
"""The cases of a seed, their number, an empty folder for them."""

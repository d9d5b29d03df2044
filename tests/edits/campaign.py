"""A lab brought through edit after edit by `netdsl up`, and after each compared with one that is brought up anew."""

import difflib
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.edits.generate import Step
from tests.edits.grounds import Ground

_SETTLES = 60.0  # seconds for what comes and goes by itself: a peer that started anew, a tunnel that is made again
_RESTS = 8.0  # seconds in which nothing of that changes
_LOOKS = 0.5  # seconds between looks
_LEAST = 6  # looks, which last on a busy machine: a process is another one between its fork and its exec


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one edit. `differences`: what the edited lab has otherwise than the fresh one; `left_out`: why the two were not
    compared; `kept`: how many nodes ran on, `of` how many; `seconds` of both `up`, and of looking."""

    step: Step
    differences: tuple[str, ...] = ()
    left_out: str = ""
    kept: int = 0
    of: int = 0
    seconds: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(slots=True)
class Campaign:
    """`folder`: where both labs lie, and what is kept; `make` a ground of a folder and a project."""

    folder: Path
    make: Callable[[Path, str], Ground]
    edited: Ground = field(init=False)
    running: Step | None = None

    def __post_init__(self) -> None:
        self.edited = self._ground("edited")

    def _ground(self, name: str) -> Ground:
        mark = hashlib.sha256(os.fsencode(self.folder.resolve())).hexdigest()[:6]
        return self.make(self.folder / name, f"edits-{mark}-{name}")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One at a time in a folder. What a killed one has left is taken away before, and all of it afterwards."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._take_away()
            try:
                yield
            finally:
                self._take_away()

    def _take_away(self) -> None:
        for name in ("edited", "fresh"):
            ground = self._ground(name)
            done = ground.down()
            assert done.returncode == 0, done.stderr
            ground.forget()
        self.edited, self.running = self._ground("edited"), None

    def run(self, before: Step | None, step: Step) -> Outcome:
        """`before`: what is brought up first, where nothing runs. What runs may be what could not come up."""
        if before is not None and self.running is None:
            self.edited.up(before)
        old = self.edited.nodes() if before is not None else {}
        began = time.monotonic()
        done = self.edited.up(step)
        edited_seconds = time.monotonic() - began
        self.running = step
        fresh = self._ground("fresh")
        try:
            began = time.monotonic()
            anew = fresh.up(step)
            seconds = (edited_seconds, time.monotonic() - began, 0.0)
            faults = [line for line in (done.stderr + anew.stderr).splitlines() if "internal error" in line]
            if faults:
                return Outcome(step, tuple(faults), seconds=seconds)
            if anew.returncode != 0 and done.returncode == anew.returncode:
                return Outcome(step, left_out=anew.stderr[-600:], seconds=seconds)
            if done.returncode != anew.returncode:
                both = f"`up` ends with {done.returncode}, a fresh one with {anew.returncode}"
                return Outcome(step, (both, *done.stderr[-1500:].splitlines()), seconds=seconds)
            began = time.monotonic()
            differences = self._settled(fresh)
            seconds = (*seconds[:2], time.monotonic() - began)
        finally:
            down = fresh.down()
            fresh.forget()
        if down.returncode:
            differences = (*differences, f"`down` of the fresh lab ends with {down.returncode}: {down.stderr[-500:]}")
        new = self.edited.nodes()
        kept = sum(new.get(name) == identity for name, identity in old.items())
        return Outcome(step, differences, kept=kept, of=len(new), seconds=seconds)

    def _settled(self, fresh: Ground) -> tuple[str, ...]:
        """The differences, once there are none, or they stay. Nodes that were alike once are not asked again."""
        patience = fresh.machine.patience
        began = since = time.monotonic()
        found = differences(self.edited, fresh)
        looks = 1
        while found and (
            looks < _LEAST or time.monotonic() < min(since + _RESTS * patience, began + _SETTLES * patience)
        ):
            time.sleep(_LOOKS)
            again = differences(self.edited, fresh, found)
            looks += 1
            if again != found:
                found, since = again, time.monotonic()
        return tuple(f"{place}: {line}" for place, lines in found.items() for line in lines)


_OUTSIDE = "outside"


def differences(edited: Ground, fresh: Ground, asked: Collection[str] | None = None) -> dict[str, tuple[str, ...]]:
    """By node, and `outside` of them. `asked`: of these alone."""
    one, two = edited.insides(asked), fresh.insides(asked)
    found: dict[str, tuple[str, ...]] = {}
    for node in sorted({*one, *two}):
        if node not in two:
            found[node] = ("is there, and not in a fresh lab",)
        elif node not in one:
            found[node] = ("is missing",)
        else:
            found[node] = tuple(one[node].differences(two[node]))
    if asked is None or _OUTSIDE in asked:
        found[_OUTSIDE] = tuple(edited.outside().differences(fresh.outside()))
    return {place: lines for place, lines in found.items() if lines}


@dataclass(slots=True)
class Kept:
    """Which edits of a sequence were found right, in a file; what was not, in a folder each."""

    folder: Path
    known: dict[str, dict[str, object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self._file.exists():
            self.known = json.loads(self._file.read_text())

    @property
    def _file(self) -> Path:
        return self.folder / "done.json"

    def can_be(self, before: Step | None, step: Step) -> bool | None:
        """Of an edit that was made: whether a fresh lab came up; None: it is not known."""
        found = self.known.get(key(before, step))
        return None if found is None else not found["left out"]

    def add(self, before: Step | None, outcome: Outcome) -> None:
        if outcome.differences:
            self._tell(before, outcome)
            return
        record = {"what": outcome.step.what, "kept": outcome.kept, "of": outcome.of, "left out": outcome.left_out}
        self.known[key(before, outcome.step)] = record
        self._file.write_text(json.dumps(self.known, indent=0))

    def _tell(self, before: Step | None, outcome: Outcome) -> None:
        """Both sources, how they differ, and what is otherwise then."""
        step = outcome.step
        folder = self.folder / f"wrong-{step.number}"
        shutil.rmtree(folder, ignore_errors=True)
        step.write(folder / "after")
        text = "" if before is None else before.text
        if before is not None:
            before.write(folder / "before")
        changed = difflib.unified_diff(text.splitlines(), step.text.splitlines(), "before", "after", lineterm="", n=0)
        lines = (step.what, "", *changed, "", *outcome.differences)
        (folder / "told.txt").write_text("".join(f"{line}\n" for line in lines))


def key(before: Step | None, step: Step) -> str:
    """Of an edit: both sources."""
    both = json.dumps([None if one is None else (one.text, sorted(one.files.items())) for one in (before, step)])
    return hashlib.sha256(both.encode()).hexdigest()[:20]

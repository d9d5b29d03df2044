"""Many labs, some side by side: bounded in number and time, gone on with where it stopped, and nothing left behind."""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from netdsl.codegen.manifest import MANIFEST
from tests.differential.generate import generate
from tests.differential.kept import read, write
from tests.differential.observing import Observation, observe
from tests.differential.running import Ground, InContainers
from tests.live.machine import HERE


@dataclass(frozen=True, slots=True)
class Campaign:
    """Observations are kept in `folder`/seen; a lab that is up lies in `folder`/up. `source`: the lab of a number;
    `ground`: what it is brought up on; `patience`: how many times slower the nodes are than those of containers on a
    machine that does nothing else; `earlier`: observations of other days by their seeds."""

    folder: Path
    source: Callable[[int], str] = generate
    ground: Ground = InContainers
    patience: int = 1
    earlier: dict[int, Observation] = field(default_factory=dict)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One at a time in a folder; what a killed one left up is taken away. Raises BlockingIOError."""
        (self.folder / "up").mkdir(parents=True, exist_ok=True)
        (self.folder / "seen").mkdir(exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in (self.folder / "up").iterdir():
                if (left / self.ground.target / MANIFEST).is_file():
                    self.ground(left / self.ground.target, self._project(int(left.name)), HERE).take_away()
                shutil.rmtree(left)
            yield

    def known(self, seed: int) -> Observation | None:
        """What the lab that this seed gives now did, if it was asked already."""
        found = read(self.folder / f"seen/{seed}.json") or self.earlier.get(seed)
        return found if found is not None and not found.failure and found.source == self.source(seed) else None

    def run(self, seeds: Iterable[int], *, side_by_side: int, seconds: float) -> Iterator[Observation]:
        """The seeds' observations, those known already first; what is not begun within `seconds` is left out."""
        until = time.monotonic() + seconds
        stop = Event()
        asked: list[Future[Observation | None]] = []

        def one(seed: int) -> Observation | None:
            return None if stop.is_set() or time.monotonic() > until else self._observe(seed)

        with ThreadPoolExecutor(side_by_side) as pool:
            try:
                for seed in seeds:
                    known = self.known(seed)
                    if known is None:
                        asked.append(pool.submit(one, seed))
                    else:
                        yield known
                for done in asked:
                    observation = done.result()
                    if observation is not None:
                        yield observation
            finally:
                stop.set()

    def _observe(self, seed: int) -> Observation:
        source = self.source(seed)
        folder = self.folder / f"up/{seed}"
        observation = observe(seed, source, folder, self._project(seed), self.ground, self.patience)
        write(observation, self.folder / f"seen/{seed}.json")
        shutil.rmtree(folder)
        return observation

    def _project(self, seed: int) -> str:
        """Of this folder alone: two campaigns may share an engine."""
        return f"fuzz-{hashlib.sha256(os.fsencode(self.folder.resolve())).hexdigest()[:6]}-{seed}"

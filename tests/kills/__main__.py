"""`make fuzz-kill RUNS=500 SEED=1 MINUTES=60`: verbs killed at random moments, three of five of them `compile`, the others
on the engine.

It goes on where it stopped: a run in which nothing is wrong is not repeated. Exit status 1 where anything is.
"""

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.options import options_of
from tests.fuzz.sources import make_keys_once
from tests.kills.compiling import Compiling
from tests.kills.running import Running

Killed = Callable[[int], tuple[str, list[str]] | None]


def main() -> int:
    parser = options_of("fuzz-kill", "runs", __doc__, count=500)
    parser.add_argument("--without-engine", action="store_true", help="only compilations")
    options = parser.parse_args()
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    make_keys_once()
    until = time.monotonic() + 60 * options.minutes
    seeds = range(1000 * options.seed, 1000 * options.seed + options.runs)
    work = folder.resolve() / "work"
    shutil.rmtree(work / "compiling", ignore_errors=True)
    (work / "compiling").mkdir(parents=True)
    compiling = Compiling(work / "compiling")
    running = Running(work / "running", f"kills-{hashlib.sha256(os.fsencode(work)).hexdigest()[:6]}")
    done = _Done(folder / "done.txt", until)
    try:
        for seed in seeds:
            if seed % 5 < 3:
                done.run(seed, compiling.killed)
        left = [seed for seed in seeds if seed % 5 >= 3 and not done.is_known(seed)]
        if left and time.monotonic() < until and not options.without_engine:
            running.begin()
            for seed in left:
                done.run(seed, running.killed)
    finally:
        if running.has_begun:
            running.end()
    count = sum(done.is_known(seed) for seed in seeds)
    sys.stdout.write(f"{count} of {len(seeds)} runs are as they have to be; {done.wrong} are not\n")
    return 1 if done.wrong else 0


class _Done:
    """Runs in which nothing was wrong, kept in a file: a line for each."""

    def __init__(self, file: Path, until: float) -> None:
        self.file, self.until, self.wrong = file, until, 0
        self.known = {int(line.split()[0]) for line in file.read_text().splitlines()} if file.exists() else set()

    def is_known(self, seed: int) -> bool:
        return seed in self.known

    def run(self, seed: int, killed: Killed) -> None:
        """Unless it is known, or too late. Where the verb had ended before it is another moment's turn."""
        if seed in self.known or time.monotonic() > self.until:
            return
        found = next((one for attempt in range(5) if (one := killed(seed + 1_000_000 * attempt)) is not None), None)
        if found is None:
            return
        shown, troubles = found
        sys.stdout.write(f"seed {seed}: {shown}\n")
        for trouble in troubles:
            sys.stdout.write(f"  {trouble}\n")
        sys.stdout.flush()
        if troubles:
            self.wrong += 1
            return
        self.known.add(seed)
        with self.file.open("a") as kept:
            kept.write(f"{seed} {shown}\n")


if __name__ == "__main__":
    sys.exit(main())

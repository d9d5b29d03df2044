"""`make fuzz CASES=200000 SEED=1 MINUTES=60`: mutated sources and planted files, more of them than the tests take.

It goes on where it stopped: a slice in which nothing was found is not run again, one with a trouble is. Exit status 1
where there is any.
"""

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.folders import planted_files
from tests.fuzz.options import options_of
from tests.fuzz.slices import Found, Slice
from tests.fuzz.sources import make_keys_once, mutated_sources
from tests.fuzz.verbs import disturbed_verbs

SLICES: dict[str, Slice] = {"sources": mutated_sources, "files": planted_files, "verbs": disturbed_verbs}
_CASES = 500  # in a slice
_FIRST = 1000
"""The seeds of the tests are below."""


def main() -> int:
    options = options_of("fuzz", "cases", __doc__, count=200_000).parse_args()
    os.nice(10)
    make_keys_once()
    kept: Path = options.folder
    kept.mkdir(parents=True, exist_ok=True)
    names = tuple(SLICES)
    until = time.monotonic() + 60 * options.minutes
    total, troubles = dict.fromkeys(names, 0), 0
    for number in range(-(-options.cases // _CASES)):
        name = names[number % len(names)]
        seed = _FIRST * options.seed + number // len(names)
        found = _known(kept, name, seed)
        if found is None:
            if time.monotonic() > until:
                break
            found = _run(kept, name, seed)
        total[name] += found.cases
        troubles += len(found.troubles)
    counts = ", ".join(f"{count} {name}" for name, count in total.items())
    sys.stdout.write(f"{counts}: {troubles} troubles; {kept} has them\n")
    return 1 if troubles else 0


def _known(kept: Path, name: str, seed: int) -> Found | None:
    """A slice that was run, and in which nothing was found."""
    path = kept / f"{name}-{seed}.json"
    if not path.exists():
        return None
    found = json.loads(path.read_text())
    return None if found["troubles"] else Found(**found | {"troubles": ()})


def _run(kept: Path, name: str, seed: int) -> Found:
    with TemporaryDirectory() as folder:
        found = SLICES[name](seed, _CASES, Path(folder))
    part = kept / f".{name}-{seed}"
    part.write_text(json.dumps(asdict(found), indent=1))
    part.rename(kept / f"{name}-{seed}.json")
    sys.stdout.write(f"{name}, seed {seed}: {found.cases} cases, {found.used} used, {len(found.troubles)} troubles\n")
    for trouble in found.troubles[:5]:
        sys.stdout.write(f"  case {trouble.case}: {trouble.what[:300]}\n")
    sys.stdout.flush()
    return found


if __name__ == "__main__":
    sys.exit(main())

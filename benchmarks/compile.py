"""How fast netdsl compiles: user CPU, peak memory, files and bytes, from 10 to 10,000 nodes.

usage: benchmarks/compile.py [--nodes N,N,...] [--family explicit,loops,auto] [--repeat N] [--netdsl PROGRAM]

Each figure is the median of whole processes in fresh folders. `ms/node` is the user CPU of each node more than in the
family's first lab (so without what every start costs), `ratio` that against the lab before (from 1,000 nodes on): 1 is
linear. Python's compiled modules and netdsl's parse tables are kept in a folder of this run's own, made by a first run that
is not counted: an installed netdsl is measured, wherever this runs.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from labs import FAMILIES

SIZES = (10, 100, 1000, 10_000)
_LARGE = 1000  # nodes; in less the start outweighs them, and a ratio says nothing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", default=",".join(map(str, SIZES)))
    parser.add_argument("--family", default=",".join(FAMILIES))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--netdsl", type=Path, default=Path(sys.executable).with_name("netdsl"), metavar="PROGRAM")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as caches:
        _report(asked, Netdsl(asked.netdsl, _environment(Path(caches))))


def _environment(caches: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(caches / "python"), "XDG_CACHE_HOME": str(caches)}


def _report(asked: argparse.Namespace, netdsl: "Netdsl") -> None:
    lab = Path(__file__).parent.parent / "examples" / "site-to-site" / "lab.net"
    netdsl.compile(lab)
    runs = [netdsl.run(["--help"]) for _ in range(asked.repeat)]
    print(f"{'netdsl --help':20}{statistics.median(run.total for run in runs):8.3f} s user and system")
    alone = [netdsl.compile(lab) for _ in range(asked.repeat)]
    print(f"{'site-to-site':20}{statistics.median(run.used.user for run in alone):8.3f} s user")
    _report_start(asked, netdsl)
    heads = (
        f"{'family':10}{'nodes':>8}{'user s':>9}{'sys s':>8}{'MiB':>7}{'files':>8}{'KiB':>9}{'ms/node':>9}{'ratio':>9}"
    )
    print(heads, flush=True)
    for family in asked.family.split(","):
        first: tuple[int, float] | None = None
        before: float | None = None
        for nodes in map(int, asked.nodes.split(",")):
            user = _measure(netdsl, family, nodes, asked.repeat)
            each = (user - first[1]) / (nodes - first[0]) * 1000 if first is not None else None
            print(_column(each) + _column(each / before if each and before else None), flush=True)
            first, before = first or (nodes, user), (each if nodes >= _LARGE else None)


def _report_start(asked: argparse.Namespace, netdsl: "Netdsl") -> None:
    """A small lab's check beside an interpreter that does nothing, in turn: the ratio is of one machine in one state."""
    lab = Path(__file__).parent.parent / "examples" / "dmz" / "lab.net"
    netdsl.run(["check", str(lab)])
    empty = Netdsl(Path(sys.executable), netdsl.environment)
    pairs = [(netdsl.run(["check", str(lab)]), empty.run(["-c", "pass"])) for _ in range(max(asked.repeat, 15))]
    ratio = statistics.median(checked.total / nothing.total for checked, nothing in pairs)
    user = statistics.median(checked.user for checked, _ in pairs)
    print(f"{'check dmz':20}{user:8.3f} s user, {ratio:.1f} times an empty Python")


def _column(figure: float | None) -> str:
    return f"{figure:9.2f}" if figure is not None else f"{'-':>9}"


def _measure(netdsl: "Netdsl", family: str, nodes: int, repeat: int) -> float:
    """Print the absolute figures of a line; user seconds."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder) / "lab.net"
        lab.write_text(FAMILIES[family](nodes))
        runs = [netdsl.compile(lab) for _ in range(repeat)]
    user = statistics.median(run.used.user for run in runs)
    system = statistics.median(run.used.system for run in runs)
    memory = statistics.median(run.used.memory for run in runs)
    output = f"{runs[0].files:8}{runs[0].size / 1024:9.0f}"
    print(f"{family:10}{nodes:8}{user:9.2f}{system:8.2f}{memory:7.0f}{output}", end="", flush=True)
    return user


class Used(NamedTuple):
    """User and system seconds, and the peak in MiB, of one process."""

    user: float
    system: float
    memory: float

    @property
    def total(self) -> float:
        return self.user + self.system


class Compilation(NamedTuple):
    """What a compilation used and wrote (files and bytes)."""

    used: Used
    files: int
    size: int


class Netdsl(NamedTuple):
    """The program that is measured."""

    program: Path
    environment: dict[str, str]

    def compile(self, lab: Path) -> Compilation:
        with tempfile.TemporaryDirectory() as folder:
            used = self.run(["compile", str(lab.resolve())], folder)
            sizes = [path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()]
            return Compilation(used, len(sizes), sum(sizes))

    def run(self, words: list[str], folder: str | None = None) -> Used:
        command = [self.program, *words]
        process = subprocess.Popen(
            command, cwd=folder, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"netdsl {' '.join(words)}: {said.decode()}")
        return Used(used.ru_utime, used.ru_stime, used.ru_maxrss / 1024)


if __name__ == "__main__":
    main()

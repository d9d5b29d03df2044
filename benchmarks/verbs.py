"""What netdsl's verbs take of a running lab beside what the engine takes for the same, by turns within one run.

usage: benchmarks/verbs.py [--nodes 9,50] [--runs N] [--netdsl PROGRAM]

A line for each verb: seconds of netdsl, seconds of the engine's own commands for the same folder (`parents.sh up && docker
compose up --wait`, `docker exec`, `docker compose down && parents.sh down`), their ratio, what netdsl takes beside; then
processor seconds of both sides' own processes, without the engine's. The least of the runs: other work only adds to a time.
Compare ratios and differences, seconds are this machine's. `load` is the load of one minute of the machine, which should do
nothing else. Nine nodes are examples/site-to-site, others `sites` of labs.py. The image is there from a first boot that is
not counted. The lab is compiled before, as the engine's commands need it: that is measured beside. Needs what `make ground`
starts.
"""

import argparse
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labs import sites

from netdsl.codegen.registry import meter_of
from netdsl.library import check_file, paper
from netdsl.runtime.driver import Deployment

ROOT = Path(__file__).parent.parent
PROJECT = "netdsl-verbs"


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds until a command has ended, and processor seconds of its processes."""

    wall: float
    cpu: float


@dataclass(slots=True)
class Bench:
    """A lab in a folder of its own. `seconds`: by verb, of netdsl and of the engine."""

    folder: Path
    program: str
    seconds: dict[str, tuple[list[Took], list[Took]]] = field(default_factory=dict)

    @property
    def compiled(self) -> Path:
        return self.folder / "build" / "compose"

    def netdsl(self, *words: str) -> Took:
        return _timed([self.program, *words], self.folder)

    def up(self) -> Took:
        return self.netdsl("up", "build/compose", "--project", PROJECT)

    def compile(self) -> Took:
        return self.netdsl("compile", "lab.net", "-o", "build/compose", "--closed", "--project", PROJECT)

    def down(self) -> Took:
        return self.netdsl("down", "build/compose", "--project", PROJECT)

    def engine(self, script: str) -> Took:
        return _timed(["sh", "-c", script], self.compiled)

    def engine_up(self) -> Took:
        return self.engine(f"./parents.sh up && docker compose -p {PROJECT} up --detach --wait")

    def engine_down(self) -> Took:
        return self.engine(f"docker compose -p {PROJECT} down --timeout 5 --volumes && ./parents.sh down")

    def turn(self, verb: str, own: Callable[[], Took], engine: Callable[[], Took]) -> None:
        ours, theirs = self.seconds.setdefault(verb, ([], []))
        ours.append(own())
        theirs.append(engine())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", default="9,50")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--netdsl", default=str(Path(sys.executable).parent / "netdsl"))
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # takes the lab down, as Ctrl-C does
    os.environ["COMPOSE_PROJECT_NAME"] = PROJECT  # for parents.sh
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed netdsl is compiled
    heads = (
        f"{'nodes':>5} {'verb':8}{'netdsl s':>9}{'engine s':>9}{'ratio':>7}{'beside':>8}{'cpu':>7}{'cpu':>7}{'load':>6}"
    )
    print(heads)
    for nodes in map(int, asked.nodes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            for line in _measured(Path(folder), nodes, asked.runs, asked.netdsl):
                print(line, flush=True)


def _measured(folder: Path, nodes: int, runs: int, program: str) -> Iterator[str]:
    text = (ROOT / "examples/site-to-site/lab.net").read_text() if nodes == 9 else sites(nodes)
    (folder / "lab.net").write_text(text)
    lab = check_file(folder / "lab.net").lab
    assert lab is not None, "it has no errors"
    first = lab.nodes[-1].host_name
    bench = Bench(folder, program)
    compiled = [bench.compile() for _ in range(max(runs, 2))]
    with _taken_down(bench):
        bench.up()
    memory = []
    for _ in range(runs):
        with _taken_down(bench):
            bench.turn("up", bench.up, lambda: bench.engine_down() and bench.engine_up())
            usage = meter_of("compose").usage(Deployment(bench.compiled, PROJECT))
            memory.append(usage.helpers + sum(node.pss or 0 for node in usage.nodes))
            bench.turn(
                "exec",
                lambda: bench.netdsl("exec", "-l", "build/compose", "--project", PROJECT, first, "true"),
                lambda: bench.engine(f"docker exec {PROJECT}-{first}-1 true"),
            )
            bench.turn(
                "status",
                lambda: bench.netdsl("status", "build/compose", "--project", PROJECT),
                lambda: bench.engine(f"docker compose -p {PROJECT} ps"),
            )
            bench.turn("down", bench.down, lambda: bench.engine_up() and bench.engine_down())
    load = os.getloadavg()[0]
    for verb, (own, engine) in bench.seconds.items():
        mine, theirs = (min(took.wall for took in side) for side in (own, engine))
        used, used_theirs = (min(took.cpu for took in side) for side in (own, engine))
        text = f"{len(lab.nodes):5} {verb:8}{mine:9.2f}{theirs:9.2f}{mine / theirs:7.2f}{mine - theirs:8.2f}"
        yield f"{text}{used:7.2f}{used_theirs:7.2f}{load:6.1f}"
    least, used = min(took.wall for took in compiled), min(took.cpu for took in compiled)
    yield f"{len(lab.nodes):5} compile {least:8.2f} s at least, {used:.2f} s of a processor"
    (estimate,) = paper(folder / "lab.net", targets=["compose"]).targets[0].estimates
    warm = min(took.wall for took in bench.seconds["up"][1])
    measured, written = statistics.median(memory) / 2**20, (estimate.memory or 0) / 2**20
    yield f"{len(lab.nodes):5} memory  {measured:7.1f} MiB, on paper {written:.1f}"
    yield f"{len(lab.nodes):5} up      {warm:7.2f} s at least, on paper {estimate.warm or 0:.2f}"


@contextmanager
def _taken_down(bench: Bench) -> Iterator[None]:
    try:
        yield
    finally:
        bench.down()


def _timed(words: Sequence[str], folder: Path) -> Took:
    began, before = time.monotonic(), _processor()
    done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr[-2000:]}")
    return Took(time.monotonic() - began, _processor() - before)


def _processor() -> float:
    """Of all processes that this one has started, and theirs, that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()

"""Where the time goes until a lab of containers does what is expected of it, step by step.

usage: benchmarks/boot.py [LAB] [--runs N]

Warm boots (the image is there) of the lab, closed, each taken down again. `share` is the part of the way from the
command to the last expectation that holds. Medians of the runs; compare shares and ratios, seconds are this machine's.
Needs what `make ground` starts.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from netdsl.codegen.contract import Options
from netdsl.codegen.registry import driver_of, meter_of
from netdsl.codegen.write import commit, plan
from netdsl.ir.lab import Lab
from netdsl.library import check_file, compile_file
from netdsl.runtime.driver import Deployment
from netdsl.testing.holding import holding

STEPS = (
    ("asking the engine", "which images are there, the networks' parent devices"),
    ("networks", "made one after another"),
    ("containers", "made, all at once"),
    ("starting", "processes, control groups, interfaces: the engine, all at once"),
    ("getting ready", "the payload inside, what is left of it, and looking ten times a second"),
    ("expectations", "until all hold: the tunnels' first packets"),
)


@dataclass(slots=True)
class Watch:
    """When Compose said what."""

    began: float = field(default_factory=time.monotonic)
    said: list[tuple[float, str]] = field(default_factory=list)

    def hear(self, line: str) -> None:
        self.said.append((time.monotonic() - self.began, line.strip()))

    def first(self, what: str, word: str) -> float:
        return min(at for at, line in self.said if line.startswith(what) and line.endswith(word))

    def last(self, what: str, word: str) -> float:
        return max(at for at, line in self.said if line.startswith(what) and line.endswith(word))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lab", nargs="?", default="examples/site-to-site/lab.net")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lab, deployment = _compiled(asked.lab, Path(folder))
        _round(lab, deployment)  # builds the image, fills caches
        runs = [_round(lab, deployment) for _ in range(asked.runs)]
    _show([steps for steps, _, _ in runs], [down for _, down, _ in runs], [memory for _, _, memory in runs])


def _compiled(path: str, folder: Path) -> tuple[Lab, Deployment]:
    options = Options(is_closed=True, project="netdsl-boot")
    made = compile_file(path, credentials=folder / "credentials", options=options).compiled
    if made is None:
        raise SystemExit("\n".join(found.message for found in check_file(path).diagnostics))
    commit(plan(made.emission.artifacts, folder / "compose"))
    closed = tuple(replace(node, has_uplink=False) for node in made.lab.nodes)
    return replace(made.lab, nodes=closed), Deployment(folder / "compose", "netdsl-boot")


def _round(lab: Lab, deployment: Deployment) -> tuple[list[float], float, int]:
    """Seconds of each step, of the way down, and bytes of all control groups."""
    driver, meter, watch = driver_of("compose"), meter_of("compose"), Watch()
    try:
        driver.up(deployment, watch.hear, timeout=None)
        ready = time.monotonic() - watch.began
        held = holding(lab, driver, deployment, progress=watch.hear)
        memory = sum(node.cgroup or 0 for node in meter.usage(deployment).nodes)
    finally:
        before = time.monotonic()
        driver.down(deployment, watch.hear)
    down = time.monotonic() - before
    if held is None:
        raise SystemExit("the lab does not do what is expected of it")
    marks = (
        watch.first("Network", "Creating"),
        watch.first("Container", "Creating"),
        watch.last("Container", "Created"),
        watch.last("Container", "Started"),
        ready,
        ready + held,
    )
    return [after - before for before, after in zip((0.0, *marks), marks, strict=False)], down, memory


def _show(runs: Sequence[Sequence[float]], downs: Sequence[float], memory: Sequence[int]) -> None:
    totals = [sum(steps) for steps in runs]
    total = statistics.median(totals)
    print(f"{'step':20}{'s':>7}{'share':>8}  {'what it is'}")
    for index, (name, what) in enumerate(STEPS):
        seconds = statistics.median(steps[index] for steps in runs)
        print(f"{name:20}{seconds:7.2f}{seconds / total:8.0%}  {what}")
    print(f"{'all of it':20}{total:7.2f}{'':8}  {min(totals):.2f} to {max(totals):.2f} in {len(totals)} runs")
    print(f"{'teardown':20}{statistics.median(downs):7.2f}")
    print(f"{'memory, MiB':20}{statistics.median(memory) / 2**20:7.1f}{'':8}  control groups, all nodes")


if __name__ == "__main__":
    main()

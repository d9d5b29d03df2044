"""A runtime that pretends to be measured: it keeps a journal, and can fail or be interrupted at any of its steps."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path as FilePath

from netdsl.measuring.instruments import Instruments
from netdsl.measuring.job import Ground, Job
from netdsl.measuring.subject import subject_of
from netdsl.measuring.types import Asking, Latency, Machine, Path, Plan, Throughput, Transport
from netdsl.runtime.driver import Answer, Deployment, DriverError, NodeState, Progress
from netdsl.runtime.meter import Base, Disk, Fact, NodeUsage, Share, Tools, Usage
from tests.compiling import lab_of
from tests.testing.pretending import Clock, Pretender

SOURCE = """lab small
network lan 10.0.0.0/24
host one { interface on lan .1 }
host two { interface on lan .2 ; serve http web tcp/80 }
expect { one reaches two tcp/80 }
"""
MACHINE = Machine("A processor", 2, 2**34, "x86_64", "Linux 6.1", "Debian")
PATH = Path("one to two", "one", "two", "10.0.0.2", (), 0, ("icmp", "tcp/5201", "udp/5201"))
FACTS = (Fact("engine", "none, it pretends"),)


@dataclass(slots=True)
class Journal:
    """Every step of every runtime. `stop_at`: the number of the step in which a signal arrives; `fail`: the error that a
    step ends with, by its name and how often it has been done."""

    steps: list[str] = field(default_factory=list)
    stop_at: int = -1
    stop_by: signal.Signals = signal.SIGINT
    fail: Callable[[str, int], DriverError | None] = lambda _, __: None

    def note(self, step: str) -> None:
        self.steps.append(step)
        if len(self.steps) - 1 == self.stop_at:
            signal.raise_signal(self.stop_by)
        error = self.fail(step, self.steps.count(step))
        if error is not None:
            raise error

    def count(self, end: str) -> int:
        return sum(step.endswith(end) for step in self.steps)


@dataclass(slots=True)
class Runtime(Pretender):
    """Driver and meter in one. Only what the main thread asks is a step."""

    name: str = "compose"
    journal: Journal = field(default_factory=Journal)
    is_up: bool = False
    facts_now: tuple[Fact, ...] = FACTS

    def _do(self, step: str) -> None:
        if threading.current_thread() is threading.main_thread():
            self.journal.note(f"{self.name}: {step}")

    def up(self, deployment: Deployment, progress: Progress, *, timeout: int | None) -> None:
        assert self.is_prepared is bool(self.lab.expectations), "nothing is made for probes while a boot is measured"
        self.is_up = True  # by halves at least
        self._do("up")

    def down(self, deployment: Deployment, progress: Progress) -> None:
        self._do("down")
        self.is_up = False

    def status(
        self, deployment: Deployment, nodes: Sequence[str] = (), *, is_full: bool = False
    ) -> tuple[NodeState, ...]:
        state = "running" if self.is_up else "absent"
        return tuple(NodeState(node.host_name, state, "-") for node in self.lab.nodes)

    def ask(self, deployment: Deployment, node: str, command: Sequence[str], *, timeout: float) -> Answer:
        self._do("ask")
        return Pretender.ask(self, deployment, node, command, timeout=timeout)

    def facts(self, deployment: Deployment) -> tuple[Fact, ...]:
        self._do("facts")
        return self.facts_now

    def methods(self) -> tuple[Fact, ...]:
        return (Fact("memory", "by looking hard"),)

    def rebuild(self, deployment: Deployment, progress: Progress) -> None:
        assert not self.is_up, "nothing of the lab runs"
        self._do("rebuild")

    def park(self, deployment: Deployment, progress: Progress) -> None:
        assert self.is_up, "a running lab is put away"
        self._do("park")

    def usage(self, deployment: Deployment) -> Usage:
        self._do("usage")
        return Usage(tuple(NodeUsage(node.host_name, 2**20, 2**21, 0.5) for node in self.lab.nodes), 2**19)

    def disk(self, deployment: Deployment) -> Disk:
        self._do("disk")
        return Disk((Base("image", 2**27),), (Share("one", 2**12),))

    @contextmanager
    def tools(self, deployment: Deployment, node: str) -> Iterator[Tools]:
        raise DriverError("it only pretends")
        yield

    def latency(self, job: Job, path: Path) -> Latency:
        self._do("latency")
        return Latency(path.name, Asking.PING, (0.001, 0.002), 0)

    def throughput(self, job: Job, path: Path) -> tuple[Throughput, ...]:
        self._do("throughput")
        return (Throughput(path.name, Transport.TCP, 1448, 1e9, 86_000.0, None, 3.0),)


@dataclass(slots=True)
class Bench:
    """Runtimes that share a journal, and the folder where their runs are kept."""

    folder: FilePath
    journal: Journal = field(default_factory=Journal)
    runtimes: dict[str, Runtime] = field(default_factory=dict)
    machine: Machine = MACHINE

    def job(self, target: str = "compose", source: str = SOURCE, plan: Plan | None = None) -> Job:
        lab = lab_of(source)
        runtime = self.runtimes.setdefault(target, Runtime(lab, name=target, journal=self.journal))
        runtime.lab = lab
        return Job(
            lab=lab,
            subject=subject_of(lab, (), {}),
            target=target,
            driver=runtime,
            meter=runtime,
            deployment=Deployment(self.folder / target, "small"),
            paths=(PATH,),
            plan=plan or Plan(),
            file=self.file(target),
        )

    def file(self, target: str = "compose") -> FilePath:
        return self.folder / f"{target}.json"

    @property
    def ground(self) -> Ground:
        return Ground(Clock().pace, lambda: datetime(2026, 3, 1, tzinfo=UTC), lambda: 0.5, lambda: self.machine)

    @property
    def instruments(self) -> Instruments:
        """Those of the runtime that the job is of."""
        return Instruments(
            lambda job, path: self.runtimes[job.target].latency(job, path),
            lambda job, path: self.runtimes[job.target].throughput(job, path),
            lambda _, __: (),
            lambda _, __: None,
        )

    @property
    def is_idle(self) -> bool:
        return not any(runtime.is_up for runtime in self.runtimes.values())

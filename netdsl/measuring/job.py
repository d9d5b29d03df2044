"""One lab on one target, ready to be measured; and what the measuring itself takes from outside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path as FilePath

from netdsl.ir.lab import Lab
from netdsl.measuring.machine import fingerprint, load
from netdsl.measuring.types import Machine, Path, Plan, Subject
from netdsl.runtime.driver import Deployment, Driver
from netdsl.runtime.meter import Meter
from netdsl.testing.pace import Pace


@dataclass(frozen=True, slots=True)
class Job:
    """`lab` as it was compiled into the deployment's folder (with `--closed` the closed one). `file` keeps the run; None:
    it is not kept. `timeout` of `up`; None: what the target takes. `guess`: about how long a round takes, if known."""

    lab: Lab
    subject: Subject
    target: str
    driver: Driver = field(repr=False)
    meter: Meter = field(repr=False)
    deployment: Deployment
    paths: tuple[Path, ...]
    plan: Plan
    file: FilePath | None
    timeout: int | None = None
    guess: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step begins: `round` of `rounds` on `target`. `rest`: seconds that everything may still take; None: unknown."""

    target: str
    round: int
    rounds: int
    name: str
    rest: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What the runtime, or a test, says meanwhile."""

    text: str


Watch = Callable[[Step | Said], None]


def unwatched(_: Step | Said) -> None:
    """For who does not want to know."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Clocks and the machine: passed in, so that a test can have its own."""

    pace: Pace = field(default_factory=Pace)
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    load: Callable[[], float] = load
    machine: Callable[[], Machine] = fingerprint

"""One lab on one target, ready to be measured, and the environment of a measurement (clocks, machine, progress)."""

from collections.abc import Callable
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path as FilePath

from netdsl.dataclass import dataclass
from netdsl.ir.lab import Lab
from netdsl.measuring.machine import fingerprint, load
from netdsl.measuring.types import Machine, Path, Plan, Subject
from netdsl.runtime.driver import Deployment, Driver
from netdsl.runtime.meter import Meter
from netdsl.testing.pace import Pace


@dataclass(frozen=True, slots=True)
class Job:
    """`lab`: as compiled into the deployment's folder (`--closed`: without uplinks). `file`: where the run is written;
    None: nowhere. `timeout`: of `up`; None: the target's own. `guess`: estimated seconds of a round, if known.
    `variant`: the parameter that tells it from other jobs, with its value."""

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
    variant: str = ""

    @property
    def name(self) -> str:
        """The target, and the variant: `compose`, `compose vpn=ipsec`."""
        return f"{self.target} {self.variant}".rstrip()


@dataclass(frozen=True, slots=True)
class Step:
    """The begin of a step of round `round` of `rounds` of the job called `target`. `rest`: estimated seconds until the end
    of all rounds; None: unknown."""

    target: str
    round: int
    rounds: int
    name: str
    rest: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the runtime or of a test during a step."""

    text: str


Watch = Callable[[Step | Said], None]


def unwatched(_: Step | Said) -> None:
    """A watch that ignores progress."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Clocks and machine properties, as parameters, so that a test can replace them."""

    pace: Pace = field(default_factory=Pace)
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    load: Callable[[], float] = load
    machine: Callable[[], Machine] = fingerprint

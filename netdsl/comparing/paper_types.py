"""What two targets differ in before anything is started: plain values."""

from dataclasses import dataclass
from enum import StrEnum

from netdsl.codegen.traits import Traits


class Severity(StrEnum):
    CANNOT = "cannot"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Limit:
    """What a target cannot do of this lab, or does in another way: the message of its rule, at its place."""

    severity: Severity
    code: str
    place: str
    message: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """From the model of docs/estimates.md, not measured: bytes and seconds."""

    memory: int
    disk: int
    fresh: float
    warm: float


@dataclass(frozen=True, slots=True)
class OnPaper:
    """One target. `payload` is the digest of what the nodes are inside; None where it cannot compile the lab."""

    target: str
    traits: Traits
    payload: str | None
    estimate: Estimate | None
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    lab: str
    title: str
    nodes: int
    networks: int
    tunnels: int
    targets: tuple[OnPaper, ...]

    @property
    def is_same_inside(self) -> bool:
        return len({one.payload for one in self.targets if one.payload is not None}) <= 1

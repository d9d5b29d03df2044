"""What two targets differ in before anything is started: plain values."""

from dataclasses import dataclass
from enum import StrEnum

from netdsl.codegen.traits import Trait


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
    """From the model of docs/estimates.md, not measured: bytes, and seconds until every node is ready.

    `case`: what it holds for (`emulated`, `KVM`; empty where the target has one case only); None: nothing is known.
    `measured_on`: what the model's coefficients stand on."""

    case: str
    memory: int | None
    disk: int | None
    fresh: float | None
    warm: float | None
    measured_on: str


@dataclass(frozen=True, slots=True)
class OnPaper:
    """One target. `traits` have the names of TRAIT_NAMES in that order, none of a target that does not describe itself.
    `payload` is the digest of what the nodes are inside, keys left out; None where it cannot make the lab: then there are
    no estimates either."""

    target: str
    traits: tuple[Trait, ...]
    payload: str | None
    estimates: tuple[Estimate, ...]
    limits: tuple[Limit, ...]

    @property
    def is_possible(self) -> bool:
        return self.payload is not None

    def trait(self, name: str) -> Trait | None:
        return next((one for one in self.traits if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Paper:
    """`tunnels`: of the lab, not their ends; `gateways`: nodes that have any."""

    lab: str
    title: str
    nodes: int
    networks: int
    tunnels: int
    gateways: int
    targets: tuple[OnPaper, ...]

    @property
    def is_same_inside(self) -> bool:
        return len({one.payload for one in self.targets if one.payload is not None}) <= 1

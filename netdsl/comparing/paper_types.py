"""The comparison of targets without running them: plain values."""

from enum import StrEnum

from netdsl.codegen.traits import Trait
from netdsl.dataclass import dataclass


class Severity(StrEnum):
    CANNOT = "cannot"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Limit:
    """A property of the lab that a target lacks or makes differently: the finding of its rule."""

    severity: Severity
    code: str
    place: str
    message: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate by the model of docs/estimates.md: bytes, and seconds until every node is ready; None: unknown.

    `case`: the condition (`emulated`, `KVM`; empty for a target with one case). `measured_on`: the measurement from
    which the model's coefficients come."""

    case: str
    memory: int | None
    disk: int | None
    fresh: float | None
    warm: float | None
    measured_on: str


@dataclass(frozen=True, slots=True)
class OnPaper:
    """One target. `traits`: named by TRAIT_NAMES, in that order; empty for a backend that is not `Described`.
    `payload`: the digest of the payload without keys; None if the target cannot make the lab, and then there are no
    estimates."""

    target: str
    traits: tuple[Trait, ...]
    payload: str | None
    estimates: tuple[Estimate, ...]
    limits: tuple[Limit, ...]

    @property
    def is_possible(self) -> bool:
        return self.payload is not None

    def trait(self, name: str) -> Trait | None:
        return next((trait for trait in self.traits if trait.name == name), None)


@dataclass(frozen=True, slots=True)
class Paper:
    """`tunnels`: the number of tunnels, not of their ends; `gateways`: the number of nodes with a tunnel end."""

    lab: str
    title: str
    nodes: int
    networks: int
    tunnels: int
    gateways: int
    targets: tuple[OnPaper, ...]

    @property
    def is_same_inside(self) -> bool:
        return len({target.payload for target in self.targets if target.payload is not None}) <= 1

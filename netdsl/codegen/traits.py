"""What a target is, for who chooses between two: a backend that can say so answers to `Described`."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from netdsl.codegen.contract import Options
from netdsl.ir.lab import Lab
from netdsl.payload.contract import Payload


@dataclass(frozen=True, slots=True)
class Trait:
    """One property in words: `kernel` is `shared with this machine`; `reason` why it matters, a sentence."""

    name: str
    value: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Costs:
    """The model's coefficients, measured (docs/estimates.md says where): bytes, and seconds on the machine named there.

    A lab of n nodes, t of them with tunnels: memory = n * node + t * tunnel; disk = base + n * layer;
    fresh boot = build + n * boot_node + boot; warm boot = n * warm_node + warm."""

    node: int
    tunnel: int
    base: int
    layer: int
    build: float
    boot: float
    boot_node: float
    warm: float
    warm_node: float
    measured_on: str


@dataclass(frozen=True, slots=True)
class Traits:
    """`traits` in the same order and with the same names for every target, so that they stand side by side: kernel,
    isolation, image, packages, processors, networks."""

    traits: tuple[Trait, ...]
    costs: Costs


@runtime_checkable
class Described(Protocol):
    """A backend that can be compared on paper."""

    def traits(self, lab: Lab, payload: Payload, options: Options) -> Traits: ...

"""What a target is, for who chooses between two: a backend that can say so answers to `Described`."""

from typing import Protocol, runtime_checkable

from netdsl.codegen.contract import Options
from netdsl.dataclass import dataclass
from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import Selectors
from netdsl.payload.contract import Payload

TRAIT_NAMES = ("kernel", "isolation", "image", "packages", "processors", "networks")
"""Every described target has these, in this order, so that they stand side by side."""


@dataclass(frozen=True, slots=True)
class Trait:
    """One property in words: `kernel` is `shared with this machine`; `reason` why it matters, a sentence."""

    name: str
    value: str
    reason: str = ""


def nodes_with_daemons(lab: Lab) -> int:
    """How many nodes have a daemon for their tunnels: those whose policies choose packets need one, devices do not."""
    return sum(any(isinstance(end.steering, Selectors) for end in node.tunnels) for node in lab.nodes)


@dataclass(frozen=True, slots=True)
class Linear:
    """fixed + nodes * node + t * tunnel, t being the nodes with a tunnel's daemon. In bytes or seconds."""

    fixed: float
    node: float
    tunnel: float = 0.0

    def of(self, lab: Lab) -> float:
        return self.fixed + len(lab.nodes) * self.node + nodes_with_daemons(lab) * self.tunnel


@dataclass(frozen=True, slots=True)
class Costs:
    """The model's coefficients (docs/estimates.md): bytes, and seconds on the machine that `measured_on` names.

    `case`: what they hold for, where a target has several (`emulated`, `KVM`), else empty. `fresh` and `warm`: until every
    node is ready, images or boxes built or imported on the way, or there already. None: not measured, and nothing that it
    could be derived from."""

    case: str
    measured_on: str
    memory: Linear | None
    disk: Linear | None
    fresh: Linear | None
    warm: Linear | None


@dataclass(frozen=True, slots=True)
class Traits:
    traits: tuple[Trait, ...]
    costs: tuple[Costs, ...]


@runtime_checkable
class Described(Protocol):
    """A backend that can be compared on paper."""

    def traits(self, lab: Lab, payload: Payload, options: Options) -> Traits:
        """Of a lab whose settings can be read, also one that `check_support` has refused. Pure."""
        ...

"""Parts: what a daemon, or an engine of filters, has in a node. In folders of `backends/`; `README.md` here, 'Parts'."""

from collections.abc import Iterable, Set
from dataclasses import field
from typing import Protocol, cast

from netdsl import index
from netdsl.dataclass import dataclass
from netdsl.disk.shipped import shipped
from netdsl.ir.dns import NameService, Role
from netdsl.ir.ids import Address, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node, Served
from netdsl.ir.service import ServiceKind
from netdsl.ir.tunnel import Mode
from netdsl.packets.state import Algorithms
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.filters import FilterFeature
from netdsl.payload.quoting import flat


@dataclass(frozen=True, slots=True)
class TunnelRecord:
    """A line of `tunnels.tsv`: one child of a tunnel, as its end starts and judges it. The README has the words."""

    tunnel: str
    child: str  # unique in the node
    piece: str  # TUNNEL.CHILD, as the source names it
    start: str  # boot, traffic, hand
    ready: str  # must, may, no
    connection: str = ""  # the daemon's, where that has a name of its own
    patience: str = "never"  # seconds, or never
    again: str = "restart"  # trap, restart, clear
    user_space_lacks: str = ""  # why it runs in the kernel alone, in a sentence; empty: it does not

    @property
    def space(self) -> str:
        """Where it can run: `any`, `kernel`."""
        return "kernel" if self.user_space_lacks else "any"


@dataclass(frozen=True, slots=True)
class Share:
    """What one node has of a part. Paths of files are unique in the node, over all its parts."""

    files: tuple[PayloadFile, ...] = ()
    needs: Needs = field(default_factory=Needs)
    tunnels: tuple[TunnelRecord, ...] = ()
    services: tuple[Served, ...] = ()  # those of the node's that it serves


@dataclass(frozen=True, slots=True)
class KernelNeed:
    """What a part uses of the kernel where it has it, from `NEEDS` of the part's `kernel.py`. `probe`: a command that
    succeeds then, in a network namespace of its own; `without`: what happens else."""

    name: str
    probe: tuple[str, ...]
    without: str


@dataclass(frozen=True, slots=True)
class KernelTunnel:
    """A tunnel of a lab that runs in the kernel alone: where that lacks its type, its nodes do not start. `why`: what
    user space has not, in a sentence."""

    tunnel: TunnelId
    why: str


class Part(Protocol):
    """`name` is the folder's, and begins the names of all functions of `part.sh`."""

    name: str

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        """The files that all nodes with this part have alike, below `NAME/`: `part.sh`, and what that needs."""
        ...

    def share(self, node: Node, lab: Lab) -> Share | None:
        """What this node has of it; None where the node has no use for it."""
        ...


@dataclass(frozen=True, slots=True)
class StateReport:
    """A child that is up, as the daemon of its node says it. `child` is as in `tunnels.tsv`; `has_begun`: this end has
    opened it; the others are those of `ChildState`."""

    child: str
    has_begun: bool
    uses: tuple[Algorithms, ...]
    is_behind_nat: bool
    is_in_udp: bool
    is_compressed: bool
    mode: Mode
    given: tuple[Address, ...]


class PartState(Protocol):
    """The module `netdsl.backends.PART.state`, of a part whose tunnels have a state that can be asked about.

    `KIND`: of which kind they are. `QUESTION`: a program of the node that says the state, and its arguments.
    """

    KIND: str
    QUESTION: tuple[str, ...]

    def reports(self, text: str) -> tuple[StateReport, ...]:
        """What the program says. Raises ValueError where that makes no sense: a node may say anything."""
        ...


class FilterEngine(Part, Protocol):
    """The part that renders a node's packet filter and address translation; every node has it."""

    features: Set[FilterFeature]


def parts() -> tuple[Part, ...]:
    """All parts in the order in which they start: the filter engine, then those of the index."""
    others = (cast(Part, index.of_backend(name, "part").part) for name in index.PARTS)
    return (filter_engine(), *others)


def filter_engine() -> FilterEngine:
    """The first engine of the index."""
    return cast(FilterEngine, index.of_backend(index.FILTERS[0], "part").part)


def kernel_needs() -> tuple[KernelNeed, ...]:
    """Of all parts, in the order of the index."""
    return tuple(need for module in index.of_parts("kernel") for need in cast(Iterable[KernelNeed], module.NEEDS))


def kernel_tunnels(lab: Lab) -> tuple[KernelTunnel, ...]:
    """Each with its first reason, in the order of the nodes."""
    found: dict[TunnelId, str] = {}
    for node in lab.nodes:
        names = {flat(end.tunnel): end.tunnel for end in node.tunnels}
        shares = (part.share(node, lab) for part in parts()) if names else ()
        for record in (record for share in shares if share is not None for record in share.tunnels):
            if record.user_space_lacks:
                found.setdefault(names[record.tunnel], record.user_space_lacks)
    return tuple(KernelTunnel(tunnel, why) for tunnel, why in found.items())


def state_of_kind(kind: str) -> PartState:
    """Who says the state of a kind's tunnels. StopIteration: nobody, so that the kind should have no `state.py`."""
    said = (cast(PartState, module) for module in index.of_parts("state"))
    return next(one for one in said if one.KIND == kind)  # noqa: SIM300


def served(node: Node, kinds: Iterable[ServiceKind]) -> tuple[Served, ...]:
    """What a node serves of these kinds."""
    names = {kind.name for kind in kinds}
    return tuple(one for one in node.services if one.kind in names)


def name_services(node: Node, role: Role) -> tuple[tuple[Served, NameService], ...]:
    """The node's servers of names that have this role."""
    found = ((one, one.names) for one in node.services)
    return tuple((one, names) for one, names in found if names is not None and names.role is role)


def scripts(package: str, *names: str) -> tuple[PayloadFile, ...]:
    """Files of a part's own package (`netdsl.backends.NAME`), as files of `NAME/`."""
    place = package.rpartition(".")[2]
    return tuple(PayloadFile(f"{place}/{name}", shipped(package, name), mode_of(name)) for name in names)


def mode_of(name: str) -> int:
    return 0o755 if name.endswith(".sh") else 0o644

"""What two labs differ in. Public and stable; all are plain values.

The first lab is *before*, the second *after*. Each value mirrored is what the labs in the other order differ in.
"""

from dataclasses import field
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Severity


@dataclass(frozen=True, slots=True)
class Names:
    """What one thing is called in each lab; None where it is not there."""

    before: str | None
    after: str | None

    @property
    def shown(self) -> str:
        """What it is called now; of one that went, what it was called."""
        return self.after if self.after is not None else self.before or ""

    @property
    def is_renamed(self) -> bool:
        return self.before != self.after and None not in (self.before, self.after)


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that changed in a larger one. `what`: a noun; None where it was not, or is not any more."""

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A thing that came, went or changed. `kind`: `network`, `node`, `tunnel`, `service`, `pki`, `image` or `lab`.

    `because`: of a thing with another name, why it is taken for the same.
    """

    kind: str
    names: Names
    details: tuple[Detail, ...] = ()
    because: str = ""


# --- flows


class Access(StrEnum):
    """What becomes of a request. CLOSED: it, or its answer, does not arrive. ABSENT: one of the two nodes, or the address,
    is not in the lab."""

    ANSWERED = "answered"
    REFUSED = "refused"  # it arrives, and nobody listens
    CLOSED = "closed"
    UNKNOWN = "unknown"
    ABSENT = "absent"

    @property
    def is_open(self) -> bool:
        return self in (Access.ANSWERED, Access.REFUSED)


class Turn(StrEnum):
    """How the state of a flow changed. UNKNOWABLE: it can be known in neither lab, nor can whether it changed."""

    OPENED = "opened"
    CLOSED = "closed"
    CLEAR = "clear"  # was encrypted on a part of the way
    ENCRYPTED = "encrypted"
    ANSWERED = "answered"  # was refused
    REFUSED = "refused"  # was answered
    UNKNOWN = "unknown"  # was known
    KNOWN = "known"
    UNKNOWABLE = "unknowable"

    @property
    def is_change(self) -> bool:
        return self is not Turn.UNKNOWABLE


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks or is asked: a node (under one of its addresses alone, if `address` says so), the hosts of a network, or (no
    names) every node. `nodes`: all nodes that it stands for."""

    names: Names | None
    nodes: tuple[Names, ...]
    is_network: bool = False
    address: Names | None = None


@dataclass(frozen=True, slots=True)
class FlowChange:
    """Flows that changed alike: each service from each source to each destination but itself.

    `services`: `ping`, `tcp/80`, `tcp` (all its ports), `tcp but 22`. `is_encrypted`: on a part of the way, where it is
    open (OPENED, CLOSED). `is_answered`: by a service; None: some are and some are not. `known`: what a flow is in the lab
    in which it can be known (UNKNOWN, KNOWN). `reason`: why the first of the flows, `example`, is closed where it is.
    """

    turn: Turn
    services: tuple[str, ...]
    sources: tuple[Party, ...]
    destinations: tuple[Party, ...]
    is_encrypted: bool = False
    is_answered: bool | None = None
    known: str = ""
    count: int = 0
    reason: str = field(default="", compare=False)
    example: tuple[Names, Names, str] | None = field(default=None, compare=False)


# --- what is expected and found


class Standing(StrEnum):
    """How a line of an `expect` block stands in a lab. NOT_ASKED: an error before the proof."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"
    NOT_ASKED = "not-asked"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class ExpectationChange:
    """`text`: the line for one source and one goal; `written`: as it is in the source, `block`: the head of its block.
    `reason`: of a line that does not hold, or of which nothing is known."""

    text: str
    block: str
    before: Standing
    after: Standing
    reason: str = field(default="", compare=False)
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A finding that is in one of the labs alone; numbers of lines are left out of its message."""

    code: str
    severity: Severity
    message: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """`asked`: the services that the flows were compared for; `left_out`: those that they were not, for too many flows."""

    lab: Names
    changes: tuple[Change, ...] = ()
    flows: tuple[FlowChange, ...] = ()
    expectations: tuple[ExpectationChange, ...] = ()
    findings: tuple[FindingChange, ...] = ()
    asked: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing that is compared differs. What is in comments, layout and the order of statements is not."""
        told = any(flow.turn.is_change for flow in self.flows)
        return not (told or self.changes or self.expectations or self.findings)

"""One source with several values of a parameter, on paper: plain values."""

from netdsl.comparing.paper_types import Paper
from netdsl.dataclass import dataclass
from netdsl.packets.types import Esp

PAYLOADS = (64, 653, 1370)
"""Bytes of user data in a packet, for which sizes on the wire are told: those that `measure` sends."""


@dataclass(frozen=True, slots=True)
class TunnelOnPaper:
    """`is_hiding`: its content cannot be read on the wire; `mtu`: bytes of the largest packet inside, the least of its
    ends; None: not known."""

    name: str
    kind: str
    is_hiding: bool
    mtu: int | None


@dataclass(frozen=True, slots=True)
class Carried:
    """A packet with `payload` bytes of user data after an 8-byte header (UDP, ICMP echo). Bytes of IP packets: `inside`, as
    it is sent; `outside`, the largest that a network sees of it in one piece; None: it does not pass in one piece, or in a
    stream that is cut anywhere."""

    payload: int
    inside: int
    outside: int | None

    @property
    def grown(self) -> int | None:
        """The overhead in bytes."""
        return None if self.outside is None else self.outside - self.inside


@dataclass(frozen=True, slots=True)
class WayOnPaper:
    """A path with one kind of ESP. `esp` None: with each. `hidden`, `clear`: the networks on which its content cannot be
    read, and can. `largest`: bytes of the largest IP packet that passes in one piece. `reason`: why nothing passes, or why
    that is not known; then all else is empty."""

    esp: Esp | None
    tunnels: tuple[str, ...]
    hidden: tuple[str, ...]
    clear: tuple[str, ...]
    sizes: tuple[Carried, ...]
    largest: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PathOnPaper:
    """`ways`: one, or one for each kind of ESP where they differ."""

    source: str
    destination: str
    address: str
    ways: tuple[WayOnPaper, ...]

    @property
    def name(self) -> str:
        return f"{self.source} to {self.destination}"


@dataclass(frozen=True, slots=True)
class Reach:
    """Flows of every node to every address of another, by ICMP echo: all, those answered, of these the ones that are
    encrypted on a part of their way, and those that cannot be known."""

    flows: int
    answered: int
    encrypted: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Variant:
    """The lab with one value. `said`: what the verifier proves of its expectations; `reach` None: too many flows.
    `packages`: those that any node needs, with base and routing programs."""

    value: str
    paper: Paper
    tunnels: tuple[TunnelOnPaper, ...]
    paths: tuple[PathOnPaper, ...]
    reach: Reach | None
    said: str
    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow that is not the same with all values: what becomes of it with each, in their order."""

    source: str
    destination: str
    address: str
    by_value: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variants:
    """`parameter`: which one has the values; of several their names, and each value has all of them. `flows`: who reaches
    whom otherwise; None: too many flows to be followed."""

    parameter: str
    variants: tuple[Variant, ...]
    flows: tuple[Flow, ...] | None

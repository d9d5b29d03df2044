"""Layer-2 segments."""

from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NetworkId, Prefix
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Impairment:
    """What a wire does to packets, one way, in each direction."""

    delay_us: int = 0
    jitter_us: int = 0
    loss: float = 0.0  # 0 to 1
    rate_bps: int | None = None  # bit/s


@dataclass(frozen=True, slots=True)
class Driver:
    """`macvlan private`: the user's wish for this network; a target may have another default."""

    name: str
    mode: str | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """One layer-2 segment. A point-to-point link is a network of two interfaces."""

    id: NetworkId
    prefixes: tuple[Prefix, ...]
    mtu: int  # bytes; decided
    driver: Driver | None = None
    impairment: Impairment | None = None
    is_link: bool = False
    origin: Place | None = field(default=None, compare=False, repr=False)

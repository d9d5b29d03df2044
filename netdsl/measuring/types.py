"""What was measured: plain values, as they are kept in a file.

Seconds, bytes, bits a second; times of day in ISO 8601, UTC.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from netdsl.runtime.meter import Disk, Fact, Usage

FORMAT = 1
"""Of the file; a reader takes no other."""


class BootKind(StrEnum):
    FRESH = "fresh"  # images or boxes are built or imported: the case study's definition
    WARM = "warm"  # they are there already


@dataclass(frozen=True, slots=True)
class Boot:
    """`build`: what `up` needs beside its folder; `up`: from the command until every node says that it is ready;
    `holding`: from then until every expectation of the lab as it is has been seen to hold (None: not all do)."""

    kind: BootKind
    build: float
    up: float
    holding: float | None

    @property
    def ready(self) -> float:
        return self.build + self.up

    @property
    def total(self) -> float | None:
        return None if self.holding is None else self.ready + self.holding


class Moment(StrEnum):
    """When a reading was taken: while it boots, some time after (nothing is asked of it), while throughput is measured."""

    BOOT = "boot"
    STEADY = "steady"
    LOAD = "load"


@dataclass(frozen=True, slots=True)
class Reading:
    """`boot`: the last one before it. `at`: seconds since that began; under load, since throughput was first measured."""

    boot: BootKind
    moment: Moment
    at: float
    usage: Usage


@dataclass(frozen=True, slots=True)
class Path:
    """A way through the lab that is measured. `source` and `destination` are nodes by their names in the lab, `address` the
    one that is called. `tunnels`: those that carry it on its way, none where it goes around them; `hops`: nodes that
    forward it. `services`: what the lab lets through here of what a measurement needs: `icmp`, `tcp/PORT`, `udp/PORT`."""

    name: str
    source: str
    destination: str
    address: str
    tunnels: tuple[str, ...]
    hops: int
    services: tuple[str, ...]


class Asking(StrEnum):
    PING = "ping"
    CONNECT = "connect"  # SYN to SYN-ACK, where the lab lets no ping through


@dataclass(frozen=True, slots=True)
class Latency:
    """Every round-trip time, in seconds, in the order they were taken; `lost` were not answered."""

    path: str
    asking: Asking
    times: tuple[float, ...]
    lost: int


class Transport(StrEnum):
    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True)
class Throughput:
    """What arrived. `payload`: bytes of user data in a packet (of TCP its largest segment); `packets`: a second (of TCP
    computed from bits and segment); `lost`: the share that did not arrive, None of TCP; `seconds` that it took."""

    path: str
    transport: Transport
    payload: int
    bits: float
    packets: float
    lost: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Line:
    """One expectation: its place and text, whether it was predicted to hold, and the verdict of the running lab."""

    place: str
    text: str
    is_predicted: bool
    verdict: str
    seen: str


CUT = "cut short"
"""The step of a trouble: the round did not get to its end (Ctrl-C, a runtime that died), and is done again."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A step that failed; the others have their figures."""

    step: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """One time through all steps on one target. `load`: the machine's, of one minute, before and after.

    `cpu`: seconds of processor of all nodes together, from the fresh boot's beginning (the warm one's, where there is no
    fresh one) until every expectation held. What is None or empty has its reason in `troubles`, or was not asked for.
    """

    number: int
    began: str
    seconds: float
    load: tuple[float, float]
    boots: tuple[Boot, ...] = ()
    readings: tuple[Reading, ...] = field(default=(), repr=False)
    cpu: float | None = None
    disk: Disk | None = None
    latencies: tuple[Latency, ...] = field(default=(), repr=False)
    throughputs: tuple[Throughput, ...] = ()
    lines: tuple[Line, ...] = ()
    teardown: float | None = None
    troubles: tuple[Trouble, ...] = ()

    def boot(self, kind: BootKind) -> Boot | None:
        return next((one for one in self.boots if one.kind is kind), None)

    @property
    def is_cut(self) -> bool:
        """What it has is measured, and not all of it is there."""
        return any(one.step == CUT for one in self.troubles)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the lab: its name as in places, its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The lab that was measured. `digest` is of what its sources mean (the IR), so that comments do not matter.

    `payload` is of what every node was inside, keys left out: the same in each target, by construction.
    """

    name: str
    title: str
    digest: str
    payload: str
    nodes: int
    networks: int
    tunnels: int
    sources: tuple[Source, ...] = field(repr=False, default=())
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """What it was measured on. `memory` in bytes."""

    processor: str
    cores: int
    memory: int
    architecture: str
    kernel: str
    system: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a round does. `boots` in order; `steady`: seconds of rest before the steady reading; `pings` for each path, and
    `seconds` for each throughput, with these `payloads` of UDP."""

    boots: tuple[BootKind, ...] = (BootKind.FRESH, BootKind.WARM)
    steady: float = 5.0
    pings: int = 100
    seconds: float = 3.0
    payloads: tuple[int, ...] = (64, 653, 1370)


@dataclass(frozen=True, slots=True)
class Run:
    """One lab, one target, one machine; `rounds` as far as it got, `wanted` as many as were asked for."""

    format: int
    netdsl: str
    target: str
    subject: Subject
    machine: Machine
    facts: tuple[Fact, ...]
    methods: tuple[Fact, ...]
    plan: Plan
    paths: tuple[Path, ...]
    wanted: int
    rounds: tuple[Round, ...] = ()

    @property
    def is_complete(self) -> bool:
        return sum(not one.is_cut for one in self.rounds) >= self.wanted
